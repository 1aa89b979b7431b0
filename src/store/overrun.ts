import type { Kysely } from 'kysely';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

/** How often a provider took more of a budget than was held, by the revision that the run was pinned to. */
export async function overrunCounts(db: Kysely<Tables>, environment: string): Promise<ReadonlyMap<number, number>> {
  const text = `select r.revision, count(*)::integer as calls
    from event e join run r on r.id = (e.detail ->> 'run')::uuid
    where e.environment = $1 and e.action = 'budget.overrun' group by r.revision`;
  type Row = { readonly revision: number; readonly calls: number };
  const rows = await rowsOf<Row>(db, { name: 'overrun_counts', text, planned: 'always' }, [environment]);
  return new Map(rows.map(({ revision, calls }) => [revision, calls]));
}
