const unitMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** Milliseconds of a duration as Go writes it, `1h5m0s`; undefined where the text is none. */
export function goDurationMs(text: string): number | undefined {
  // The one number that needs no unit.
  if (text === '0') return 0;
  if (!/^([0-9]{1,12}(\.[0-9]{1,9})?(h|ms|m|us|µs|ns|s))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9.]+)(h|ms|m|us|µs|ns|s)/g))
    total += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  return total;
}

/** A number of milliseconds as pawl writes a duration: one unit, the largest that leaves nothing over. */
export function durationText(ms: number): string | undefined {
  const whole = Math.ceil(ms);
  if (whole < 1 || whole > 7 * 24 * 3_600_000) return undefined;
  for (const unit of ['h', 'm', 's'] as const) {
    const size = unitMs[unit] ?? 1;
    if (whole % size === 0) return `${whole / size}${unit}`;
  }
  return `${whole}ms`;
}
