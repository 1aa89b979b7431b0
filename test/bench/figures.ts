import type { Figure, Measure } from './context.ts';

/** Folds the values of the counted rounds into one figure. */
export function figure(
  name: { readonly contender: string; readonly metric: string; readonly unit: Measure['unit'] },
  values: readonly number[],
): Figure {
  if (values.length === 0) throw new RangeError(`${name.contender}, ${name.metric}: no counted round`);
  return { ...name, values, median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The one figure of a contender, or that of the metric that is asked for. */
export function figureOf(figures: readonly Figure[], contender: string, metric?: string): Figure {
  const found = figures.find((one) => one.contender === contender && (metric === undefined || one.metric === metric));
  if (found === undefined) throw new Error(`${contender} gave no figure${metric === undefined ? '' : ` of ${metric}`}`);
  return found;
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (upper + lower) / 2;
}

/** Median of the ratios of two contenders round by round, so that a slow minute weighs on both sides. */
export function ratio(ours: Figure, theirs: Figure): number {
  return median(ours.values.map((value, index) => value / (theirs.values[index] ?? Number.NaN)));
}
