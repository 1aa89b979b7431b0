import { once } from 'node:events';
import type { RunRecord } from '../api/operations.ts';
import type { RunsRequest } from '../api/operations-run.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Door } from './app-port.ts';
import { jsonLine } from './context.ts';
import type { CliContext } from './context.ts';
import { patienceWith } from './follow.ts';
import { type Terminal, truncate } from './terminal.ts';

const waitMs = 10_000;
/** Open runs that newer ones pushed out of the list are read one by one, so many at a time. */
const pushedOutMax = 50;
const narrow = 80;

/** Says of each run in the list what it is, and then one line for each change, until Ctrl-C. */
export async function watchRuns(
  context: CliContext,
  door: Door,
  watch: { readonly request: RunsRequest; readonly output: string },
): Promise<ExitCode> {
  const { terminal, signal } = context;
  const patience = patienceWith((text) => terminal.note(text));
  const known = new Map<string, RunRecord>();
  let seen: string | undefined;
  while (!signal.aborted) {
    const asked = { ...watch.request, waitMs, ...(seen === undefined ? {} : { seen }) };
    const answer = await patience(() => orInterrupted(door.operations.runChanges(asked), signal), signal);
    if (answer === undefined) break;
    seen = answer.seen;
    const listed = new Set(answer.runs.map(({ id }) => id));
    const out = [...known.values()].filter(({ id, endedAt }) => endedAt === undefined && !listed.has(id));
    const pushedOut = await Promise.all(
      out.slice(0, pushedOutMax).map(({ id }) => patience(() => door.operations.run(id), signal)),
    );
    const runs = [...answer.runs, ...pushedOut.flatMap((run) => run ?? [])];
    // The list has the newest first; what happened first is said first.
    for (const run of runs.reverse()) tell(terminal, { run, known, output: watch.output });
  }
  return exitCodes.interrupted;
}

/** Ctrl-C need not wait for the answer of a server that waits for news itself. */
export function orInterrupted<Answer>(asked: Promise<Answer>, signal: AbortSignal): Promise<Answer | undefined> {
  const heard = new AbortController();
  const interrupted = once(signal, 'abort', { signal: heard.signal }).then(
    () => undefined,
    () => undefined,
  );
  return Promise.race([asked, interrupted]).finally(() => heard.abort());
}

interface Telling {
  readonly run: RunRecord;
  readonly known: Map<string, RunRecord>;
  readonly output: string;
}

function tell(terminal: Terminal, { run, known, output }: Telling): void {
  const before = known.get(run.id);
  known.set(run.id, run);
  if (before !== undefined && whatIs(before) === whatIs(run)) return;
  if (output === 'json') jsonLine(terminal, { run });
  else if (output === 'name') terminal.out(run.id);
  else for (const line of linesOf(run, terminal.tableWidth)) terminal.out(truncate(line, terminal.tableWidth));
}

function whatIs({ state, error, waits }: RunRecord): string {
  return JSON.stringify([state, error?.code, waits.map(({ kind, path }) => [kind, path])]);
}

/** On a narrow terminal the id has a line of its own: it is what the next command needs whole. */
function linesOf(run: RunRecord, width: number): readonly string[] {
  const state = run.state.padEnd(10);
  const what = [neutral(run.system), why(run)].filter((text) => text !== '').join('  ');
  return width < narrow ? [`${state} ${what}`, `  ${run.id}`] : [`${run.id}  ${state}  ${what}`];
}

/** Why it waits or failed. */
export function why({ error, held, waits, state }: RunRecord): string {
  if (error !== undefined) return neutral(error.code);
  if (held !== undefined) return neutral(held.code);
  const [first, ...others] = waits;
  if (state !== 'Waiting' || first === undefined) return '';
  return neutral(`${first.kind} ${first.path}${others.length === 0 ? '' : ` and ${others.length} more`}`);
}
