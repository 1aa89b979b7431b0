import { sql } from 'kysely';
import type { Bundle } from '../../src/manifest/bundle.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import type { Executor, RunWrite } from '../../src/run/executor.ts';
import type { Database } from '../../src/store/database.ts';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { authorityOf, bundleOf, environment, install, system, workerOn } from '../support/runs.ts';
import { type Chain, countdown, runIds, stepsPerSecond } from './chain.ts';
import type { Measure, OpenContender } from './context.ts';

/** Runs of one bundle, and how many of their steps are calls of tools. */
export interface Work {
  readonly bundle: Bundle;
  readonly runs: number;
  readonly stepsPerRun: number;
  readonly atOnce: number;
  readonly input: JsonObject;
}

/** pawl as W1 has it: a worker in this process, policy with a budget for each step. `bare`: without its record. */
export async function openPawl(url: string, work: Work & { readonly bare?: true }): Promise<OpenContender> {
  const database = await openDatabase({ url });
  await migrate(database);
  await installWork(database, work);
  return { round: () => pawlRound(database, work), close: () => database.close() };
}

export async function installWork(database: Database, { bundle }: Pick<Work, 'bundle'>): Promise<void> {
  const budgets = [{ id: 'AgentPolicy/default/guard#0', scope: 'run', unit: 'calls', limit: 100 }] as const;
  await install(database, bundle, authorityOf(bundle, { budgets }));
}

/** A tool node for each step. Results that are not what a step is called with are looked up by it. */
export function workOf(chain: Chain): Work {
  const names = Array.from({ length: chain.stepsPerRun }, (_, index) => `step${index + 1}`);
  const called = chain.result === undefined ? { tool: 'echo' } : { tool: 'answer', input: chain.input };
  const entries = { answer: chain.result ?? null };
  const bundle = bundleOf({
    nodes: Object.fromEntries(
      names.map((name, index) => [name, { ...called, to: names.slice(index + 1, index + 2) }] as const),
    ),
    tools: chain.result === undefined ? {} : { answer: { impl: { type: 'builtin', name: 'lookup', entries } } },
    // A run's output is its last step's: a long one would be written twice.
    ...(chain.result === undefined ? {} : { output: {} }),
    timeoutMs: 600_000,
  });
  return { ...chain, bundle };
}

async function pawlRound(database: Database, work: Work & { readonly bare?: true }): Promise<Record<string, Measure>> {
  const measures = await timedRuns(database, work);
  await assertJournalled(database, work);
  return measures;
}

/** Submits the runs of a round, and times a worker that does them all. */
export async function timedRuns(
  database: Database,
  work: Work & { readonly bare?: true },
): Promise<Record<string, Measure>> {
  await submitMany(database, work);
  const { executor, completed } = counting(database, work);
  const worker = workerOn(database, { executor, slots: work.atOnce });
  const startedAt = performance.now();
  await worker.start();
  await completed;
  const measures = stepsPerSecond(startedAt, work);
  await worker.stop();
  return measures;
}

export async function submitMany({ db }: Database, { runs, input }: Pick<Work, 'runs' | 'input'>): Promise<void> {
  await sql`
    insert into run (id, environment, namespace, system, revision, bundle, fair_key, deadline_at, submitted_by, input)
    select i.id, h.environment, 'default', h.system, h.from_revision, h.digest, i.n, now() + interval '10 minutes',
      'bench', ${JSON.stringify(input)}::json
    from unnest(${runIds(runs)}::uuid[]) with ordinality i (id, n), bundle_history h
    where h.environment = ${environment} and h.system = ${system} and h.to_revision is null`.execute(db);
}

/** An executor that says when so many runs have ended; a bare one writes the journal and no record of it. */
function counting(
  database: Database,
  { runs, bare }: { readonly runs: number; readonly bare?: true },
): { readonly executor: Executor; readonly completed: Promise<void> } {
  const { count, completed } = countdown(runs);
  class Counting extends DatabaseExecutor {
    override async complete(write: Parameters<Executor['complete']>[0]) {
      const answer = await super.complete(bare === true ? unrecorded(write) : write);
      count();
      return answer;
    }

    override journal(write: RunWrite) {
      return super.journal(bare === true ? unrecorded(write) : write);
    }
  }
  return { executor: new Counting(database), completed };
}

function unrecorded<Write extends RunWrite>({ chain: _chain, ...write }: Write): Omit<Write, 'chain'> {
  return write;
}

/** A figure counts only if the work was done: every run ended well with an intent and a result for each step. */
async function assertJournalled({ db }: Database, { stepsPerRun }: Work): Promise<void> {
  const { rows } = await sql<{ wrong: number; steps: number; all: number }>`
    select (select count(*) from run where state <> 'Succeeded') as wrong,
      (select count(*) from step where kind = 'tool') as steps, (select count(*) from run) as all`.execute(db);
  const [{ wrong, steps, all } = { wrong: -1, steps: 0, all: 0 }] = rows;
  if (wrong !== 0 || steps !== all * stepsPerRun * 2)
    throw new Error(`${wrong} runs went wrong, ${steps} journal rows of ${all} runs`);
}
