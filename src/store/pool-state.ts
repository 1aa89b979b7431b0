import { defaultPool } from '../run/pool.ts';
import type { Measured } from '../run/scaling.ts';
import type { Database } from './database-port.ts';
import { type LivePool, readPools } from './pool.ts';
import { rowsOf } from './statement.ts';

export interface PoolState {
  readonly pool: LivePool;
  readonly measured: Measured;
}

/** Counted so far: beyond it every answer is the same. */
const queuedMax = 100_000;

/** A pool is counted by its name, whichever environment its runs are of: their workers are the same. */
const stateText = `
select p.name,
  (select count(*) from (select from run q where q.state = 'Queued' and not q.blocked and q.pool = p.name
    limit ${queuedMax}) x) as "queueDepth",
  coalesce((select extract(epoch from now() - q.created_at) from (
    select created_at from run q where q.state = 'Queued' and not q.blocked and q.crashes < 2 and q.pool = p.name
    order by q.priority desc, q.fair_key, q.id limit 1) q), 0)::double precision as "oldestQueuedAge",
  (select count(*) from run r join worker w on w.id = r.owner where r.state = 'Running' and r.pool = p.name) as "activeRuns",
  (select count(*) from run r where r.environment = $2 and r.ended_at > now() - interval '1 minute' and r.pool = p.name
    and r.created_at > now() - interval '1 day')::double precision / 60 as "runsPerSecond",
  (select count(*) from worker w where w.pool = p.name and w.lease_until > now()) as workers,
  coalesce((select sum(w.slots) from worker w where w.pool = p.name and w.lease_until > now()), 0)::integer as slots,
  (select avg(w.cpu) from worker w where w.pool = p.name and w.lease_until > now())::double precision as cpu,
  (select avg(w.memory) from worker w where w.pool = p.name and w.lease_until > now())::double precision as memory
from unnest($1::text[]) as p (name)`;

type StateRow = Measured & { readonly name: string; readonly cpu: number | null; readonly memory: number | null };

/** The live pools of an environment, the default one first, with what they have to do. */
export async function readPoolStates(database: Database, environment: string): Promise<readonly PoolState[]> {
  const declared = await readPools(database.db, environment);
  const plain = declared.find(({ name }) => name === defaultPool) ?? undeclared(environment);
  const pools = [plain, ...declared.filter(({ name }) => name !== defaultPool)];
  const values = [pools.map(({ name }) => name), environment];
  const statement = { name: 'pool_states', text: stateText, planned: 'always' } as const;
  const rows = new Map((await rowsOf<StateRow>(database.db, statement, values)).map((row) => [row.name, row]));
  return pools.flatMap((pool) => {
    const row = rows.get(pool.name);
    if (row === undefined) return [];
    const { name: _name, cpu, memory, ...measured } = row;
    return [{ pool, measured: { ...measured, cpu: cpu ?? undefined, memory: memory ?? undefined } }];
  });
}

/** The same of every environment that has a revision. */
export async function readAllPoolStates(database: Database): Promise<readonly PoolState[]> {
  const text = 'select name from environment where revision > 0 order by name';
  const rows = await rowsOf<{ readonly name: string }>(database.db, { name: 'live_environments', text }, []);
  return (await Promise.all(rows.map(({ name }) => readPoolStates(database, name)))).flat();
}

/** The pool of runs that ask for nothing, where no manifest says more of it. */
function undeclared(environment: string): LivePool {
  return { environment, namespace: 'default', name: defaultPool, minWorkers: 0, maxWorkers: 1, concurrency: 10 };
}
