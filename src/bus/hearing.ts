import { setTimeout as pause } from 'node:timers/promises';
import type { Bus } from './bus.ts';

export interface HearingOptions {
  readonly bus: Pick<Bus, 'listen'>;
  readonly ears: readonly { readonly channel: string; readonly heard: (payload: string) => void }[];
  /** Says why nothing is heard, and how long it is until the next try. */
  readonly deaf: (error: unknown, againMs: number) => void;
  /** It is heard after all; what was said before that is lost. */
  readonly late: () => void;
  /** Before the second try; each further one waits twice as long, up to a minute. */
  readonly pauseMs?: number;
}

const pauseMsDefault = 1_000;
const pauseMsMax = 60_000;

/**
 * Listens on channels, and where that fails goes on trying beside whoever asked: a wake-up saves time, and a loop that
 * would not begin without it would do nothing at all. Gives what ends the listening.
 */
export async function hear(options: HearingOptions, signal: AbortSignal): Promise<() => Promise<void>> {
  const stops: (() => Promise<void>)[] = [];
  const left = new AbortController();
  const { pauseMs = pauseMsDefault } = options;
  const isHeard = await attempt(options, stops, pauseMs);
  const trying = isHeard ? undefined : again(options, stops, AbortSignal.any([signal, left.signal]));
  return async () => {
    left.abort();
    await trying;
    for (const stop of stops.toReversed()) await stop();
  };
}

async function again(options: HearingOptions, stops: (() => Promise<void>)[], signal: AbortSignal): Promise<void> {
  for (let waitMs = options.pauseMs ?? pauseMsDefault; !signal.aborted; ) {
    // Aborting is no failure: the loop looks at the signal.
    await pause(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    waitMs = Math.min(2 * waitMs, pauseMsMax);
    if (!(await attempt(options, stops, waitMs))) continue;
    options.late();
    return;
  }
}

/** Goes on with the channel that failed: those before it are heard. */
async function attempt(
  { bus, ears, deaf }: HearingOptions,
  stops: (() => Promise<void>)[],
  againMs: number,
): Promise<boolean> {
  try {
    for (const { channel, heard } of ears.slice(stops.length)) stops.push(await bus.listen(channel, heard));
    return true;
  } catch (error) {
    deaf(error, againMs);
    return false;
  }
}
