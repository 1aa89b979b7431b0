import { McpFault } from './fault.ts';

export interface Limit {
  /** Aborts with a fault as its reason. */
  readonly signal: AbortSignal;
  /** The work is over: nothing aborts any more, and nothing holds on to what outlives it. */
  readonly end: () => void;
}

/** The longest that a timer of Node counts. */
const timerMsMax = 2 ** 31 - 1;

/** One deadline over all of some work, beside the signal of whoever asked for it. */
export function limit(asked: AbortSignal, ms: number, late: string): Limit {
  const control = new AbortController();
  const give = (code: string, message: string) =>
    control.abort(new McpFault(message, { code, sent: true, retryable: true }));
  const giveUp = () => give('tool.aborted', 'The call was given up by its worker.');
  const timer = setTimeout(() => give('tool.timeout', late), Math.min(ms, timerMsMax));
  if (asked.aborted) giveUp();
  else asked.addEventListener('abort', giveUp, { once: true });
  return {
    signal: control.signal,
    end: () => {
      clearTimeout(timer);
      asked.removeEventListener('abort', giveUp);
    },
  };
}

/** Waits for work that goes on for others when this caller gives up. */
export async function waited<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined;
  const given = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error('given up'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, given]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
