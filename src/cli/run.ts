import type { RunRecord } from '../api/operations.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { Door } from './app-port.ts';
import { json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { callLine, CallTeller, traces, waitLine, waitsForPerson } from './follow.ts';
import { readInput } from './input.ts';
import { type RunStart, startRun } from './run-start.ts';
import { neutral } from '../manifest/neutral.ts';

export interface RunOptions extends RunStart {
  readonly set?: readonly string[];
  readonly input?: string;
  readonly watch?: boolean;
  readonly exitStatus?: boolean;
  readonly output: string;
}

export async function runCommand(context: CliContext, options: RunOptions): Promise<ExitCode> {
  const input = await readInput(options, context);
  return withDoor(context, async (door) => {
    const submitted = await startRun(door, options, input);
    context.terminal.note(`Run ${submitted.id} of ${submitted.system} at revision ${submitted.revision}.`);
    const run = await follow(context, { door, submitted, options });
    report(context, run, options.output);
    if (waitsForPerson(run)) context.terminal.note(waitLine(run));
    if (context.signal.aborted) {
      context.terminal.note(
        `Interrupted. Run ${run.id} is kept, and goes on with the next worker; pawl cancel ends it.`,
      );
      return exitCodes.interrupted;
    }
    return options.exitStatus === true && run.state !== 'Succeeded' ? exitCodes.runFailed : exitCodes.success;
  });
}

interface Following {
  readonly door: Door;
  readonly submitted: RunRecord;
  readonly options: RunOptions;
}

/** Works on the run where only this process can; else waits for it when asked to. */
async function follow(context: CliContext, { door, submitted, options }: Following): Promise<RunRecord> {
  const working = door.workUntil?.(submitted.id, context.signal);
  if (working === undefined && submitted.state === 'Queued') await warnOfNoWorker(context, { door, submitted });
  try {
    if (working === undefined && options.watch !== true && options.exitStatus !== true) return submitted;
    return await watch(context, { door, submitted, options });
  } finally {
    await working;
  }
}

async function warnOfNoWorker(
  { terminal }: CliContext,
  { door, submitted }: Pick<Following, 'door' | 'submitted'>,
): Promise<void> {
  const workers = await door.operations.workers();
  if (workers.some((worker) => worker.live)) {
    const { held } = submitted;
    if (held !== undefined) terminal.note(`The run waits in the queue. ${neutral(held.message)}`);
    return;
  }
  terminal.note('No worker is live, so the run waits in the queue. Start one with: pawl worker');
}

/** Says what the run does as its journal grows, until it has ended or waits for a person. */
async function watch(context: CliContext, { door, submitted, options }: Following): Promise<RunRecord> {
  const teller = new CallTeller();
  let last = submitted;
  for await (const trace of traces(context, door, submitted.id)) {
    last = trace.run;
    if (options.watch === true) {
      for (const call of teller.news(trace)) context.terminal.note(`  ${callLine(call)}`);
    }
    if (waitsForPerson(last)) return last;
  }
  return last;
}

function report({ terminal }: CliContext, run: RunRecord, output: string): void {
  if (output === 'json') {
    json(terminal, { run });
    return;
  }
  const { green, red, yellow } = terminal.colors;
  switch (run.state) {
    case 'Succeeded':
      terminal.out(`${green('Succeeded')}  ${run.id}`);
      terminal.out(JSON.stringify(run.output, null, 2).split('\n').map(neutral).join('\n'));
      return;
    case 'Queued':
    case 'Running':
      terminal.out(run.id);
      return;
    case 'Waiting':
      terminal.out(`${yellow('Waiting')}  ${run.id}`);
      for (const wait of run.waits.filter((one) => one.kind === 'unknown')) {
        terminal.note(
          `Nobody knows what became of ${wait.path}. Say it with: pawl resolve ${run.id} ${wait.path} --as done|failed|again`,
        );
      }
      return;
    default:
      terminal.out(`${red(run.state)}  ${run.id}`);
      if (run.error !== undefined) terminal.note(`${run.error.code}: ${neutral(run.error.message)}`);
      terminal.note(`See what it did with: pawl trace ${run.id}`);
  }
}
