import { Client } from 'pg';
import { bundleOf } from '../support/runs.ts';
import { chain } from './chain.ts';
import type { Bench, OpenContender } from './context.ts';
import { figureOf, ratio } from './figures.ts';
import { openPawl, workOf, type Work } from './pawl.ts';

const runs = Number(process.env.PAWL_BENCH_RUNS ?? '1000');
const wide = 32;
const stepsPerRun = wide + 2;
const least = 0.7;

/** W4: one step, then 32 at once, then one that waits for all of them, beside W1's chains on the same server. */
export const bench: Bench = async (context) => {
  const chains = { ...chain, runs: Math.ceil((runs * stepsPerRun) / chain.stepsPerRun) };
  const figures = await context.compare([
    { name: 'fan-out', apart: true, open: async (url) => withJoins(url, await openPawl(url, fanOut())) },
    { name: 'chains', apart: true, open: (url) => openPawl(url, workOf(chains)) },
  ]);
  const value = ratio(figureOf(figures, 'fan-out', 'steps'), figureOf(figures, 'chains', 'steps'));
  const { max: twice } = figureOf(figures, 'fan-out', 'joins not run once');
  return {
    title: `${runs} runs that fan out from 1 step to ${wide} and join, ${chain.atOnce} runs at once`,
    figures,
    targets: [
      { claim: 'every join runs once', value: twice, unit: 'count', met: twice === 0 },
      { claim: `at least ${least} times the steps per second of chains`, value, unit: '×', met: value >= least },
    ],
    notes: [
      `chains: W1's runs of ${chain.stepsPerRun} steps, as many steps in all.`,
      'Joins are counted in the journal: runs in which the node behind the 32 has not exactly one intent and one result, written after the last result of the 32.',
    ],
  };
};

function fanOut(): Work {
  const branches = Array.from({ length: wide }, (_, index) => `branch${index + 1}`);
  const branch = { input: chain.input, to: ['join'] };
  const bundle = bundleOf({
    nodes: {
      begin: { to: branches },
      ...Object.fromEntries(branches.map((name) => [name, branch] as const)),
      // The joined outputs would be 32 results in one call: it is the join that is measured here, not W3's bytes.
      join: { input: chain.input },
    },
    timeoutMs: 600_000,
  });
  return { bundle, runs, stepsPerRun, atOnce: chain.atOnce, input: chain.input };
}

const joinsText = `select count(*) as wrong from run r where 1 <> (
  select count(*) from step i join step o on o.run = i.run and o.node = 'join' and o.phase = 'result'
  where i.run = r.id and i.node = 'join' and i.phase = 'intent' and i.seq > (
    select max(b.seq) from step b where b.run = r.id and b.node like 'branch%' and b.phase = 'result'))`;

function withJoins(url: string, open: OpenContender): OpenContender {
  return {
    async round(index) {
      const measures = await open.round(index);
      const client = new Client({ connectionString: url });
      await client.connect();
      try {
        const { rows } = await client.query<{ wrong: string }>(joinsText);
        return { ...measures, 'joins not run once': { value: Number(rows[0]?.wrong), unit: 'count' } };
      } finally {
        await client.end();
      }
    },
    close: () => open.close(),
  };
}
