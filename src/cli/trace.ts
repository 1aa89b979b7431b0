import type { TraceRecord } from '../api/operations.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { renderTrace } from '../trace/render.ts';
import type { Door } from './app-port.ts';
import { chooseEnvironment, json, jsonLine, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { callLine, CallTeller, traces, waitLine, waitsForPerson } from './follow.ts';
import { Screen } from './screen.ts';
import type { Terminal } from './terminal.ts';

export interface TraceOptions {
  readonly run: string;
  readonly follow?: boolean;
  readonly exitStatus?: boolean;
  readonly env?: string;
  readonly output: string;
}

export async function traceCommand(context: CliContext, options: TraceOptions): Promise<ExitCode> {
  return withDoor(context, async (door) => {
    const id = options.run === 'latest' ? await latestRun(door, options.env) : options.run;
    if (options.follow === true) return followed(context, options, { door, id });
    const trace = await door.operations.trace(id);
    if (options.output === 'json') json(context.terminal, { trace });
    else {
      context.terminal.out(treeOf(trace, context.terminal));
      noteWhy(trace, context.terminal);
    }
    return exitOf(trace, options);
  });
}

/** Of calls that were refused, how to ask about the first. */
function noteWhy({ run, nodes }: TraceRecord, terminal: Terminal): void {
  const refused = nodes.flatMap(({ calls }) => calls.find(({ decision }) => decision.kind === 'deny') ?? []);
  const [first] = refused;
  if (first !== undefined) terminal.note(`Why it was refused: pawl why ${run.id}:${neutral(first.path)}`);
}

interface Followed {
  readonly door: Door;
  readonly id: string;
}

async function followed(context: CliContext, options: TraceOptions, { door, id }: Followed): Promise<ExitCode> {
  const { terminal, signal } = context;
  const show = showing(context, options);
  let last: TraceRecord | undefined;
  for await (const trace of traces(context, door, id)) {
    show(trace);
    last = trace;
  }
  if (signal.aborted || last === undefined) {
    terminal.note('Interrupted. The run goes on.');
    return exitCodes.interrupted;
  }
  return exitOf(last, options);
}

/** JSON lines, a tree that is drawn again, or lines as calls end with the tree's end below. */
function showing(context: CliContext, options: TraceOptions): (trace: TraceRecord) => void {
  const { terminal } = context;
  const teller = new CallTeller();
  if (options.output === 'json') {
    return (trace) => {
      for (const call of teller.news(trace)) jsonLine(terminal, { run: trace.run.id, call });
      if (trace.run.endedAt !== undefined) jsonLine(terminal, { run: trace.run, totals: trace.totals });
    };
  }
  if (terminal.rows > 0) {
    const screen = new Screen(context);
    return (trace) =>
      trace.run.endedAt === undefined ? screen.show(treeOf(trace, terminal)) : screen.leave(treeOf(trace, terminal));
  }
  return appending(terminal, teller);
}

function appending(terminal: Terminal, teller: CallTeller): (trace: TraceRecord) => void {
  let waiting = '';
  return (trace) => {
    for (const call of teller.news(trace)) terminal.out(callLine(call));
    const waits = waitsForPerson(trace.run) ? waitLine(trace.run) : '';
    if (waits !== '' && waits !== waiting) terminal.out(waits);
    waiting = waits;
    if (trace.run.endedAt !== undefined) terminal.out(headAndTotals(treeOf(trace, terminal)));
  };
}

/** What the lines above it did not say: how the run ended, and what it used. */
function headAndTotals(tree: string): string {
  const lines = tree.split('\n');
  return lines.filter((line) => !/^(?:[│├└|`]| {3})/.test(line)).join('\n');
}

function treeOf(trace: TraceRecord, { width, color, unicode }: Terminal): string {
  return renderTrace(trace, { width, color, unicode }).trimEnd();
}

function exitOf({ run }: TraceRecord, { exitStatus }: TraceOptions): ExitCode {
  return exitStatus === true && run.state !== 'Succeeded' ? exitCodes.runFailed : exitCodes.success;
}

async function latestRun(door: Door, named: string | undefined): Promise<string> {
  const environment = await chooseEnvironment(door, named);
  const [latest] = await door.operations.runs({ environment, limit: 1 });
  if (latest !== undefined) return latest.id;
  throw new TerminalError(`${environment} has no runs.`, {
    code: 'run.unknown',
    help: 'Start one with `pawl run <system>`.',
  });
}
