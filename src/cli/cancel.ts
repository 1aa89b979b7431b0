import type { RunRecord } from '../api/operations.ts';
import type { RunState } from '../api/operations-run.ts';
import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Door } from './app-port.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { plural } from './plural.ts';
import type { Terminal } from './terminal.ts';

export interface CancelOptions {
  readonly runs: readonly string[];
  readonly system?: string;
  readonly state?: readonly RunState[];
  readonly limit: number;
  readonly yes?: boolean;
  readonly env?: string;
  readonly output: string;
}

const openStates: readonly RunState[] = ['Queued', 'Running', 'Waiting'];

/** Stops runs that are named, or those of a system that are open, after a question. */
export async function cancelCommand(context: CliContext, options: CancelOptions): Promise<ExitCode> {
  assertOneWay(options);
  return withDoor(context, async (door) => {
    const ids = options.runs.length > 0 ? options.runs : await chosen(context, door, options);
    if (ids === undefined) return exitCodes.interrupted;
    const [only, ...others] = ids;
    if (only !== undefined && others.length === 0) return one(context, await door.operations.cancel(only), options);
    return several(context, door, { ids, output: options.output });
  });
}

function assertOneWay({ runs, system, state }: CancelOptions): void {
  const isChosen = system !== undefined || state !== undefined;
  if (runs.length > 0 !== isChosen) return;
  throw new TerminalError(
    isChosen ? 'Either runs are named, or they are chosen by --system and --state.' : 'No run is named.',
    {
      code: 'cli.usage',
      help: 'Write `pawl cancel RUN…`, or `pawl cancel --system NAME`.',
      exit: exitCodes.usage,
    },
  );
}

/** The open runs that the options choose, once somebody agreed to stop so many. */
async function chosen(context: CliContext, door: Door, options: CancelOptions): Promise<readonly string[] | undefined> {
  const { terminal } = context;
  const states = (options.state ?? openStates).filter((state) => openStates.includes(state));
  const runs = await door.operations.runs({
    environment: await chooseEnvironment(door, options.env),
    limit: options.limit,
    states: states.length === 0 ? openStates : states,
    ...(options.system === undefined ? {} : { system: options.system }),
  });
  if (runs.length === 0) {
    terminal.note('No such run is open.');
    return [];
  }
  if (options.yes !== true) {
    const question = `Cancel ${plural(runs.length, 'run')}? Only yes goes on: `;
    if ((await terminal.ask(question, '--yes')) !== 'yes') return undefined;
  }
  return runs.map(({ id }) => id);
}

function one({ terminal }: CliContext, run: RunRecord, { output }: CancelOptions): ExitCode {
  if (output === 'json') json(terminal, { run });
  else terminal.out(said(run));
  return exitCodes.success;
}

function said(run: RunRecord): string {
  if (run.endedAt !== undefined && run.state !== 'Cancelled') {
    return `Run ${run.id} stays ${run.state}: its task does not start it again.`;
  }
  return run.state === 'Cancelled'
    ? `Run ${run.id} is cancelled.`
    : `Run ${run.id} is ${run.state}; its worker has been asked to stop.`;
}

/** One that cannot be stopped does not keep the others; the first reason gives the exit code. */
async function several(
  { terminal, signal }: CliContext,
  door: Door,
  { ids, output }: { readonly ids: readonly string[]; readonly output: string },
): Promise<ExitCode> {
  const runs: RunRecord[] = [];
  const refused: { readonly run: string; readonly code: string; readonly message: string }[] = [];
  let exit: ExitCode = exitCodes.success;
  for (const id of ids) {
    if (signal.aborted) return interrupted(terminal, ids.length - runs.length - refused.length);
    try {
      runs.push(await door.operations.cancel(id));
    } catch (error) {
      if (!isPawlError(error)) throw error;
      refused.push({ run: id, code: error.code, message: error.message });
      if (exit === exitCodes.success) exit = error.exit;
    }
  }
  if (output === 'json') json(terminal, { runs, refused });
  else {
    for (const run of runs) terminal.out(said(run));
    for (const { code, message } of refused) terminal.note(`${code}: ${neutral(message)}`);
  }
  return exit;
}

function interrupted(terminal: Terminal, left: number): ExitCode {
  terminal.note(`Interrupted: ${plural(left, 'run')} left as they were.`);
  return exitCodes.interrupted;
}
