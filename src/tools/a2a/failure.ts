import { isPawlError } from '../../errors.ts';
import type { EgressOutcome } from '../egress.ts';
import type { ToolOutcome } from '../tool.ts';
import type { Line } from './line.ts';

/** How much of an agent's own words is told. */
const wordsMax = 300;

export interface Telling {
  readonly line: Line;
  /** Takes secrets out before anything is cut. */
  readonly scrub: (text: string) => string;
}

/** What it means that an exchange gave nothing to go on with. `cause`: what the SDK threw. */
export function exchangeFault(cause: unknown, { line, scrub }: Telling): Extract<ToolOutcome, { kind: 'failed' }> {
  const outcome = line.outcome();
  if (outcome === undefined) return invalid('The request could not be put into the protocol’s form.');
  if (outcome.kind !== 'answered') return notAnswered(outcome);
  const { status } = outcome;
  const said = rpcError(cause);
  if (said !== undefined) {
    const words = scrub(said.message).slice(0, wordsMax);
    return failed('agent.remote_refused', `The agent at ${line.host} refused the request (${said.code}): ${words}`);
  }
  if (status === 401 || status === 403)
    return failed('agent.remote_refused', `The agent at ${line.host} did not let pawl in: it answered with ${status}.`);
  if (status === 429)
    return { ...failed('tool.rate_limited', `The agent at ${line.host} asks to slow down (429).`), retryable: true };
  if (status >= 500) return failed('tool.unavailable', `The agent at ${line.host} answered with ${status}.`);
  if (status >= 300 && status < 400)
    return failed('agent.remote_refused', `The agent at ${line.host} answered with a redirect, which is not followed.`);
  if (status !== 200) return failed('agent.remote_refused', `The agent at ${line.host} answered with ${status}.`);
  return invalid(`The agent at ${line.host} did not answer as the A2A protocol says.`);
}

/** Why an agent was not asked, or gave no answer to go on with. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

/** What `ask` comes to, with a credential that cannot be had as one more fault: it says nothing of work begun before. */
export async function faultOr<T>(ask: () => T | Promise<T>): Promise<T | Fault> {
  try {
    return await ask();
  } catch (cause) {
    if (!isPawlError(cause)) throw cause;
    return { code: cause.code, message: cause.message };
  }
}

function notAnswered(outcome: Exclude<EgressOutcome, { kind: 'answered' }>): Extract<ToolOutcome, { kind: 'failed' }> {
  const { kind, message } = outcome;
  switch (kind) {
    case 'denied':
      return failed('egress.denied', message);
    case 'tooLarge':
      return failed('result.too_large', message);
    case 'timeout':
      return { ...failed('tool.timeout', message), retryable: true };
    case 'aborted':
      return { ...failed('tool.aborted', message), retryable: true };
    case 'network':
      return { ...failed('tool.network', message), retryable: true };
  }
}

/**
 * Whether the agent may have taken the request and nobody knows what it made of it: it did not answer, broke down, or
 * answered what cannot be read. What it refuses in words of the protocol it has not done. `cause`: what the SDK threw.
 */
export function isOpen(line: Line, cause: unknown): boolean {
  const outcome = line.outcome();
  if (outcome === undefined || rpcError(cause) !== undefined) return false;
  if (outcome.kind !== 'answered') return outcome.sent;
  return outcome.status >= 500 || (outcome.status >= 200 && outcome.status < 300);
}

/** An error that the agent itself says, by the protocol; undefined: it said none. */
export function rpcError(cause: unknown): { readonly code: number; readonly message: string } | undefined {
  if (!(cause instanceof Error) || !('envelopeCode' in cause)) return undefined;
  return typeof cause.envelopeCode === 'number' ? { code: cause.envelopeCode, message: cause.message } : undefined;
}

export function failed(code: string, message: string): Extract<ToolOutcome, { kind: 'failed' }> {
  return { kind: 'failed', code, message, retryable: false };
}

function invalid(message: string): Extract<ToolOutcome, { kind: 'failed' }> {
  return failed('result.invalid', message);
}

/** An answer that the protocol does not have, to a request that was taken: the work may be done, or going on. */
export function unreadable(message: string): Extract<ToolOutcome, { kind: 'unknown' }> {
  return { kind: 'unknown', code: 'result.invalid', message };
}
