import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.gen.ts';

/** The database's clock, by which leases, deadlines and dates go. */
export async function databaseClock(db: Kysely<Tables>): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  return rows[0]?.now ?? new Date(Number.NaN);
}
