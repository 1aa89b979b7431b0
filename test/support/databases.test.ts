import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { schemaState } from '../../src/store/migrate.ts';
import { databaseKinds, openTestDatabase } from './databases.ts';

test.each(databaseKinds)('every test database on %s has the newest schema, and is its own', async (kind) => {
  const [one, other] = await Promise.all([openTestDatabase(kind), openTestDatabase(kind)]);
  onTestFinished(async () => {
    await Promise.all([one.close(), other.close()]);
  });
  await sql`create table only_in_one ()`.execute(one.database.db);
  for (const { database } of [one, other]) expect(await schemaState(database.db)).toMatchObject({ state: 'current' });
  const { rows } = await sql`select to_regclass('only_in_one') as found`.execute(other.database.db);
  expect(rows).toEqual([{ found: null }]);
});
