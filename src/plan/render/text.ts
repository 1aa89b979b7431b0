import { neutral } from '../../manifest/neutral.ts';
import { partsLacked, refusesPlan } from '../../manifest/problem.ts';
import type { Action, Change, FieldAction, FieldChange, Plan } from '../change.ts';
import { isUnchanged } from '../plan.ts';
import { conflictColumns } from './conflict.ts';
import { fieldLines } from './field.ts';
import { type Page, page } from './page.ts';

export interface TextOptions {
  readonly width: number;
  readonly color: boolean;
}

/** The plan for a terminal. Symbols and words carry everything; colour only repeats it. The last line is byte-stable. */
export function renderText(plan: Plan, options: TextOptions): string {
  const out = page(options);
  header(out, plan);
  errors(out, plan);
  if (isUnchanged(plan) && plan.drift.length === 0) {
    out.exact(`No changes. Live state matches ${targetOf(plan)}.`);
    return out.text();
  }
  if (plan.revert !== undefined) {
    const { revision, returned, of } = plan.revert;
    out.line(0, `This plan returns ${returned} of ${of} ${noun(of, 'resource')} to revision ${revision}.`);
    out.blank();
  }
  drift(out, plan);
  changes(out, plan);
  systems(out, plan);
  out.exact(totals(plan));
  return out.text();
}

/** Moves are counted only where there are any: the ordinary line stays the same bytes. */
function totals({ summary }: Plan): string {
  const { add, change, remove, move } = summary;
  const moved = move === 0 ? '' : `, ${move} to move`;
  return `Plan: ${add} to add, ${change} to change, ${remove} to destroy${moved}.`;
}

function header(out: Page, plan: Plan): void {
  const subject = plan.target.subject === '' ? '' : ` "${neutral(plan.target.subject)}"`;
  const { revision } = plan.base;
  const base = revision === 0 ? 'Nothing was applied before.' : `Compared with revision ${revision}.`;
  out.line(0, `Environment ${neutral(plan.environment)}, ${targetOf(plan)}${subject}`, { paint: out.colors.bold });
  out.line(0, base);
  out.blank();
}

function targetOf({ target }: Plan): string {
  if (target.commit === 'working-copy') return 'the working copy';
  return `${neutral(target.branch)} @ ${neutral(target.commit.slice(0, 7))}`;
}

function errors(out: Page, { problems, changes: all }: Plan): void {
  const refusals = problems.filter(refusesPlan);
  const conflicts = all.filter((change) => change.class === 'conflict').length;
  if (conflicts > 0) {
    out.line(0, `This plan cannot be applied: Git and live both changed ${conflicts} ${noun(conflicts, 'resource')}.`);
    out.blank();
  }
  if (refusals.length === 0) return;
  const errorCount = refusals.filter(({ severity }) => severity === 'error').length;
  if (errorCount > 0) out.line(0, `This plan cannot be applied: ${errorCount} ${noun(errorCount, 'error')}.`);
  const lacked = partsLacked(refusals);
  if (lacked.length > 0) out.line(0, `This plan cannot be applied by this build, which lacks: ${lacked.join(', ')}.`);
  for (const { file, line, column, code, message } of refusals) {
    out.line(2, neutral(`${file}:${line}:${column} ${code}: ${message}`), { mark: '!', paint: out.colors.red });
  }
  out.blank();
}

function drift(out: Page, plan: Plan): void {
  if (plan.drift.length === 0) return;
  out.line(0, `Drift: live is not what revision ${plan.base.revision} says.`, { paint: out.colors.bold });
  out.blank();
  for (const change of plan.drift)
    block(out, change, { title: driftTitles[change.action === 'move' ? 'update' : change.action] });
}

function changes(out: Page, plan: Plan): void {
  if (plan.changes.length === 0) return;
  const used = legend.filter(([kind]) => plan.changes.some((change) => kindOf(change) === kind));
  out.line(0, `Applying this does the following: ${used.map(([, words]) => words).join(', ')}.`, {
    paint: out.colors.bold,
  });
  out.blank();
  for (const change of plan.changes) {
    const drifted = plan.drift.find(({ address }) => address === change.address);
    if (change.class === 'conflict') block(out, change, { title: 'is in conflict and blocks this plan', drifted });
    else block(out, change, { title: changeTitles[kindOf(change)] });
  }
}

type ChangeKind = Action | 'adopt' | 'orphan';

/** An adopted row was there before Git said so; an orphan is one that no revision has. */
function kindOf({ action, class: kind }: Change): ChangeKind {
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

function block(out: Page, change: Change, { title, drifted }: BlockOptions): void {
  const name = `${change.kind} "${neutral(`${change.namespace}/${change.name}`)}"`;
  out.line(2, `${name} ${title} (${neutral(change.place.file)}:${change.place.line})`, {
    mark: '#',
    paint: out.colors.bold,
    whole: true,
  });
  if (change.previousAddress !== undefined) {
    const [, ...previous] = change.previousAddress.split('/');
    out.line(
      2,
      `${change.kind} "${neutral(previous.join('/'))}" has moved to "${neutral(`${change.namespace}/${change.name}`)}"`,
      {
        mark: '#',
      },
    );
  }
  if (change.reason !== undefined) out.line(2, `(${neutral(change.reason)})`, { mark: '#' });
  const mark = symbols[kindOf(change)];
  out.line(2, name, { mark, paint: paintOf(out, mark) });
  const columns = drifted === undefined ? [] : conflictColumns(drifted, change);
  if (change.action === 'delete' && columns.length === 0) {
    const count = change.fields.length;
    out.line(6, `(${count} ${noun(count, 'field')} removed with it)`, { mark: '#' });
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
  if (unchanged > 0) out.line(6, `(${unchanged} unchanged ${noun(unchanged, 'field')} hidden)`, { mark: '#' });
}

function fieldBlock(out: Page, field: FieldChange): void {
  const mark = symbols[field.action];
  for (const { indent, text, sign } of fieldLines(field)) {
    const lead = sign ?? (indent === 0 ? mark : '#');
    out.line(6 + indent, text, { mark: lead, paint: paintOf(out, lead), whole: sign !== undefined });
  }
}

const symbols: Readonly<Record<ChangeKind, string>> = {
  create: '+',
  update: '~',
  delete: '-',
  move: '>',
  adopt: '@',
  orphan: '.',
};

function paintOf(out: Page, mark: string): (text: string) => string {
  const { green, yellow, red } = out.colors;
  return mark === '+' ? green : mark === '-' ? red : mark === '~' ? yellow : (text) => text;
}

const systemsMax = 20;

function systems(out: Page, { bundles, removedSystems, changes: all }: Plan): void {
  const changed = bundles.map(({ system }) => system);
  if (changed.length > 0) {
    // Without a change of resources it is pawl that compiles otherwise than the build that applied the revision.
    const by = all.length === 0 ? ' by this build of pawl' : '';
    out.line(0, `Systems compiled anew${by}: ${listed(changed)}.`);
  }
  if (removedSystems.length > 0) out.line(0, `Systems removed: ${listed(removedSystems)}.`);
  if (changed.length + removedSystems.length > 0) out.blank();
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, systemsMax).map(neutral).join(', ');
  return names.length > systemsMax ? `${shown} and ${names.length - systemsMax} more` : shown;
}

function noun(count: number, word: string): string {
  return count === 1 ? word : `${word}s`;
}
