import { sql } from 'kysely';
import { onTestFinished, test, expect } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { comparesVectors, prepareVectors, vectorState } from '../../src/store/vector.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { comparesByKind } from '../support/vectors.ts';

async function opened(kind: 'embedded' | 'postgres'): Promise<OpenedDatabase> {
  const one = await openTestDatabase(kind);
  onTestFinished(() => one.close());
  return one;
}

// What a server says depends on what is installed beside it: docs/testing.md.
test('a server compares once it is prepared where it has pgvector, each database for itself, and else never', async () => {
  const has = (await comparesByKind()).postgres;
  const [unprepared, prepared] = has ? (['available', 'ready'] as const) : (['absent', 'absent'] as const);
  const { database } = await opened('postgres');
  expect(await vectorState(database.db)).toBe(unprepared);
  expect(await comparesVectors(database)).toBe(false);
  expect(await prepareVectors(database)).toBe(prepared);
  expect(await vectorState(database.db)).toBe(prepared);
  expect(await comparesVectors(database)).toBe(has);
});

test('a role that may not create the extension is told what is there, and one that may has it', async () => {
  const { database } = await opened('embedded');
  await sql`create role guest`.execute(database.db);
  await sql`set role guest`.execute(database.db);
  expect(await prepareVectors(database)).toBe('available');
  await sql`reset role`.execute(database.db);
  expect(await vectorState(database.db)).toBe('available');
  expect(await prepareVectors(database)).toBe('ready');
  expect(await comparesVectors(database)).toBe(true);
});

test('the embedded database creates it when it is first needed, and has it when it is opened again', async () => {
  const one = await openTestDatabase('embedded');
  expect(await vectorState(one.database.db)).toBe('available');
  expect(await comparesVectors(one.database)).toBe(true);
  await one.database.close();
  const again = await openDatabase(one.options);
  try {
    expect(await vectorState(again.db)).toBe('ready');
    const { rows } = await sql<{ cosine: number }>`
      select 1 - (array[1, 0]::real[]::vector <=> array[1, 0]::real[]::vector) as cosine`.execute(again.db);
    expect(rows).toEqual([{ cosine: 1 }]);
  } finally {
    await again.close();
    await one.close();
  }
});
