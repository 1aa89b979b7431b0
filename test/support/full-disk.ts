import { sql } from 'kysely';
import type { Database } from '../../src/store/database.ts';

/** A disk that can be full: PostgreSQL then refuses to write some tables as it does when it cannot extend a file. */
export interface TestDisk {
  fill(): Promise<void>;
  free(): Promise<void>;
  /** How many writes of a table it has refused so far. */
  refusals(table: string): Promise<number>;
}

/** Puts the switch into the database itself, so that the error comes with its SQLSTATE from the server, to every client. */
export async function makeDisk(database: Database, tables: readonly string[]): Promise<TestDisk> {
  const { db } = database;
  const set = async (full: boolean): Promise<void> => {
    await sql`update test_disk set is_full = ${full}`.execute(db);
  };
  await sql`create table test_disk (is_full boolean not null)`.execute(db);
  await sql`insert into test_disk values (false)`.execute(db);
  await sql`create function refuse_when_full() returns trigger language plpgsql as $$
    begin
      if (select is_full from test_disk) then
        perform nextval('test_refusals_' || tg_table_name);
        raise exception 'could not extend file: No space left on device' using errcode = '53100';
      end if;
      return null;
    end $$`.execute(db);
  for (const table of tables) {
    // A sequence counts although the transaction that counted is rolled back.
    await sql`create sequence ${sql.table(`test_refusals_${table}`)}`.execute(db);
    await sql`create trigger full_disk after insert or update or delete on ${sql.table(table)}
      for each statement execute function refuse_when_full()`.execute(db);
  }
  return {
    fill: () => set(true),
    free: () => set(false),
    async refusals(table) {
      const found = await sql<{ refused: number }>`
        select case when is_called then last_value else 0 end as refused from ${sql.table(`test_refusals_${table}`)}`.execute(
        db,
      );
      return Number(found.rows[0]?.refused ?? 0);
    },
  };
}
