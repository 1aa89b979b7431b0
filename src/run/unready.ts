import { TerminalError } from '../errors.ts';
import type { RunEnd } from './executor.ts';

/** A run that this worker cannot begin is left to others for so long. */
const laterMs = 2_000;

/** What becomes of a run whose bundle or journal cannot be read: it fails, or another worker tries later. */
export function endOfUnready(cause: unknown): RunEnd {
  if (cause instanceof TerminalError) return { kind: 'failed', error: { code: cause.code, message: cause.message } };
  return { kind: 'waiting', waits: [{ path: 'start', kind: 'timer', delayMs: laterMs }] };
}
