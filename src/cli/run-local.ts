import type { RunRecord } from '../api/operations.ts';
import { exitCodes, isPawlError, type RetryableError, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { renderTrace } from '../trace/render.ts';
import type { Door } from './app-port.ts';
import { askPerson } from './ask-person.ts';
import { json } from './context.ts';
import type { CliContext } from './context.ts';
import { callLine, CallTeller, traces, waitsForPerson } from './follow.ts';
import { readInput } from './input.ts';
import type { RunOptions } from './run.ts';
import { startRun } from './run-start.ts';

/**
 * Runs a system as the files of the working copy have it, in this process and a database that is thrown away. Everything
 * else is as in production: the same checks, the same gate, the same secrets by reference.
 */
export async function runLocal(context: CliContext, options: RunOptions): Promise<ExitCode> {
  assertLocal(options);
  const input = await readInput(options, context);
  const app = await context.app(context.cwd);
  context.terminal.note('Uncommitted files, in a database of their own; nothing of the run is kept.');
  const door = await app.openLocal(options.env);
  try {
    const [environment] = await door.operations.environments();
    const env = options.env ?? environment?.name ?? '';
    const submitted = await startRun(door, { ...options, env }, input);
    const { run, refused } = await toItsEnd(context, door, { submitted, watch: options.watch === true });
    await report(context, door, { run, output: options.output });
    if (context.signal.aborted) return exitCodes.interrupted;
    if (refused !== undefined) throw refused;
    if (waitsForPerson(run) && options.exitStatus !== true) throw nobodyToAsk(context, run);
    return options.exitStatus === true && run.state !== 'Succeeded' ? exitCodes.runFailed : exitCodes.success;
  } finally {
    await door.close();
  }
}

interface Following {
  readonly submitted: RunRecord;
  readonly watch: boolean;
}

/** More questions than a person answers at one sitting. */
const questionsMax = 1_000;

interface Followed {
  readonly run: RunRecord;
  /** Why nobody's answer was taken; it is thrown when what the run did so far is shown. */
  readonly refused?: RetryableError | TerminalError;
}

/** Works on the run, and asks on the terminal what only a person can say, until it has ended or nobody can be asked. */
async function toItsEnd(context: CliContext, door: Door, following: Following): Promise<Followed> {
  const teller = new CallTeller();
  let run = await follow(context, door, { ...following, teller });
  for (let questions = 0; questions < questionsMax; questions += 1) {
    if (!waitsForPerson(run) || context.stdin.isTTY !== true || context.signal.aborted) return { run };
    try {
      if (!(await askPerson({ terminal: context.terminal, door, run }))) return { run };
    } catch (cause) {
      if (isPawlError(cause)) return { run, refused: cause };
      throw cause;
    }
    run = await follow(context, door, { ...following, teller });
  }
  return { run };
}

function nobodyToAsk({ stdin }: CliContext, { waits }: RunRecord): TerminalError {
  const [first] = waits.filter(({ kind }) => kind !== 'timer' && kind !== 'rate');
  const why = stdin.isTTY === true ? 'nobody here can say more' : 'standard input is not a terminal';
  return new TerminalError(
    `The run waits for a person at ${neutral(first?.path ?? '')} (${first?.kind}), and ${why}.`,
    {
      code: 'cli.not_interactive',
      help: 'Run it on a terminal to be asked, or under `pawl up`, where `pawl approve`, `pawl answer` and `pawl resolve` answer it. With --exit-status it ends with 5.',
      exit: exitCodes.usage,
    },
  );
}

function assertLocal({ key }: RunOptions): void {
  if (key === undefined) return;
  throw new TerminalError('--key names a run that is kept, and a local run is not.', {
    code: 'cli.usage',
    help: 'Leave --key out.',
    exit: exitCodes.usage,
  });
}

async function follow(
  context: CliContext,
  door: Door,
  { submitted, watch, teller }: Following & { readonly teller: CallTeller },
): Promise<RunRecord> {
  const working = door.workUntil?.(submitted.id, context.signal);
  let last = submitted;
  try {
    for await (const trace of traces(context, door, submitted.id)) {
      last = trace.run;
      if (watch) for (const call of teller.news(trace)) context.terminal.note(`  ${callLine(call)}`);
      if (waitsForPerson(last)) return last;
    }
    return last;
  } finally {
    await working;
  }
}

/** The output is data; how it came about is for people. */
async function report(
  { terminal }: CliContext,
  door: Door,
  { run, output }: { readonly run: RunRecord; readonly output: string },
): Promise<void> {
  const trace = await door.operations.trace(run.id);
  if (output === 'json') return json(terminal, { run: trace.run, nodes: trace.nodes, totals: trace.totals });
  terminal.note(renderTrace(trace, { width: terminal.width, color: false, unicode: terminal.unicode }).trimEnd());
  const { error, state, waits } = trace.run;
  if (state === 'Succeeded') {
    terminal.out(JSON.stringify(trace.run.output, null, 2).split('\n').map(neutral).join('\n'));
  }
  if (error !== undefined) terminal.note(`${error.code}: ${neutral(error.message)}`);
  for (const wait of waits) terminal.note(`It waits at ${neutral(wait.path)} (${wait.kind}), and ends here.`);
}
