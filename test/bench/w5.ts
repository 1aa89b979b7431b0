import type { Bench } from './context.ts';
import { figureOf, ratio } from './figures.ts';
import { latencyRound, loadPerSecond, submits } from './latency.ts';
import { openGraphileSingles, openPawlSingles } from './singles.ts';

const idleMsMax = 10;

/** W5: from submitting one run to its start, with nothing else to do and beside other runs. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([
    { name: 'pawl', apart: true, open: async (url) => latencyRound(await openPawlSingles(url)) },
    {
      name: 'graphile-worker',
      apart: true,
      open: async (url) => latencyRound(await openGraphileSingles(url, context)),
    },
  ]);
  const times = (metric: string) =>
    ratio(figureOf(figures, 'pawl', metric), figureOf(figures, 'graphile-worker', metric));
  const slowest = figureOf(figures, 'pawl', 'idle, start p99').median;
  return {
    title: `${submits} single submits to an idle worker, and ${submits} to one that has other work`,
    figures,
    targets: [
      ...['idle, start p50', 'loaded, start p50'].map((metric) => {
        const value = times(metric);
        const claim = `pawl starts no later than graphile-worker, ${metric}`;
        return { claim, value, unit: '×', met: value <= 1 } as const;
      }),
      { claim: `idle p99 is at most ${idleMsMax} ms`, value: slowest, unit: 'ms', met: slowest <= idleMsMax },
    ],
    notes: [
      'From before the submit is sent until the worker has the run (pawl) or the job’s task is called (graphile-worker); one is submitted when the one before it has ended.',
      'First call, of pawl: until the decision and the intent of the first step are durable as well, and its tool is called.',
      `Loaded: ${loadPerSecond} runs a second of five chained steps go through the same worker, as many of either.`,
      'Both wake by NOTIFY, in this process; 16 slots.',
    ],
  };
};
