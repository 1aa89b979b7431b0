import { stringify } from 'yaml';
import { type ApprovalRecord, type ApprovalRecordState, approvalStates } from '../api/operations-approval.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { approvalTable, approvalText } from './approval-text.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';

export interface ApprovalsOptions {
  /** One of them, in full. */
  readonly name: string | undefined;
  readonly env?: string;
  readonly limit: number;
  readonly run?: string;
  /** Also those that are not open any more. */
  readonly all?: boolean;
  /** As people say them: `waiting`, `used`; several with commas. */
  readonly state?: readonly ApprovalRecordState[];
  readonly before?: string;
  readonly output: string;
}

/** The calls that wait for people, the oldest first; or one of them, exactly as it would be made. */
export async function getApprovals(context: CliContext, options: ApprovalsOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { name, output, limit } = options;
  const records = await withDoor(context, async (door) => {
    if (name !== undefined) return [await door.operations.approval(name)];
    return door.operations.approvals({
      environment: await chooseEnvironment(door, options.env),
      limit,
      states: statesOf(options),
      ...(options.run === undefined ? {} : { run: options.run }),
      ...(options.before === undefined ? {} : { after: options.before }),
    });
  });
  if (output === 'json') json(terminal, name === undefined ? { approvals: records } : { approval: records[0] ?? null });
  else if (output === 'yaml') terminal.out(stringify(records).trimEnd());
  else if (output === 'name') for (const { id } of records) terminal.out(id);
  else if (name !== undefined) terminal.out(records.map((record) => approvalText(record)).join('\n\n'));
  else if (records.length === 0) terminal.note(noneText(options));
  else terminal.out(approvalTable(records, terminal.tableWidth));
  if (name === undefined && records.length === limit) terminal.note(moreText(records));
  return exitCodes.success;
}

function statesOf({ all, run, state }: ApprovalsOptions): readonly ApprovalRecordState[] {
  if (state !== undefined) return state;
  return all === true || run !== undefined ? approvalStates : ['pending'];
}

function noneText({ state, all, run }: ApprovalsOptions): string {
  if (state === undefined && all !== true && run === undefined) return 'No call waits for an approval.';
  return 'There is no such request for an approval.';
}

const words: Readonly<Record<string, ApprovalRecordState>> = { waiting: 'pending', used: 'consumed' };
const named = ['waiting', 'approved', 'denied', 'expired', 'used', 'cancelled'];

/** States as people say them, or as the record does. */
export function approvalStatesOf(text: string): readonly ApprovalRecordState[] {
  return text.split(',').map((part) => {
    const word = part.trim().toLowerCase();
    const state = approvalStates.find((one) => one === (words[word] ?? word));
    if (state !== undefined) return state;
    throw new TerminalError(`An approval is in no state ${JSON.stringify(part.trim().slice(0, 64))}.`, {
      code: 'cli.usage',
      help: `One of ${named.join(', ')}, or several with commas.`,
      exit: exitCodes.usage,
    });
  });
}

function moreText(records: readonly ApprovalRecord[]): string {
  return `There may be more: --before ${records.at(-1)?.id ?? ''} goes on after these.`;
}
