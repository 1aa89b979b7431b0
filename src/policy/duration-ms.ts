import { parseDuration } from '../manifest/duration.ts';

/** A duration of a validated manifest in milliseconds. */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new TypeError(`"${text}" is not a duration: validation comes before compiling`);
  return ms;
}
