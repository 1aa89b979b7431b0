import { TerminalError } from '../errors.ts';
import type { ParkEnd, RunEnd } from './executor.ts';

/** A run that this worker cannot begin, or cannot go on with, is left to others for so long. */
const laterMs = 2_000;

/** Taken up at once it would come to the same place at once, over and over, for as long as what it needs is away. */
export const later: ParkEnd = { kind: 'waiting', waits: [{ path: 'start', kind: 'timer', delayMs: laterMs }] };

/** What becomes of a run whose bundle or journal cannot be read: it fails, or another worker tries later. */
export function endOfUnready(cause: unknown): RunEnd {
  if (cause instanceof TerminalError) return { kind: 'failed', error: { code: cause.code, message: cause.message } };
  return later;
}
