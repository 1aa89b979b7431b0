import { sql } from 'kysely';
import type { Executor } from '../../src/run/executor.ts';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import type { Database } from '../../src/store/database-port.ts';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { authorityOf, bundleOf, environment, install, system, workerOn } from '../support/runs.ts';
import type { Bench, Contender, Measure, OpenContender } from './context.ts';
import { ratio } from './figures.ts';
import { openGraphile } from './graphile-chain.ts';
import { openPgBoss } from './pg-boss.ts';
import { openDbos } from './dbos.ts';
import { openBare } from './bare.ts';
import { chain, countdown, stepsPerSecond } from './chain.ts';

const { runs, stepsPerRun, atOnce, input } = chain;

/** Peers, and how many times their steps per second pawl is to make. */
const targets = { 'graphile-worker': 8, 'pg-boss, batched by hand': 1, dbos: 10, 'bare prototype': 0.4 } as const;

/** Chained steps, 64 runs at once, every step decided and journalled, beside graphile-worker on the same server. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([
    { name: 'pawl', open: openPawl },
    { name: 'graphile-worker', open: (url) => openGraphile(url, context) },
    { name: 'pg-boss, batched by hand', open: (url) => openPgBoss(url, context) },
    { name: 'dbos', open: (url) => openDbos(url, context) },
    { name: 'bare prototype', open: openBare },
  ] satisfies readonly Contender[]);
  const figureOf = (name: string) => {
    const found = figures.find(({ contender }) => contender === name);
    if (found === undefined) throw new Error(`${name} gave no figure`);
    return found;
  };
  return {
    title: `${runs} runs of ${stepsPerRun} chained steps, ${atOnce} at once, results of 200 bytes`,
    figures,
    targets: Object.entries(targets).map(([name, least]) => {
      const value = ratio(figureOf('pawl'), figureOf(name));
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

async function openPawl(url: string): Promise<OpenContender> {
  const database = await openDatabase({ url });
  await migrate(database);
  const names = Array.from({ length: stepsPerRun }, (_, index) => `step${index + 1}`);
  const nodes = Object.fromEntries(
    names.map((name, index) => [name, { tool: 'echo', to: names.slice(index + 1, index + 2) }]),
  );
  const bundle = bundleOf({ nodes, timeoutMs: 600_000 });
  const budgets = [{ id: 'AgentPolicy/default/guard#0', scope: 'run', unit: 'calls', limit: 100 }] as const;
  await install(database, bundle, authorityOf(bundle, { budgets }));
  return { round: () => pawlRound(database), close: () => database.close() };
}

async function pawlRound(database: Database): Promise<Record<string, Measure>> {
  await submitMany(database);
  const { executor, completed } = counting(database);
  const worker = workerOn(database, { executor, slots: atOnce });
  const startedAt = performance.now();
  await worker.start();
  await completed;
  const measures = stepsPerSecond(startedAt);
  await worker.stop();
  await assertJournalled(database);
  return measures;
}

async function submitMany({ db }: Database): Promise<void> {
  await sql`
    insert into run (id, environment, namespace, system, revision, bundle, fair_key, deadline_at, submitted_by, input)
    select gen_random_uuid(), h.environment, 'default', h.system, h.from_revision, h.digest, n, now() + interval '10 minutes',
      'bench', ${JSON.stringify(input)}::json
    from generate_series(1, ${runs}::integer) n, bundle_history h
    where h.environment = ${environment} and h.system = ${system} and h.to_revision is null`.execute(db);
}

function counting(database: Database): { readonly executor: Executor; readonly completed: Promise<void> } {
  const { count, completed } = countdown(runs);
  class Counting extends DatabaseExecutor {
    override async complete(write: Parameters<Executor['complete']>[0]) {
      const answer = await super.complete(write);
      count();
      return answer;
    }
  }
  return { executor: new Counting(database), completed };
}

/** A figure counts only if the work was done: every run ended well with an intent and a result for each step. */
async function assertJournalled({ db }: Database): Promise<void> {
  const { rows } = await sql<{ wrong: number; steps: number; all: number }>`
    select (select count(*) from run where state <> 'Succeeded') as wrong, (select count(*) from step) as steps,
      (select count(*) from run) as all`.execute(db);
  const [{ wrong, steps, all } = { wrong: -1, steps: 0, all: 0 }] = rows;
  if (wrong !== 0 || steps !== all * stepsPerRun * 2)
    throw new Error(`${wrong} runs went wrong, ${steps} journal rows of ${all} runs`);
}
