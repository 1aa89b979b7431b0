import type { ApprovalRecord } from '../api/operations-approval.ts';
import { neutral } from '../manifest/neutral.ts';
import { renderTable } from './table.ts';

/** Where a text is shown. */
export interface Shown {
  /** The answer is asked for below it, so that no command has to be named. */
  readonly isAskedHere?: boolean;
}

/** One request in full: the exact call, every hidden character of it made visible, and who is asked about it. */
export function approvalText(record: ApprovalRecord, { isAskedHere = false }: Shown = {}): string {
  const { id, state, action, votes, subject, run, system } = record;
  const lines = [
    `approval ${id}  ${stateText(record)}`,
    `  call     ${neutral(action.tool)} by ${neutral(action.subject)}`,
    `  run      ${run} of ${neutral(system)}, submitted by ${neutral(subject)}`,
    `  at       ${neutral(record.path)}`,
    `  action   ${record.actionDigest}`,
    ...(action.egress.length === 0 ? [] : [`  reaches  ${action.egress.map(neutral).join(', ')}`]),
    ...(action.secrets.length === 0 ? [] : [`  secrets  ${action.secrets.map(neutral).join(', ')}`]),
    ...record.asks.map(
      ({ rule, who, approved, min }) => `  asks     ${neutral(who)}, by ${neutral(rule)}: ${approved} of ${min}`,
    ),
    ...batchLines(record),
    ...votes.map(
      ({ by, as, text, at, alone }) =>
        `  ${as === 'approve' ? 'approved' : 'denied  '} by ${neutral(by)}${alone === true ? ', alone,' : ''} at ${at}${text === undefined ? '' : `: ${neutral(text)}`}`,
    ),
    ...(record.reason === undefined || votes.length > 0 ? [] : [`  because  ${neutral(record.reason)}`]),
    '  arguments:',
    ...JSON.stringify(record.arguments, undefined, 2)
      .split('\n')
      .map((line) => `    ${neutral(line)}`),
    ...(state === 'pending' && !isAskedHere ? ['', `  ${howTo(record)}`] : []),
  ];
  return lines.join('\n');
}

/** What an approval lets through besides the call that is shown. */
function batchLines({ batch, action, state }: ApprovalRecord): readonly string[] {
  if (batch === undefined) return [];
  const { max, same, used } = batch;
  const calls = max === 1 ? 'one more call' : `up to ${max} more calls`;
  const alike = same.map((name) => `\`${neutral(name)}\``).join(' and ');
  const line = `  releases ${calls} of ${neutral(action.tool)} at this place with the same ${alike}, whatever else they say`;
  return [state === 'pending' ? line : `${line} (${used} used)`];
}

/** What approves exactly what was shown. */
function howTo({ id, actionDigest }: ApprovalRecord): string {
  return `pawl approve ${id} --digest ${actionDigest.slice(0, 12)} | pawl deny ${id} --reason REASON`;
}

function stateText({ state, expiresAt, decidedBy }: ApprovalRecord): string {
  if (state === 'pending') return `waits until ${expiresAt}`;
  return decidedBy === undefined ? state : `${state} by ${neutral(decidedBy)}`;
}

/** Below this many columns a table has what one decides by, and no more: the rest would push it off the line. */
const narrowBelow = 60;

export function approvalTable(records: readonly ApprovalRecord[], width: number): string {
  if (width < narrowBelow) {
    const rows = records.map((record) => [record.id, record.state, record.action.tool]);
    return renderTable(['ID', 'STATE', 'TOOL'], rows, width);
  }
  const rows = records.map((record) => [
    record.id,
    record.state,
    record.action.tool,
    record.action.subject,
    record.run,
    record.place,
    record.asks.map(({ approved, min }) => `${approved}/${min}`).join(' '),
    record.expiresAt,
  ]);
  return renderTable(['ID', 'STATE', 'TOOL', 'CALLER', 'RUN', 'AT', 'APPROVED', 'UNTIL'], rows, width);
}
