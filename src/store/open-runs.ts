import { type Kysely, sql } from 'kysely';
import type { Bundle } from '../manifest/bundle.ts';
import type { Address } from '../manifest/resource.ts';
import type { OpenRuns } from '../plan/live-runs.ts';
import type { Tables } from './tables.gen.ts';

/**
 * Runs that have not ended and whose bundle names one of the addresses, by system and bundle. Names are looked for as
 * text first: most bundles need not be parsed, and a match that is none is seen by whoever reads the content.
 */
export async function readOpenRuns(
  db: Kysely<Tables>,
  environment: string,
  addresses: readonly Address[],
): Promise<readonly OpenRuns[]> {
  if (addresses.length === 0) return [];
  const names = [...new Set(addresses.map((address) => address.slice(address.indexOf('/') + 1)))];
  const { rows } = await sql<{ readonly system: string; readonly runs: number; readonly content: string }>`
    select system, runs, content
    from (
      select system, bundle, count(*)::integer as runs from run
      where environment = ${environment} and ended_at is null
      group by system, bundle
    ) as open
    join bundle on bundle.digest = open.bundle
    where system = any(${names}::text[])
      or exists (select from unnest(${names}::text[]) as name where position('"' || name || '"' in content) > 0)
    order by system, bundle`.execute(db);
  // Content-addressed and checked by the table: what apply compiled is what is read.
  return rows.map(({ system, runs, content }) => ({ system, runs, content: JSON.parse(content) as Bundle }));
}
