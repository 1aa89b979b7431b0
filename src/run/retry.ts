/** A call is tried so often in all. */
export const attemptsMax = 3;

const firstMs = 1_000;
const longestMs = 30_000;

/**
 * How long to wait before the next attempt: exponential, with full jitter, so that a thousand runs that met the same
 * outage do not come back together. `random` is in [0, 1).
 */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** (attempt - 1));
  return Math.ceil(ceiling * random);
}

/** The path of an attempt: `<path>` for the first, `<path>~2` for the second. */
export function attemptPath(path: string, attempt: number): string {
  return attempt === 1 ? path : `${path}~${attempt}`;
}
