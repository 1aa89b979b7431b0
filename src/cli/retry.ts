import type { RunRecord } from '../api/operations.ts';
import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Door } from './app-port.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { plural } from './plural.ts';

export interface RetryOptions {
  readonly runs: readonly string[];
  readonly fromStart?: boolean;
  readonly deadLetters?: boolean;
  readonly system?: string;
  readonly limit: number;
  readonly dryRun?: boolean;
  readonly env?: string;
  readonly output: string;
}

/** Starts runs that did not succeed again: those that are named, or dead letters. */
export async function retryCommand(context: CliContext, options: RetryOptions): Promise<ExitCode> {
  assertOneWay(options);
  return withDoor(context, (door) =>
    options.deadLetters === true ? redrive(context, door, options) : retry(context, door, options),
  );
}

function assertOneWay({ runs, deadLetters, fromStart, system, dryRun }: RetryOptions): void {
  const isBoth = deadLetters === true && (runs.length > 0 || fromStart === true);
  const isNeither = deadLetters !== true && (runs.length === 0 || system !== undefined || dryRun === true);
  if (!isBoth && !isNeither) return;
  throw new TerminalError('Either runs are named, or --dead-letters chooses them.', {
    code: 'cli.usage',
    help: 'Write `pawl retry RUN… [--from-start]`, or `pawl retry --dead-letters [--system NAME] [--dry-run]`.',
    exit: exitCodes.usage,
  });
}

/** One that cannot be started again does not keep the others; the first reason gives the exit code. */
async function retry({ terminal, signal }: CliContext, door: Door, options: RetryOptions): Promise<ExitCode> {
  const runs: RunRecord[] = [];
  const refused: { readonly run: string; readonly message: string }[] = [];
  let exit: ExitCode = exitCodes.success;
  for (const id of options.runs) {
    if (signal.aborted) return exitCodes.interrupted;
    try {
      const request = options.fromStart === true ? { fromStart: true } : {};
      runs.push(await door.operations.retry(id, request));
    } catch (error) {
      if (!isPawlError(error) || options.runs.length === 1) throw error;
      refused.push({ run: id, message: `${error.code}: ${error.message}` });
      if (exit === exitCodes.success) exit = error.exit;
    }
  }
  if (options.output === 'json') json(terminal, { runs, refused });
  else {
    for (const run of runs) terminal.out(`Run ${run.id} is ${run.state}.`);
    for (const { message } of refused) terminal.note(neutral(message));
  }
  return exit;
}

async function redrive({ terminal }: CliContext, door: Door, options: RetryOptions): Promise<ExitCode> {
  const { system, limit, dryRun = false, output } = options;
  const environment = await chooseEnvironment(door, options.env);
  const request = { environment, limit, dryRun, ...(system === undefined ? {} : { system }) };
  const { runs, refused } = await door.operations.redrive(request);
  if (output === 'json') json(terminal, { runs, refused, dry_run: dryRun });
  else {
    for (const run of runs) terminal.out(dryRun ? `Run ${run} would be started again.` : `Run ${run} is Queued.`);
    for (const { run, message } of refused) terminal.note(`Run ${run}: ${neutral(message)}`);
    if (runs.length === 0) terminal.note('There is no such dead letter.');
    else if (runs.length === limit) terminal.note(`${plural(limit, 'run')} at a time: run the command again for more.`);
  }
  return refused.length === 0 ? exitCodes.success : exitCodes.conflict;
}
