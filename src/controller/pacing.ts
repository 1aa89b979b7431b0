export interface Pace {
  /** How long it has to be quiet before what was heard is looked at. */
  readonly quietMs: number;
  /** The longest that a stream of hints puts a look off. */
  readonly spanMs: number;
}

/** Fifty pushes within ten seconds are looked at six times; one alone is looked at as soon as it is heard of. */
export const ordinaryPace: Pace = { quietMs: 300, spanMs: 2_000 };

/** When to look at what was heard: at once where the last look is long ago, else when it has gone quiet. */
export function lookAt(seen: { readonly lookedAt: number; readonly heardAt: number }, pace: Pace): number {
  return Math.min(seen.lookedAt + pace.spanMs, seen.heardAt + pace.quietMs);
}

const freeTries = 2;
const backoffMs = 1_000;
const backoffMaxMs = 300_000;

/**
 * How long an environment that failed so often in a row is left alone: twice as long each time, up to five minutes, and
 * less by chance, so that many that failed together do not come back together.
 */
export function backoffOf(failures: number, random: () => number = Math.random): number {
  if (failures <= freeTries) return 0;
  const whole = Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(failures - freeTries - 1, 20));
  return Math.round(whole * (0.5 + random() / 2));
}
