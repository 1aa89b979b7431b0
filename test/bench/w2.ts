import { type Chain, leadInMs, shortText } from './chain.ts';
import type { Bench, BenchContext, OpenContender } from './context.ts';
import { openDbos } from './dbos.ts';
import { figureOf, ratio } from './figures.ts';
import { openPawl, workOf } from './pawl.ts';

const work: Chain = {
  runs: Number(process.env.PAWL_BENCH_RUNS ?? '200'),
  stepsPerRun: 5,
  atOnce: 1,
  input: shortText,
};

/** Contenders, and how many times their time for a step pawl's may be. */
const targets = { dbos: 0.5, 'pgbench -N, one client': 2 } as const;

/** W2: one run at a time, one step after the other: what a step costs when nothing else shares its statements. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([
    { name: 'pawl', apart: true, leadInMs, open: async (url) => inTime(await openPawl(url, workOf(work))) },
    { name: 'dbos', apart: true, leadInMs, open: async (url) => inTime(await openDbos(url, context, work)) },
    { name: 'pgbench -N, one client', open: async () => pgbench(context) },
  ]);
  return {
    title: `${work.runs} runs of ${work.stepsPerRun} chained steps, one at a time`,
    figures,
    targets: Object.entries(targets).map(([name, most]) => {
      const value = ratio(figureOf(figures, 'pawl'), figureOf(figures, name));
      return {
        claim: `a step takes at most ${most} times as long as of ${name}`,
        value,
        unit: '×',
        met: value <= most,
      };
    }),
    notes: [
      'A step does nothing, so all of its time is overhead: elapsed time by steps, with the starts and ends of the runs.',
      'pawl: the runs are queued before the clock starts and one worker with one slot takes them; dbos has no queue here.',
      'pgbench -N: a transaction of an update, a select and an insert, by one client.',
    ],
  };
};

/** Steps per second of one step after the other, as the time of one. */
function inTime(open: OpenContender): OpenContender {
  return {
    async round(index) {
      const { steps } = await open.round(index);
      return { step: { value: 1_000 / (steps?.value ?? Number.NaN), unit: 'ms' } };
    },
    close: () => open.close(),
  };
}

function pgbench(context: BenchContext): OpenContender {
  return {
    round: async () => ({ transaction: { value: await context.pgbenchMs(), unit: 'ms' } }),
    close: async () => undefined,
  };
}
