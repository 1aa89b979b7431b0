import { backtestOf } from '../../src/controller/backtest.ts';
import type { Plan } from '../../src/plan/change.ts';
import { openDatabase } from '../../src/store/database.ts';
import { readLive } from '../../src/store/live.ts';
import { migrate } from '../../src/store/migrate.ts';
import { planFor } from '../support/plans.ts';
import { recordRuns } from '../support/recorded-runs.ts';
import { authorityOf, bundleOf, environment, install, submit } from '../support/runs.ts';
import type { Bench, Contender } from './context.ts';

const runs = 200;
const calls = 50;
const name = `${runs} of 1,000 runs, ${calls} calls each`;

/** P5: the calls of the last recorded runs decided again under a plan. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([contender]);
  const value = figures.find(({ metric }) => metric === 'back-test')?.median ?? Number.POSITIVE_INFINITY;
  return {
    title: 'recorded calls decided again',
    figures,
    targets: [{ claim: `${runs} runs of ${calls} calls in at most 2 s`, value, unit: 's', met: value <= 2 }],
    notes: ['Reading the journals and deciding each call by the worker’s own gate, arguments and schema included.'],
  };
};

const inputSchema = { type: 'object', required: ['query'], properties: { query: { type: 'string' } } } as const;

const content = bundleOf({
  nodes: { draft: { agent: 'writer' } },
  agents: { writer: { tools: { search: 'default/search' } } },
  tools: { search: { inputSchema } },
});

const contender: Contender = {
  name,
  async open(url) {
    const database = await openDatabase({ url });
    await migrate(database);
    await install(database, content);
    const { bundle } = await submit(database);
    await recordRuns(database, { runs: 1_000, calls, bundle });
    const compiled = { system: content.system, digest: bundle, content, authority: authorityOf(content) };
    const live = await readLive(database.db, environment);
    const plan: Plan = { ...planFor(live, []), bundles: [compiled], removedSystems: [] };
    return {
      async round() {
        const from = performance.now();
        const made = await backtestOf(database, plan, { runs });
        const seconds = (performance.now() - from) / 1_000;
        if (made?.calls !== runs * calls) throw new Error(`${made?.calls} calls were decided again`);
        return { 'back-test': { value: seconds, unit: 's' } };
      },
      close: () => database.close(),
    };
  },
};
