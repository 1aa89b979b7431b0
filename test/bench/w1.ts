import type { Bench, Contender } from './context.ts';
import { figureOf, ratio } from './figures.ts';
import { openGraphile } from './graphile-chain.ts';
import { openPgBoss } from './pg-boss.ts';
import { openDbos } from './dbos.ts';
import { openBare } from './bare.ts';
import { chain, leadInMs } from './chain.ts';
import { openPawl, workOf } from './pawl.ts';

const { runs, stepsPerRun, atOnce } = chain;

/** Peers, and how many times their steps per second pawl is to make. */
const targets = { 'graphile-worker': 8, 'pg-boss, batched by hand': 1, dbos: 10, 'bare prototype': 0.4 } as const;

/** Chained steps, 64 runs at once, every step decided and journalled, beside graphile-worker on the same server. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([
    { name: 'pawl', apart: true, leadInMs, open: (url) => openPawl(url, workOf(chain)) },
    { name: 'graphile-worker', apart: true, leadInMs, open: (url) => openGraphile(url, context) },
    { name: 'pg-boss, batched by hand', apart: true, leadInMs, open: (url) => openPgBoss(url, context) },
    { name: 'dbos', apart: true, leadInMs, open: (url) => openDbos(url, context, chain) },
    { name: 'bare prototype', apart: true, leadInMs, open: (url) => openBare(url, chain) },
  ] satisfies readonly Contender[]);
  return {
    title: `${runs} runs of ${stepsPerRun} chained steps, ${atOnce} at once, results of 200 bytes`,
    figures,
    targets: Object.entries(targets).map(([name, least]) => {
      const value = ratio(figureOf(figures, 'pawl'), figureOf(figures, name));
      const claim = `pawl makes at least ${least} times the steps per second of ${name}`;
      return { claim, value, unit: '×', met: value >= least } as const;
    }),
    notes: [
      'pawl: every step is decided by policy with a budget, its decision and intent are durable before the call, its result before the next.',
      'graphile-worker: a job per step, which keeps its result in a table and adds the job of the next step in one statement; no intent, no fence, no decision.',
      'pg-boss: jobs fetched, kept, added and completed in batches of 32, two batches at once; no intent, no fence, no decision.',
      'dbos: a workflow per run, a step per step; fenced, no decision.',
      'bare prototype: the claim and the journal statement alone, by group commit; no decision, no graph, no lease.',
      'Runs are submitted before the clock starts, but for dbos, which has no such thing; one process each, on the same server with fsync on.',
    ],
  };
};
