import type { ApprovalDecided, ApprovalRecord } from '../api/operations-approval.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { Door } from './app-port.ts';
import { approvalText } from './approval-text.ts';
import { json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { workOn } from './work-on.ts';

export interface ApproveOptions {
  readonly id: string;
  readonly digest?: string;
  readonly output: string;
}

/** Shows the exact call and approves it: with the digest of what was looked at, or after a question. */
export async function approveCommand(context: CliContext, options: ApproveOptions): Promise<ExitCode> {
  const { terminal } = context;
  return withDoor(context, async (door) => {
    const { operations } = door;
    const record = await operations.approval(options.id);
    terminal.note(approvalText(record));
    const digest = options.digest?.toLowerCase() ?? (await confirmed(context, record));
    return said(context, options, {
      door,
      decided: await operations.decideApproval({ id: record.id, digest, as: 'approve' }),
    });
  });
}

async function confirmed({ terminal }: CliContext, record: ApprovalRecord): Promise<string> {
  const flag = `--digest ${record.actionDigest.slice(0, 12)}`;
  // Whether it is open is for whoever decides to say: nobody is asked about what is over.
  if (record.state !== 'pending') return record.actionDigest;
  const answer = await terminal.ask(
    `\nLet ${record.action.tool} be called with exactly this${record.batch === undefined ? '' : ', and with what else it releases'}? Only "yes" is taken: `,
    flag,
  );
  if (answer === 'yes') return record.actionDigest;
  throw new TerminalError('Not approved.', {
    code: 'cli.declined',
    help: `Run it again and answer yes, or deny it with \`pawl deny ${record.id} --reason REASON\`.`,
    exit: exitCodes.unexpected,
  });
}

export interface DenyOptions {
  readonly id: string;
  readonly reason: string;
  readonly output: string;
}

/** Lets nothing through, so that nothing has to be confirmed. */
export async function denyCommand(context: CliContext, options: DenyOptions): Promise<ExitCode> {
  return withDoor(context, async (door) => {
    const { operations } = door;
    const record = await operations.approval(options.id);
    context.terminal.note(approvalText(record));
    const { id, actionDigest: digest } = record;
    const decided = await operations.decideApproval({ id, digest, as: 'deny', text: options.reason });
    return said(context, options, { door, decided });
  });
}

async function said(
  context: CliContext,
  { output }: { readonly output: string },
  { door, decided }: { readonly door: Door; readonly decided: ApprovalDecided },
): Promise<ExitCode> {
  const { terminal } = context;
  const { id, run, state, alone } = decided;
  if (output === 'json') json(terminal, decided);
  else if (state === 'pending') terminal.out(`Noted: more people must approve ${id}.`);
  else if (state === 'approved') terminal.out(`Approved ${id}: run ${run} goes on.`);
  else terminal.out(`Denied ${id}: run ${run} is told so.`);
  if (state === 'approved' && alone)
    terminal.note(
      'Nobody else is set up on this machine: you approved alone, without four eyes. Define `groups` or `access` in pawl.yaml, or make a token for somebody, to have others asked.',
    );
  if (state !== 'pending') await workOn(context, door, run);
  return exitCodes.success;
}
