import type { Json } from '../manifest/json.ts';
import type { ReasonCode } from '../policy/reason.ts';
import { messagesDigest, type StepCall, writtenDigest } from './ask.ts';
import type { CallError, RecordedRow } from './journal-entry.ts';
import { StepFailure } from './halt.ts';
import type { Scope } from './scope.ts';

/** What became of a call, as the node that made it sees it. */
export type CallResult =
  | { readonly kind: 'done'; readonly output: Json }
  | { readonly kind: 'failed'; readonly error: CallError }
  | { readonly kind: 'denied'; readonly reason: ReasonCode; readonly message: string };

/** The call is to be made again, under its next path. */
export interface Again {
  readonly kind: 'again';
  /** `now`: the call was never made, its worker ended, or a person wants it again. `later`: after a pause, and not for ever. */
  readonly when: 'now' | 'later';
  readonly error: CallError;
  readonly retryAfterMs?: number | undefined;
}

/** The journal's answer to a call that has a result; undefined: the call was not made, or its outcome is open. */
export function replay(call: StepCall, path: string, scope: Scope): CallResult | Again | undefined {
  const { intent, result } = scope.journal.recorded(path) ?? {};
  if (result === undefined) return undefined;
  assertSame(call, path, intent ?? result);
  const error = result.error ?? { code: 'run.failed', message: 'The journal does not say why the call failed.' };
  if (scope.journal.forgives(path)) return { kind: 'again', when: 'now', error };
  switch (result.outcome) {
    case 'done':
      return { kind: 'done', output: outputOf(result) };
    case 'denied':
      return { kind: 'denied', reason: reasonOf(result), message: error.message };
    case 'failed':
      return call.kind === 'model' && error.retryable === true
        ? { kind: 'again', when: 'later', error }
        : { kind: 'failed', error };
    case 'unknown':
    case undefined:
      if (atOnce.has(error.code)) return { kind: 'again', when: 'now', error };
      return error.retryable === true ? { kind: 'again', when: 'later', error } : { kind: 'failed', error };
  }
}

/** Calls that nobody made, that nobody saw the end of, that a halt gave up, or that a person wants again. */
const atOnce: ReadonlySet<string> = new Set(['call.not_made', 'call.interrupted', 'call.resolved', 'call.halted']);

function outputOf(row: RecordedRow): Json {
  // The journal's own text, written by JSON.stringify.
  return row.body === undefined ? null : (JSON.parse(row.body) as Json);
}

function reasonOf(row: RecordedRow): ReasonCode {
  // Written from a decision, whose reasons are these.
  return (row.decision?.reason ?? 'gate.error') as ReasonCode;
}

/** What lies between calls is deterministic; if a call differs from its record, nothing after it can be trusted. */
function assertSame(call: StepCall, path: string, row: RecordedRow): void {
  if (row.argsDigest === undefined || row.argsDigest === digestOf(call)) return;
  const message = `On taking the run up again, the call at ${path} would have had other arguments than the journal holds.`;
  throw new StepFailure({ code: 'run.diverged', message, node: call.node, path });
}

function digestOf(call: StepCall): string {
  return call.kind === 'model' ? messagesDigest(call.messages) : writtenDigest(call);
}
