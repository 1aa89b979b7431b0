import { neutral } from '../../manifest/neutral.ts';
import type { Action, Change, FieldAction, FieldChange, Plan } from '../change.ts';
import { conflictColumns } from './conflict.ts';
import { fieldLines } from './field.ts';
import type { Page, Paint } from './page.ts';
import { moreOf } from './text-decisions.ts';
import { amount, counted, listed, named } from './words.ts';

/** Beyond these a plan is a list that nobody reads: the rest is counted by kind. */
const blocksMax = 100;

/** What live holds that the last applied revision does not say. */
export function drift(out: Page, plan: Plan): void {
  if (plan.drift.length === 0) return;
  out.line(0, `Drift: live is not what revision ${plan.base.revision} says.`, { paint: out.colors.bold });
  out.blank();
  for (const change of plan.drift.slice(0, blocksMax)) {
    changeBlock(out, change, { title: driftTitles[change.action === 'move' ? 'update' : change.action] });
  }
  rest(out, plan.drift);
}

/** What apply writes, resource by resource. */
export function changes(out: Page, plan: Plan): void {
  const all = authored(plan);
  if (all.length === 0) return;
  const used = legend.filter(([kind]) => all.some((change) => kindOf(change) === kind));
  out.line(0, `Applying this does the following: ${used.map(([, words]) => words).join(', ')}.`, {
    paint: out.colors.bold,
  });
  out.blank();
  const drifted = new Map(plan.drift.map((change) => [change.address, change]));
  // What blocks the plan is never among what is left out.
  const shown = [...all].sort((a, b) => Number(isConflict(b)) - Number(isConflict(a)));
  for (const change of shown.length > blocksMax ? shown.slice(0, blocksMax) : all) {
    const title = isConflict(change) ? 'is in conflict and blocks this plan' : changeTitles[kindOf(change)];
    changeBlock(out, change, { title, drifted: isConflict(change) ? drifted.get(change.address) : undefined });
  }
  rest(out, shown);
}

/** What somebody changed, in Git or by hand; what another build of pawl makes otherwise has a section of its own. */
export function authored({ changes: all }: Pick<Plan, 'changes'>): readonly Change[] {
  return all.filter(({ class: kind }) => kind !== 'recompiled');
}

/** What no author changed and this build of pawl fills in otherwise. */
export function recompiled(out: Page, { changes: all, recompiled: anew }: Plan): void {
  const resources = all.filter(({ class: kind }) => kind === 'recompiled');
  if (resources.length + anew.systems.length === 0) return;
  out.line(0, recompiledText(anew), { paint: out.colors.bold });
  for (const { address, fields } of resources.slice(0, recompiledMax)) {
    const paths = listed(
      fields.map(({ path }) => path),
      3,
    );
    out.line(2, `${named(address)}${paths === '' ? '' : `: ${paths}`}`, { mark: '~', paint: out.colors.yellow });
  }
  moreOf(out, { indent: 2, hidden: resources.length - recompiledMax, word: 'resource' });
  if (anew.systems.length > 0) out.line(2, `systems: ${listed(anew.systems)}`);
  out.blank();
}

const recompiledMax = 10;

export function recompiledText({ resources, systems: all }: Plan['recompiled']): string {
  return `Recompiled: ${counted(resources.length, 'resource')} and ${counted(all.length, 'system')} that no author changed; this build of pawl makes them otherwise.`;
}

function isConflict({ class: kind }: Change): boolean {
  return kind === 'conflict';
}

function rest(out: Page, all: readonly Change[]): void {
  const hidden = all.slice(blocksMax);
  if (hidden.length === 0) return;
  out.line(2, `(${counted(hidden.length, 'more change')}: ${countsByKind(hidden)}; see them with pawl plan -o json)`, {
    mark: '#',
  });
  out.blank();
}

/** `Tool +9,000 ~12, Agent -3`. */
export function countsByKind(all: readonly Change[]): string {
  const counts = new Map<string, Map<string, number>>();
  for (const change of all) {
    const marks = counts.get(change.kind) ?? new Map<string, number>();
    counts.set(change.kind, marks);
    const mark = symbolOf(change);
    marks.set(mark, (marks.get(mark) ?? 0) + 1);
  }
  return Array.from(
    counts,
    ([kind, marks]) => `${kind} ${Array.from(marks, ([mark, count]) => `${mark}${amount(count)}`).join(' ')}`,
  ).join(', ');
}

export type ChangeKind = Action | 'adopt' | 'orphan';

/** An adopted row was there before Git said so; an orphan is one that no revision has. */
export function kindOf({ action, class: kind }: Change): ChangeKind {
  if (kind === 'orphan' && action === 'delete') return 'orphan';
  return kind === 'converged' && action === 'create' ? 'adopt' : action;
}

const legend = [
  ['create', '+ create'],
  ['update', '~ update in-place'],
  ['delete', '- destroy'],
  ['move', '> move'],
  ['adopt', '@ adopt'],
  ['orphan', '. destroy what no revision has'],
] as const;

const changeTitles: Readonly<Record<ChangeKind, string>> = {
  create: 'will be created',
  update: 'will be updated in-place',
  delete: 'will be destroyed',
  move: 'will be moved',
  adopt: 'is live already and will be recorded',
  orphan: 'will be destroyed',
};

const driftTitles: Readonly<Record<FieldAction, string>> = {
  create: 'was added to live',
  update: 'was changed in live',
  delete: 'is gone from live',
};

interface BlockOptions {
  readonly title: string;
  /** What live did to a resource in conflict. */
  readonly drifted?: Change | undefined;
}

/** One resource with its changed fields. */
export function changeBlock(out: Page, change: Change, { title, drifted }: BlockOptions): void {
  const name = `${change.kind} "${neutral(`${change.namespace}/${change.name}`)}"`;
  out.line(2, `${name} ${title} (${neutral(change.place.file)}:${change.place.line})`, {
    mark: '#',
    paint: out.colors.bold,
    whole: true,
  });
  if (change.previousAddress !== undefined) {
    const to = `"${neutral(`${change.namespace}/${change.name}`)}"`;
    out.line(2, `${named(change.previousAddress)} has moved to ${to}`, { mark: '#' });
  }
  if (change.reason !== undefined) out.line(2, `(${neutral(change.reason)})`, { mark: '#' });
  if (change.returnsTo !== undefined) out.line(2, `(as it was in revision ${change.returnsTo})`, { mark: '#' });
  const mark = symbolOf(change);
  out.line(2, name, { mark, paint: paintOf(out, mark) });
  const columns = drifted === undefined ? [] : conflictColumns(drifted, change);
  if (change.action === 'delete' && columns.length === 0) {
    out.line(6, `(${counted(change.fields.length, 'field')} removed with it)`, { mark: '#' });
  } else {
    for (const field of columns.length > 0 ? [] : change.fields) fieldBlock(out, field);
    for (const [text, indent] of columns) out.line(6 + indent, neutral(text));
    remainder(out, change);
  }
  out.blank();
}

function remainder(out: Page, { fields, unchanged, action }: Change): void {
  if (fields.length === 0 && action === 'update') {
    out.line(6, '(only the order within lists, or what marks one empty, changes)', { mark: '#' });
  }
  if (unchanged > 0) out.line(6, `(${counted(unchanged, 'unchanged field')} hidden)`, { mark: '#' });
}

function fieldBlock(out: Page, field: FieldChange): void {
  const mark = symbols[field.action];
  for (const { indent, text, sign } of fieldLines(field)) {
    const lead = sign ?? (indent === 0 ? mark : '#');
    out.line(6 + indent, text, { mark: lead, paint: paintOf(out, lead), whole: sign !== undefined });
  }
}

/** `+ ~ -` as Terraform has them; `>` moves, `@` adopts, `.` is an orphan. */
export function symbolOf(change: Change): string {
  return symbols[kindOf(change)];
}

const symbols: Readonly<Record<ChangeKind, string>> = {
  create: '+',
  update: '~',
  delete: '-',
  move: '>',
  adopt: '@',
  orphan: '.',
};

function paintOf(out: Page, mark: string): Paint {
  const { green, yellow, red } = out.colors;
  return mark === '+' ? green : mark === '-' ? red : mark === '~' ? yellow : (text) => text;
}

/** Systems whose compiled content changes, or which go. */
export function systems(out: Page, { bundles, removedSystems, changes: all }: Plan): void {
  const changed = bundles.map(({ system }) => system);
  if (changed.length > 0) {
    // Without a change of resources it is pawl that compiles otherwise than the build that applied the revision.
    const by = all.length === 0 ? ' by this build of pawl' : '';
    out.line(0, `Systems compiled anew${by}: ${listed(changed)}.`);
  }
  if (removedSystems.length > 0) out.line(0, `Systems removed: ${listed(removedSystems)}.`);
  if (changed.length + removedSystems.length > 0) out.blank();
}
