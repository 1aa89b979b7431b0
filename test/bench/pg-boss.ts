import { Pool } from 'pg';
import { chain, countdown, firstStep, type StepPayload, stepsPerSecond } from './chain.ts';
import type { BenchContext, Measure, OpenContender } from './context.ts';

/** What the benchmark uses of pg-boss, which is not among pawl's own packages and so has no types here. */
interface PgBoss {
  start(): Promise<unknown>;
  stop(options: { readonly graceful: boolean }): Promise<void>;
  createQueue(name: string): Promise<void>;
  insert(jobs: readonly { readonly name: string; readonly data: StepPayload }[]): Promise<unknown>;
  fetch(name: string, options: { readonly batchSize: number }): Promise<readonly Job[]>;
  complete(name: string, ids: readonly string[]): Promise<unknown>;
}

interface Job {
  readonly id: string;
  readonly data: StepPayload;
}

const queue = 'step';
const keepText = `insert into step_result (run, step, body)
  select run, step, body from json_to_recordset($1) as r (run uuid, step integer, body json) on conflict do nothing`;

/** pg-boss in good hands: jobs fetched, kept, added and completed in batches, two batches at once. */
export async function openPgBoss(url: string, context: BenchContext): Promise<OpenContender> {
  const Boss = constructorOf(await context.peer('pg-boss'));
  const boss = new Boss({ connectionString: url, max: 6, supervise: false, schedule: false });
  await boss.start();
  await boss.createQueue(queue);
  const pool = new Pool({ connectionString: url, max: 2 });
  await pool.query('create table step_result (run uuid, step integer, body json, primary key (run, step))');
  return {
    round: () => bossRound(boss, pool),
    async close() {
      await boss.stop({ graceful: false });
      await pool.end();
    },
  };
}

function constructorOf(peer: unknown): new (options: object) => PgBoss {
  const found: unknown = typeof peer === 'object' && peer !== null ? Reflect.get(peer, 'default') : undefined;
  if (typeof found !== 'function') throw new TypeError('pg-boss has no default export that is a class');
  return found as new (
    options: object,
  ) => PgBoss;
}

async function bossRound(boss: PgBoss, pool: Pool): Promise<Record<string, Measure>> {
  await boss.insert(Array.from({ length: chain.runs }, () => ({ name: queue, data: firstStep() })));
  const { count, completed } = countdown(chain.runs);
  const startedAt = performance.now();
  let isOver = false;
  const streams = [0, 1].map(async () => {
    while (!isOver) count(await batch(boss, pool));
  });
  await completed;
  isOver = true;
  const measures = stepsPerSecond(startedAt);
  await Promise.all(streams);
  return measures;
}

/** One step of half of the runs that are under way at once; how many of them ended. */
async function batch(boss: PgBoss, pool: Pool): Promise<number> {
  const jobs = await boss.fetch(queue, { batchSize: chain.atOnce / 2 });
  if (jobs.length === 0) return 0;
  const kept = jobs.map(({ data: { run, step, text } }) => ({ run, step, body: { text } }));
  await pool.query({ name: 'keep', text: keepText, values: [JSON.stringify(kept)] });
  const next = jobs.filter(({ data }) => data.step < chain.stepsPerRun);
  if (next.length > 0)
    await boss.insert(next.map(({ data }) => ({ name: queue, data: { ...data, step: data.step + 1 } })));
  await boss.complete(
    queue,
    jobs.map(({ id }) => id),
  );
  return jobs.length - next.length;
}
