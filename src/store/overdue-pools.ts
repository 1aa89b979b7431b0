import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';

/** Every pool is looked for by its first ready run, and none of the runs behind it: a backlog of a million costs the same. */
const overdueText = `
with recursive pool as (
  (select pool from run where state = 'Queued' and not blocked and crashes < 2 order by pool limit 1)
  union all
  select (select r.pool from run r where r.state = 'Queued' and not r.blocked and r.crashes < 2 and r.pool > pool.pool order by r.pool limit 1)
  from pool where pool.pool is not null
)
select pool.pool from pool cross join lateral (
  select r.id from run r where r.pool = pool.pool and r.state = 'Queued' and not r.blocked and r.crashes < 2
  order by r.priority desc, r.fair_key, r.id limit 1
) first
join run r on r.id = first.id
where coalesce(r.run_at, r.created_at) < now() - interval '1 second'`;

/** Pools whose next run has been ready for over a second: whoever should have heard of it may not have. */
export async function overduePools(database: Database): Promise<readonly string[]> {
  const rows = await rowsOf<{ readonly pool: string }>(database.db, { name: 'overdue_pools', text: overdueText }, []);
  return rows.map(({ pool }) => pool);
}
