import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { Client } from 'pg';
import type { Executor } from '../../src/run/executor.ts';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import type { Database } from '../../src/store/database-port.ts';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { authorityOf, bundleOf, environment, install, system, workerOn } from '../support/runs.ts';
import type { Bench, BenchContext, Contender, Measure, OpenContender } from './context.ts';
import { ratio } from './figures.ts';
import { assertGraphile, type Connection, type GraphileWorker, type StepPayload } from './graphile.ts';

/** Runs per round; each makes five chained calls. */
const runs = 5_000;
const stepsPerRun = 5;
const atOnce = 64;
const targetRatio = 8;
/** As JSON a little over 200 bytes. */
const input = { text: 'x'.repeat(190) };

/** Chained steps, 64 runs at once, every step decided and journalled, beside graphile-worker on the same server. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([
    { name: 'pawl', open: openPawl },
    { name: 'graphile-worker', open: (url) => openGraphile(url, context) },
  ] satisfies readonly Contender[]);
  const [ours, theirs] = ['pawl', 'graphile-worker'].map((name) => figures.find(({ contender }) => contender === name));
  if (ours === undefined || theirs === undefined) throw new Error('a contender gave no figure');
  const times = ratio(ours, theirs);
  const claim = `pawl makes at least ${targetRatio} times graphile-worker's steps per second`;
  return {
    title: `${runs} runs of ${stepsPerRun} chained steps, ${atOnce} at once, results of 200 bytes`,
    figures,
    targets: [{ claim, value: times, unit: '×', met: times >= targetRatio }],
    notes: [
      'pawl: every step is decided by policy with a budget, its decision and intent are durable before the call, its result before the next.',
      'graphile-worker: a job per step, which keeps its result in a table and adds the job of the next step in one statement; no intent, no fence, no decision.',
      'Runs are submitted before the clock starts; one process each, on the same server with fsync on.',
    ],
  };
};

function perSecond(seconds: number): Measure {
  return { value: (runs * stepsPerRun) / seconds, unit: 'per s' };
}

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
  const seconds = (performance.now() - startedAt) / 1_000;
  await worker.stop();
  await assertJournalled(database);
  return { steps: perSecond(seconds) };
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

function countdown(from: number): { readonly count: () => void; readonly completed: Promise<void> } {
  let left = from;
  let done: () => void = () => undefined;
  const completed = new Promise<void>((resolve) => {
    done = resolve;
  });
  return {
    count: () => {
      left -= 1;
      if (left === 0) done();
    },
    completed,
  };
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

async function openGraphile(url: string, context: BenchContext): Promise<OpenContender> {
  const peer = await context.peer('graphile-worker');
  assertGraphile(peer);
  const connection = { connectionString: url, maxPoolSize: 10, logger: new peer.Logger(() => () => undefined) };
  await peer.runMigrations(connection);
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('create table step_result (run uuid, step integer, body json, primary key (run, step))');
  await client.end();
  return { round: () => graphileRound(peer, connection), close: async () => undefined };
}

const keepText = 'insert into step_result (run, step, body) values ($1, $2, $3)';
/** Both in one statement: the peer pays one round trip for a step, as it would in good hands. */
const keepAndGoOnText = `with kept as (${keepText}) select graphile_worker.add_job('step', $4::json)`;

async function graphileRound(peer: GraphileWorker, connection: Connection): Promise<Record<string, Measure>> {
  const utils = await peer.makeWorkerUtils(connection);
  const first = (): StepPayload => ({ run: randomUUID(), step: 1, ...input });
  await utils.addJobs(Array.from({ length: runs }, () => ({ identifier: 'step', payload: first() })));
  const { count, completed } = countdown(runs);
  const startedAt = performance.now();
  const runner = await peer.run({
    ...connection,
    concurrency: atOnce,
    noHandleSignals: true,
    pollInterval: 1_000,
    taskList: {
      step: async ({ run, step, text }, helpers) => {
        const result = [run, step, JSON.stringify({ text })];
        if (step === stepsPerRun) {
          await helpers.query(keepText, result);
          count();
        } else await helpers.query(keepAndGoOnText, [...result, JSON.stringify({ run, step: step + 1, text })]);
      },
    },
  });
  await completed;
  const seconds = (performance.now() - startedAt) / 1_000;
  await runner.stop();
  await utils.release();
  return { steps: perSecond(seconds) };
}
