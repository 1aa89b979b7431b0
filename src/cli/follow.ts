import { setTimeout as delay } from 'node:timers/promises';
import type { RunRecord, TraceCall, TraceRecord } from '../api/operations.ts';
import { RetryableError } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { duration } from '../trace/layout.ts';
import type { CliContext } from './context.ts';
import type { Door } from './app-port.ts';

const pollMs = 200;
const pauseMsMax = 5_000;

/** A run's trace again and again, until it has ended or Ctrl-C; a connection that is lost is waited for. */
export async function* traces(
  { terminal, signal }: Pick<CliContext, 'terminal' | 'signal'>,
  door: Door,
  id: string,
): AsyncGenerator<TraceRecord> {
  const patience = patienceWith((text) => terminal.note(text));
  while (!signal.aborted) {
    const begun = performance.now();
    const trace = await patience(() => door.operations.trace(id), signal);
    if (trace === undefined) return;
    yield trace;
    if (trace.run.endedAt !== undefined) return;
    // A long trace is read as rarely as it is dear.
    await delay(Math.max(pollMs, 4 * (performance.now() - begun)), undefined, { signal }).catch(() => undefined);
  }
}

/** Asks again until there is an answer; undefined after Ctrl-C. What is final is thrown. */
export function patienceWith(
  say: (text: string) => void,
): <Answer>(ask: () => Promise<Answer>, signal: AbortSignal) => Promise<Answer | undefined> {
  return async (ask, signal) => {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        const answer = await ask();
        if (attempt > 0) say('The connection is back.');
        return answer;
      } catch (cause) {
        if (!(cause instanceof RetryableError)) throw cause;
        if (attempt === 0) say(`${neutral(cause.message)} Waiting for it; Ctrl-C ends the command.`);
        const pause = Math.min(pauseMsMax, pollMs * 2 ** attempt);
        await delay(pause, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  };
}

/** Says each call once, when it begins to matter: as it ends, or as it is refused. */
export class CallTeller {
  readonly #told = new Set<string>();

  news(trace: TraceRecord): readonly TraceCall[] {
    return trace.nodes
      .flatMap((node) => node.calls)
      .filter((call) => {
        const key = `${call.path} ${call.outcome}`;
        if (call.outcome === 'running' || this.#told.has(key)) return false;
        this.#told.add(key);
        return true;
      });
  }
}

/** One line: where, what, what became of it, and why. */
export function callLine(call: TraceCall): string {
  const { path, kind, target, outcome, decision, error, startedAt, endedAt } = call;
  const took = outcome === 'denied' ? '' : duration(startedAt, endedAt);
  const reason = decision.reason ?? error?.code;
  const why = reason === undefined ? '' : ` (${neutral(reason)})`;
  return `${neutral(`${path}: ${kind} ${target} ${outcome}`)}${took === '' ? '' : ` ${took}`}${why}`;
}

/** Whether nothing but a person can move the run on. */
export function waitsForPerson(run: RunRecord): boolean {
  return run.state === 'Waiting' && run.waits.some(({ kind }) => kind !== 'timer' && kind !== 'rate');
}

export function waitLine(run: RunRecord): string {
  const [first, ...others] = run.waits.filter(({ kind }) => kind !== 'timer' && kind !== 'rate');
  if (first === undefined) return '';
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `Waiting: ${neutral(first.path)}${more} waits for a person (${first.kind}). See pawl describe run ${run.id}`;
}
