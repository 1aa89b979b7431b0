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

// Which of the two a server is, depends on what is installed beside it: docs/testing.md.
if ((await comparesByKind()).postgres) {
  test('a server with pgvector compares when it is prepared, in each database for itself', async () => {
    const { database } = await opened('postgres');
    expect(await vectorState(database.db)).toBe('available');
    expect(await comparesVectors(database)).toBe(false);
    expect(await prepareVectors(database)).toBe('ready');
    expect(await vectorState(database.db)).toBe('ready');
    expect(await comparesVectors(database)).toBe(true);
  });
} else {
  test('a server without pgvector is left as it is, and compares nothing', async () => {
    const { database } = await opened('postgres');
    expect(await vectorState(database.db)).toBe('absent');
    expect(await prepareVectors(database)).toBe('absent');
    expect(await comparesVectors(database)).toBe(false);
  });
}

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
