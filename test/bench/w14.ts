import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { bundleOf, environment, install, system } from '../support/runs.ts';
import type { Bench, Contender, Measure } from './context.ts';

const most = Number(process.env.PAWL_BENCH_QUEUED ?? '1000000');
const backlogs = [1_000, 10_000, 100_000, 1_000_000].filter((queued) => queued <= most);
const claims = 100;
const slots = 8;
const partMax = 50_000;
/** The rate may fall by no more than this between the smallest backlog and the largest. */
const flat = 0.5;

/** W14: claims against backlogs of queued runs. */
export const bench: Bench = async (context) => {
  const figures = await context.compare(backlogs.map(contender));
  const [first, last] = [figures[0], figures.at(-1)];
  const value = (last?.median ?? 0) / (first?.median ?? Number.NaN);
  const claim = `claims at the largest backlog are at least ${flat} times as fast as at the smallest`;
  return {
    title: `claims of ${slots} runs against a backlog`,
    figures,
    targets: [{ claim, value, unit: '×', met: value >= flat }],
    notes: [
      `${claims} claims a round, one after the other; the table was vacuumed and analysed once it was filled: autovacuum of a million new rows is no backlog's.`,
    ],
  };
};

/** No statement of pawl's may take longer than half a minute, so that a large backlog is written in parts. */
async function fill({ db }: Database, queued: number): Promise<void> {
  for (let from = 1; from <= queued; from += partMax) {
    await sql`
      insert into run (id, environment, namespace, system, revision, bundle, fair_key, deadline_at, submitted_by, input)
      select gen_random_uuid(), h.environment, 'default', h.system, h.from_revision, h.digest, n,
        now() + interval '1 day', 'bench', '{}'
      from generate_series(${from}::integer, ${Math.min(queued, from + partMax - 1)}::integer) n, bundle_history h
      where h.environment = ${environment} and h.system = ${system} and h.to_revision is null`.execute(db);
  }
  await sql`vacuum analyze run`.execute(db);
  await sql`checkpoint`.execute(db);
}

function contender(queued: number): Contender {
  return {
    name: `${queued.toLocaleString('en-US')} queued`,
    async open(url) {
      const database = await openDatabase({ url });
      await migrate(database);
      await install(database, bundleOf({ nodes: { a: {} }, timeoutMs: 3_600_000 }));
      await fill(database, queued);
      return { round: () => round(database), close: () => database.close() };
    },
  };
}

/** A worker of its own each round: filling the next table may take longer than a lease. */
async function round(database: Database): Promise<Record<string, Measure>> {
  const executor = new DatabaseExecutor(database);
  const worker = randomUUID();
  await executor.enlist({ id: worker, host: 'bench', pid: process.pid, version: '0', slots });
  let claimed = 0;
  const from = performance.now();
  for (let index = 0; index < claims; index += 1)
    claimed += (await executor.claim({ worker, pool: 'default', slots, suspect: true })).length;
  const seconds = (performance.now() - from) / 1_000;
  if (claimed !== claims * slots) throw new Error(`${claims} claims gave ${claimed} runs and not ${claims * slots}`);
  await sql`update run set state = 'Queued', owner = null where state = 'Running'`.execute(database.db);
  await executor.retire(worker);
  return { claims: { value: claims / seconds, unit: 'per s' } };
}
