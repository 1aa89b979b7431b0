import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.gen.ts';

/** What the runs of one system showed at some revisions. */
export interface SystemProof {
  readonly system: string;
  readonly ended: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Calls that the gate refused. */
  readonly denied: number;
  readonly calls: number;
  /** Micro-USD. */
  readonly cost: number;
  /** The first of those revisions that a run of it was pinned to. */
  readonly since: number;
}

interface Of {
  readonly environment: string;
  readonly from: number;
  readonly to: number;
}

/** Beyond this many runs only the newest are looked at. */
const runsMax = 5_000;

/** The ended runs of an environment that were pinned to one of these revisions, by system. */
export async function readProof(db: Kysely<Tables>, { environment, from, to }: Of): Promise<readonly SystemProof[]> {
  const { rows } = await sql<SystemProof>`
    with ended as (
      select id, system, state, revision from run
      where environment = ${environment} and revision between ${from} and ${to} and ended_at is not null
      order by ended_at desc, id desc limit ${runsMax}
    )
    select system, count(*)::integer as ended,
      (count(*) filter (where state = 'Succeeded'))::integer as succeeded,
      (count(*) filter (where state in ('Failed', 'TimedOut', 'DeadLetter')))::integer as failed,
      coalesce(sum(used.denied), 0)::integer as denied, coalesce(sum(used.calls), 0)::integer as calls,
      coalesce(sum(used.cost), 0)::float8 as cost, min(revision)::integer as since
    from ended cross join lateral (
      select count(*) filter (where outcome = 'denied') as denied, count(*) as calls, sum(cost) as cost
      from step where run = ended.id and phase = 'result' and kind in ('model', 'tool')
    ) as used
    group by system order by system`.execute(db);
  return rows;
}

/** The revision that last changed any of these in what is live; 0: none of them is. */
export async function lastChanged(
  db: Kysely<Tables>,
  { environment, addresses }: { readonly environment: string; readonly addresses: readonly string[] },
): Promise<number> {
  const { rows } = await sql<{ revision: number }>`
    select coalesce(max(from_revision), 0)::integer as revision from resource_history
    where environment = ${environment} and to_revision is null
      and address = any(${addresses}::text[])`.execute(db);
  return rows[0]?.revision ?? 0;
}
