import { neutral } from '../../manifest/neutral.ts';
import type { Cause } from '../access.ts';
import type { Plan } from '../change.ts';
import { ackCommands, type Decision, decisionsOf, labelOf, stateText } from './decisions.ts';
import type { Page } from './page.ts';
import { amount, causeText, counted, listed, noun } from './words.ts';

const decisionsMax = 30;
const detailsMax = 5;
const causesMax = 3;

/** What somebody has to agree to, with who may and the command; then the risks that are only shown. */
export function decisions(out: Page, plan: Plan): void {
  const all = decisionsOf(plan);
  const open = all.filter(({ state }) => state !== 'acknowledged');
  if (all.length > 0) {
    out.line(0, headingOf(open, all), { paint: out.colors.bold });
    out.blank();
    for (const decision of [...open, ...all.filter(({ state }) => state === 'acknowledged')].slice(0, decisionsMax)) {
      decisionBlock(out, decision);
    }
    moreOf(out, { indent: 2, hidden: all.length - decisionsMax, word: 'decision' });
    commands(out, plan, all);
  }
  notices(out, plan);
}

function headingOf(open: readonly Decision[], all: readonly Decision[]): string {
  if (open.length === 0) return `All that had to be acknowledged is: ${counted(all.length, 'decision')}.`;
  const refused = open.filter(({ state }) => state === 'refused').length;
  if (refused > 0) return `This plan is refused: ${counted(refused, 'guard')} that no acknowledgement opens.`;
  return `${counted(open.length, 'decision')} needed before this can be applied:`;
}

function decisionBlock(out: Page, decision: Decision): void {
  const { id, name, title, details, causes, who, state } = decision;
  const isOpen = state !== 'acknowledged';
  const { red, dim } = out.colors;
  out.line(2, `${labelOf({ id, name })}: ${neutral(title)}`, {
    mark: isOpen ? '!' : '=',
    paint: isOpen ? red : dim,
  });
  for (const detail of details.slice(0, detailsMax)) out.line(6, neutral(detail), { mark: '-' });
  moreOf(out, { indent: 6, hidden: details.length - detailsMax, word: 'line' });
  because(out, 6, causes);
  out.line(6, state === 'refused' ? stateText(decision) : `may acknowledge: ${who} (${stateText(decision)})`);
  out.blank();
}

/** Never wrapped: what is copied must run. */
function commands(out: Page, plan: Plan, all: readonly Decision[]): void {
  const toRun = ackCommands(plan, all);
  if (toRun.length === 0) return;
  out.line(2, 'To acknowledge, run:');
  for (const { who, command } of toRun) {
    if (toRun.length > 1) out.line(4, `${who}:`);
    out.exact(`    ${command}`);
  }
  out.blank();
}

const noticesMax = 20;

function notices(out: Page, { risks }: Plan): void {
  const notes = risks.filter(({ gate }) => gate === 'notice');
  if (notes.length === 0) return;
  out.line(0, `To look at (${counted(notes.length, 'notice')}):`, { paint: out.colors.bold });
  out.blank();
  for (const { id, name, title, details, causes } of notes.slice(0, noticesMax)) {
    out.line(2, `${labelOf({ id, name })}: ${neutral(title)}`, { mark: '*', paint: out.colors.yellow });
    for (const detail of details.slice(0, detailsMax)) out.line(6, neutral(detail), { mark: '-' });
    moreOf(out, { indent: 6, hidden: details.length - detailsMax, word: 'line' });
    because(out, 6, causes);
  }
  moreOf(out, { indent: 2, hidden: notes.length - noticesMax, word: 'notice' });
  out.blank();
}

/** Said again at the end, where the eye is after a long plan. */
export function pending(out: Page, plan: Plan): void {
  if ((plan.quarantined ?? []).length > 0) {
    out.line(0, 'Held by a rollback. See the top of this plan.');
    out.blank();
    return;
  }
  const open = decisionsOf(plan).filter(({ state }) => state !== 'acknowledged');
  if (open.length === 0) return;
  const ids = listed(
    open.map(({ id }) => id),
    10,
  );
  out.line(0, `Waits for: ${ids}. See the top of this plan.`);
  out.blank();
}

/** The lines of the manifests that bring something about. */
export function because(out: Page, indent: number, causes: readonly Cause[]): void {
  for (const cause of causes.slice(0, causesMax)) out.line(indent, `because of ${causeText(cause)}`);
  moreOf(out, { indent, hidden: causes.length - causesMax, word: 'cause' });
}

/** What is not shown is counted, with the way to see it. */
export function moreOf(
  out: Page,
  { indent, hidden, word }: { readonly indent: number; readonly hidden: number; readonly word: string },
): void {
  if (hidden > 0) out.line(indent, `(${amount(hidden)} more ${noun(hidden, word)}: pawl plan -o json)`, { mark: '#' });
}
