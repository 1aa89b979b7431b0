const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Seven days: beyond it a timer of Node (2^31 ms) would fire at once. */
const durationMsMax = 7 * 24 * unitMs.h;

/** Milliseconds of `30s`, `5m`; undefined where the text is no duration between 1 ms and seven days. */
export function parseDuration(text: string): number | undefined {
  const match = /^([1-9][0-9]{0,9})(ms|s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const unit = match[2];
  if (unit !== 'ms' && unit !== 's' && unit !== 'm' && unit !== 'h') return undefined;
  const total = Number(match[1]) * unitMs[unit];
  return total <= durationMsMax ? total : undefined;
}

const daysMs = 24 * unitMs.h;

/** Milliseconds of a long duration, such as `24h` or `90d`, that its schema let pass: for times of databases. */
export function longDurationMs(text: string): number {
  const [, amount, unit] = /^([1-9][0-9]*)([smhd])$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined)
    throw new TypeError(`"${text}" is not a duration: validation comes before it is read`);
  return Number(amount) * (unit === 'd' ? daysMs : unit === 'h' ? unitMs.h : unit === 'm' ? unitMs.m : unitMs.s);
}
