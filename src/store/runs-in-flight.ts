import { type Kysely, sql } from 'kysely';
import type { OpenRunCount } from '../plan/impact.ts';
import type { Tables } from './tables.gen.ts';

/** Runs that have not ended, by system: looks at those alone, however many have. */
export async function readRunsInFlight(
  db: Kysely<Tables>,
  environment: string,
  systems: readonly string[],
): Promise<readonly OpenRunCount[]> {
  if (systems.length === 0) return [];
  const { rows } = await sql<OpenRunCount>`
    select system, count(*)::integer as runs, min(created_at) as oldest,
      min(revision)::integer as "revisionOldest", max(revision)::integer as "revisionNewest"
    from run
    where environment = ${environment} and ended_at is null and system = any(${systems}::text[])
    group by system
    order by system`.execute(db);
  return rows;
}
