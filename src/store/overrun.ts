import type { Kysely } from 'kysely';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

export interface OverrunCount {
  readonly calls: number;
  /** Of them, those that were held on budgets on trial and on no other. */
  readonly tried: number;
}

/** How often a provider took more of a budget than was held, by the revision that the run was pinned to. */
export async function overrunCounts(
  db: Kysely<Tables>,
  environment: string,
): Promise<ReadonlyMap<number, OverrunCount>> {
  const text = `select r.revision, count(*)::integer as calls,
      (count(*) filter (where jsonb_array_length(e.detail -> 'accounts') > 0
        and e.detail -> 'accounts' <@ (e.detail -> 'trial')))::integer as tried
    from event e join run r on r.id = (e.detail ->> 'run')::uuid
    where e.environment = $1 and e.action = 'budget.overrun' group by r.revision`;
  type Row = OverrunCount & { readonly revision: number };
  const rows = await rowsOf<Row>(db, { name: 'overrun_counts', text, planned: 'always' }, [environment]);
  return new Map(rows.map(({ revision, ...count }) => [revision, count]));
}
