import { refusesPlan } from '../../manifest/problem.ts';
import type { Cause } from '../access.ts';
import type { Change, Plan } from '../change.ts';
import { ackCommand } from '../unacknowledged.ts';
import { type Decision, decisionsOf, stateText } from './decisions.ts';
import { each, type Part } from './fit.ts';
import { code, inert } from './inert.ts';
import { authored, countsByKind, symbolOf } from './text-changes.ts';
import { amount, clip, counted, named } from './words.ts';

const cellMax = 300;
const causesMax = 3;
const detailsMax = 4;
const pathsMax = 4;

interface TableOptions<T> {
  readonly title: string;
  readonly rank: number;
  readonly share: number;
  readonly heading: string;
  readonly columns: readonly string[];
  readonly entries: readonly T[];
  readonly cells: (entry: T) => readonly string[];
  readonly more: (hidden: number) => string;
}

/** A table that can be cut after any row; its cells are Markdown already. */
export function table<T>(options: TableOptions<T>): Part {
  const { title, rank, share, heading, columns, entries, cells, more } = options;
  return {
    title,
    rank,
    share,
    open: `${heading === '' ? '' : `${heading}\n\n`}${row(columns)}\n${row(columns.map(() => '---'))}\n`,
    units: () => each(entries, (entry) => row(cells(entry))),
    count: entries.length,
    between: '\n',
    close: '',
    more: (hidden) => `\n${more(hidden)}`,
  };
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Text from outside for a cell: short, and inert. */
export function cell(text: string): string {
  return inert(clip(text, cellMax), { cell: true });
}

export function codeCell(text: string): string {
  return code(clip(text, cellMax), { cell: true });
}

export function causesCell(causes: readonly Cause[]): string {
  const shown = causes
    .slice(0, causesMax)
    .map(({ address, place }) => `${codeCell(`${place.file}:${place.line}`)} ${codeCell(named(address))}`);
  const hidden = causes.length - causesMax;
  return [...shown, ...(hidden > 0 ? [`and ${amount(hidden)} more`] : [])].join('<br>');
}

export function problemsPart({ problems }: Plan): readonly Part[] {
  const refusals = problems.filter(refusesPlan);
  if (refusals.length === 0) return [];
  return [
    table({
      title: 'errors',
      rank: 1,
      share: 0.4,
      heading: '#### What keeps it from being applied',
      columns: ['where', 'code', 'what'],
      entries: refusals,
      cells: ({ file, line, column, code: which, message }) => [
        codeCell(`${file}:${line}:${column}`),
        codeCell(which),
        cell(message),
      ],
      more: (hidden) => `and ${counted(hidden, 'more error')}.`,
    }),
  ];
}

/** Risks that gate and guards that refuse: what, because of which line, who may agree, and how. */
export function decisionsPart(plan: Plan, acknowledgedBy: 'command line' | 'comment'): readonly Part[] {
  const all = decisionsOf(plan);
  if (all.length === 0) return [];
  const open = all.filter(({ state }) => state !== 'acknowledged');
  const rest = all.filter(({ state }) => state === 'acknowledged');
  return [
    table({
      title: 'decisions',
      rank: 2,
      share: 0.35,
      heading: open.length === 0 ? '#### Decisions, all acknowledged' : '#### Decisions needed',
      columns: ['risk', 'what', 'because of', 'who may acknowledge', 'how'],
      entries: [...open, ...rest],
      cells: (decision) => decisionRow(plan, decision, acknowledgedBy),
      more: (hidden) => `and ${counted(hidden, 'more decision')}.`,
    }),
  ];
}

function decisionRow(plan: Plan, decision: Decision, acknowledgedBy: 'command line' | 'comment'): readonly string[] {
  const { id, title, details, causes, who, state } = decision;
  const needed = acknowledgedBy === 'comment' ? codeCell(`/pawl ack ${id}`) : howToAcknowledge(plan, id);
  const how = state === 'needed' ? needed : state === 'refused' ? 'two merges' : 'done';
  return [
    labelCell(decision),
    whatCell(title, details),
    causesCell(causes),
    `${cell(who)}; ${cell(stateText(decision))}`,
    how,
  ];
}

function labelCell({ id, name }: Pick<Decision, 'id' | 'name'>): string {
  return name === id ? codeCell(id) : `${codeCell(id)} ${codeCell(name)}`;
}

function whatCell(title: string, details: readonly string[]): string {
  const shown = details.slice(0, detailsMax).map((detail) => cell(detail));
  const hidden = details.length - detailsMax;
  return [cell(title), ...shown, ...(hidden > 0 ? [`and ${amount(hidden)} more`] : [])].join('<br>');
}

/** What is not compared with live has a digest that nothing is ever applied by. */
function howToAcknowledge(plan: Plan, id: string): string {
  return plan.base.commit === undefined ? codeCell(ackCommand(plan, [id])) : 'where it is planned against live';
}

/** Risks that are only shown. */
export function noticesPart({ risks }: Plan): readonly Part[] {
  const notices = risks.filter(({ gate }) => gate === 'notice');
  if (notices.length === 0) return [];
  return [
    table({
      title: 'notices',
      rank: 4,
      share: 0.1,
      heading: '#### To look at',
      columns: ['risk', 'what', 'because of'],
      entries: notices,
      cells: (risk) => [labelCell(risk), whatCell(risk.title, risk.details), causesCell(risk.causes)],
      more: (hidden) => `and ${counted(hidden, 'more notice')}.`,
    }),
  ];
}

export function driftPart({ drift, base }: Plan): readonly Part[] {
  return changeTable(drift, {
    title: 'drift',
    rank: 6,
    share: 0.1,
    heading: `#### Drift: live is not what revision ${base.revision} says`,
  });
}

export function changesPart(plan: Plan): readonly Part[] {
  return changeTable(authored(plan), { title: 'changes', rank: 3, share: 0.2, heading: '#### Changes' });
}

function changeTable(
  changes: readonly Change[],
  options: Pick<TableOptions<Change>, 'title' | 'rank' | 'share' | 'heading'>,
): readonly Part[] {
  if (changes.length === 0) return [];
  return [
    table({
      ...options,
      columns: ['', 'resource', 'what', 'where'],
      entries: changes,
      cells: changeRow,
      more: (hidden) =>
        `and ${counted(hidden, 'more change')}: ${inert(countsByKind(changes.slice(changes.length - hidden)))}.`,
    }),
  ];
}

function changeRow(change: Change): readonly string[] {
  const { address, previousAddress, place, fields, reason, returnsTo, class: kind } = change;
  const paths = change.action === 'update' || change.action === 'move' ? fields.map(({ path }) => path) : [];
  const what = [
    ...(kind === 'conflict' ? ['in conflict: Git and live both changed it'] : []),
    ...(previousAddress === undefined ? [] : [`moved from ${codeCell(named(previousAddress))}`]),
    ...(paths.length === 0
      ? []
      : [
          paths
            .slice(0, pathsMax)
            .map((path) => codeCell(path))
            .join(', '),
        ]),
    ...(paths.length > pathsMax ? [`and ${counted(paths.length - pathsMax, 'more field')}`] : []),
    ...(reason === undefined ? [] : [cell(reason)]),
    ...(returnsTo === undefined ? [] : [`as it was in revision ${returnsTo}`]),
  ];
  return [
    codeCell(symbolOf(change)),
    codeCell(named(address)),
    what.join('<br>'),
    codeCell(`${place.file}:${place.line}`),
  ];
}
