import { partsLacked, refusesPlan } from '../../manifest/problem.ts';
import type { Plan } from '../change.ts';
import { isErrored, isQuiet } from '../plan.ts';
import { decisionsOf } from './decisions.ts';
import { fit, type Part, partBreak, sizeOf } from './fit.ts';
import { code, inert } from './inert.ts';
import { accessPart, graphsPart, promptsPart, reachPart, textPart } from './markdown-details.ts';
import { changesPart, decisionsPart, driftPart, noticesPart, problemsPart } from './markdown-tables.ts';
import { besidePart } from './markdown-beside.ts';
import { planLine, riskLine, tallyOf } from './tally.ts';
import { recompiledText } from './text-changes.ts';
import { overridesText, overrideText } from './text-overrides.ts';
import { heldText, withdrawnText } from './text-head.ts';
import { clip, comparedWith, counted, shellWord, shortDigest, targetOf } from './words.ts';

/** What a comment on a pull request may be: GitHub takes 65,536 characters, and others count bytes. */
export const commentBytesMax = 60_000;

/** What the summary of a check run may be. */
export const checkRunBytesMax = 65_535;

export interface MarkdownOptions {
  /** Bytes of UTF-8, and so UTF-16 units as well: no character has more units than bytes. */
  readonly bytesMax?: number;
  /** Tells the comments of environments apart, so that each is edited in place. */
  readonly environmentId?: string;
  /** Where the whole plan can be read: an https address. */
  readonly fullPlan?: string;
  /** How decisions are taken where it is read; absent: on the command line. */
  readonly acknowledgedBy?: 'command line' | 'comment';
}

/**
 * The plan as a comment on a pull request: the verdict in its first line, then what has to be decided, what changes,
 * what that means; the rest folded. Cut by sections, the least important ones first, with every block closed.
 */
export function renderMarkdown(plan: Plan, options: MarkdownOptions = {}): string {
  const { bytesMax = commentBytesMax, environmentId = `${plan.lineage}/${plan.environment}` } = options;
  const head = headOf(plan);
  const marker = planMarker(environmentId);
  const parts = isQuiet(plan) ? problemsPart(plan) : partsOf(plan, options);
  const note = (cut: readonly string[]): string => cutNote(plan, cut, options.fullPlan);
  // The longest note names every part.
  const reserved = [head, marker, note(parts.map(({ title }) => title))];
  const spent = reserved.reduce((sum, text) => sum + sizeOf(text) + sizeOf(partBreak), 1);
  const { texts, cut } = fit(parts, bytesMax - spent);
  const all = [head, ...texts, cut.length === 0 ? '' : note(cut), marker];
  return `${all.filter((text) => text !== '').join(partBreak)}\n`;
}

/** The last line of a comment, by which it is found again. */
export function planMarker(environmentId: string): string {
  return `<!-- pawl:plan ${encodeURIComponent(environmentId).replaceAll('-', '%2D')} -->`;
}

/** In the order in which they stand; their ranks say which go first. */
function partsOf(plan: Plan, { acknowledgedBy = 'command line' }: MarkdownOptions): readonly Part[] {
  return [
    ...problemsPart(plan),
    ...decisionsPart(plan, acknowledgedBy),
    ...noticesPart(plan),
    ...driftPart(plan),
    ...changesPart(plan),
    ...besidePart(plan),
    ...accessPart(plan),
    ...reachPart(plan),
    ...promptsPart(plan),
    ...graphsPart(plan),
    ...textPart(plan),
  ];
}

function headOf(plan: Plan): string {
  const tally = tallyOf(plan);
  const subject = plan.target.subject === '' ? '' : ` ${code(clip(plan.target.subject, 120))}`;
  const isNothing = isQuiet(plan);
  const { revert } = plan;
  const returned =
    revert === undefined
      ? []
      : [`Returns ${revert.returned} of ${counted(revert.of, 'resource')} to revision ${revert.revision}.`];
  return [
    `### pawl plan for ${code(plan.environment)}: ${verdictOf(plan)}`,
    isNothing ? 'No changes.' : `${planLine(tally)} ${riskLine(tally)}`,
    `${code(targetOf(plan.target))}${subject}, ${comparedWith(plan.base)}. Plan ${code(shortDigest(plan.digest))}.`,
    ...heldLines(plan),
    ...returned,
    ...recompiledLines(plan),
    ...overrideLines(plan),
  ].join(partBreak);
}

/** What keeps the commit back, and what a rollback withdrew: the first of it, the rest counted. */
function heldLines({ quarantined = [], held }: Plan): readonly string[] {
  const hold = held === undefined ? [] : [`Held: ${inert(clip(`${held.code}: ${held.message}`, 600))}`];
  if (quarantined.length === 0) return hold;
  const shown = quarantined.slice(0, heldMax).map((withdrawn) => `- ${inert(clip(withdrawnText(withdrawn), 300))}`);
  const hidden = quarantined.length - heldMax;
  const more = hidden > 0 ? [`- and ${counted(hidden, 'more resource')}.`] : [];
  return [...hold, heldText(quarantined.length), [...shown, ...more].join('\n')];
}

const heldMax = 10;

/** What hands hold over what Git says. */
function overrideLines({ overrides = [] }: Plan): readonly string[] {
  if (overrides.length === 0) return [];
  const shown = overrides.slice(0, heldMax).map((one) => `- ${inert(clip(overrideText(one), 300))}`);
  const hidden = overrides.length - heldMax;
  return [
    overridesText(overrides.length),
    [...shown, ...(hidden > 0 ? [`- and ${counted(hidden, 'more override')}.`] : [])].join('\n'),
  ];
}

function recompiledLines({ recompiled }: Plan): readonly string[] {
  return recompiled.resources.length + recompiled.systems.length === 0 ? [] : [recompiledText(recompiled)];
}

/** What a reviewer must know first. */
export function verdictOf(plan: Plan): string {
  const { problems, changes } = plan;
  if (isErrored(plan)) {
    const errors = problems.filter(refusesPlan);
    const conflicts = changes.filter((change) => change.class === 'conflict').length;
    if (conflicts > 0) return `cannot be applied, ${counted(conflicts, 'conflict')}`;
    const lacked = partsLacked(errors);
    if (errors.every(({ severity }) => severity !== 'error')) {
      return `cannot be applied by this build, which lacks ${inert(lacked.join(', '))}`;
    }
    return `cannot be applied, ${counted(errors.length, 'error')}`;
  }
  if (plan.held !== undefined) return `held, ${plan.held.code}`;
  if (isQuiet(plan)) return 'nothing to do';
  if ((plan.quarantined ?? []).length > 0) return 'held by a rollback';
  const decisions = decisionsOf(plan);
  const refused = decisions.filter(({ state }) => state === 'refused').length;
  if (refused > 0) return `refused by ${counted(refused, 'guard')}`;
  const needed = decisions.filter(({ state }) => state === 'needed').length;
  if (needed > 0) return `${counted(needed, 'decision')} needed`;
  return decisions.length > 0 ? `all ${counted(decisions.length, 'decision')} acknowledged` : 'no decision needed';
}

function cutNote({ environment, target }: Plan, cut: readonly string[], fullPlan: string | undefined): string {
  const ref = target.commit === 'working-copy' ? '--working-copy' : `--ref ${shellWord(target.commit)}`;
  const where = linkOf(fullPlan) ?? code(`pawl plan -o json --env ${shellWord(environment)} ${ref}`);
  return `Cut to fit here: ${cut.join(', ')}. The whole plan: ${where}`;
}

/** Only an https address, and only with what cannot end the link. */
function linkOf(address: string | undefined): string | undefined {
  if (address === undefined || !/^https:\/\/[\w.:-]+\/[\w./?&=%#~+-]*$/.test(address)) return undefined;
  return `[all of it](<${address}>)`;
}
