import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { rowsOf, type Statement } from '../../src/store/statement.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';

const values: Statement = {
  name: 'test_values',
  text: `select $1::text as said, $2::text[] as many, $3::json as body, $4::jsonb as parsed, $5::bigint as big,
    $6::timestamptz as at, $7::boolean as yes, $8::uuid as id`,
};
const insert: Statement = {
  name: 'test_insert',
  text: 'insert into kept (id, said) values ($1, $2) returning id, said',
};
const touch: Statement = { name: 'test_touch', text: 'update kept set said = $2 where id = $1' };

describe.each(databaseKinds)('a statement that %s keeps', (kind) => {
  let opened: OpenedDatabase;
  let database: Database;
  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    database = opened.database;
    await sql`create table kept (id integer primary key, said text)`.execute(database.db);
  });
  afterAll(() => opened.close());

  test('takes and gives the same values each time', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    const at = new Date(1_700_000_000_123);
    const said = `a "quoted" 'one' \\ ünï 漢 🐾 ${'long '.repeat(20_000)}`;
    const many = ['x, }', '', '"'];
    const body = JSON.stringify({ said: 'NUL \u0000, lone \udc00', n: [1, null] });
    for (let turn = 0; turn < 8; turn += 1) {
      const given = [said, many, body, '{"a":[1]}', 9_007_199_254_740_991, at, true, id];
      expect(await rowsOf(database.db, values, given)).toEqual([
        { said, many, body: JSON.parse(body), parsed: { a: [1] }, big: 9_007_199_254_740_991, at, yes: true, id },
      ]);
      const nothing = { said: null, many: null, body: null, parsed: null, big: null, at: null, yes: null, id: null };
      expect(
        await rowsOf(
          database.db,
          values,
          Array.from({ length: 8 }, () => null),
        ),
      ).toEqual([nothing]);
    }
  });

  test('that failed says why and can be used again', async () => {
    expect(await rowsOf(database.db, insert, [1, 'first'])).toEqual([{ id: 1, said: 'first' }]);
    const twice = rowsOf(database.db, insert, [1, 'again']);
    await expect(twice).rejects.toMatchObject({ code: 'store.rejected', message: expect.stringContaining('23505') });
    expect(await rowsOf(database.db, insert, [2, 'second'])).toEqual([{ id: 2, said: 'second' }]);
    expect(await rowsOf(database.db, touch, [2, 'third'])).toEqual([]);
    const { rows } = await sql`select said from kept order by id`.execute(database.db);
    expect(rows).toEqual([{ said: 'first' }, { said: 'third' }]);
  });

  test('that was first used in a transaction outlives it, committed or not', async () => {
    const look: Statement = { name: 'test_look', text: 'select count(*) as found from kept where id = $1' };
    const undone = inTransaction(database, async (trx) => {
      await rowsOf(trx, insert, [10, 'undone']);
      expect(await rowsOf(trx, look, [10])).toEqual([{ found: 1 }]);
      await rowsOf(trx, insert, [10, 'twice']);
    });
    await expect(undone).rejects.toMatchObject({ message: expect.stringContaining('23505') });
    expect(await rowsOf(database.db, look, [10])).toEqual([{ found: 0 }]);
    await inTransaction(database, (trx) => rowsOf(trx, insert, [10, 'kept']));
    expect(await rowsOf(database.db, look, [10])).toEqual([{ found: 1 }]);
  });

  test('that PostgreSQL refuses is not kept', async () => {
    const early: Statement = { name: 'test_early', text: 'select said from later where id = $1' };
    await expect(rowsOf(database.db, early, [1])).rejects.toMatchObject({ code: 'store.schema_outdated' });
    await sql`create table later (id integer, said text); insert into later values (1, 'here')`.execute(database.db);
    expect(await rowsOf(database.db, early, [1])).toEqual([{ said: 'here' }]);
  });

  test('has a name that no other text may have', async () => {
    const name = 'test_clash';
    const one: Statement = { name, text: 'select $1::integer as one' };
    // On a server the same connection must be asked for the clash to be seen.
    const clash = inTransaction(database, async (trx) => {
      await rowsOf(trx, one, [1]);
      await rowsOf(trx, { name, text: 'select $1::integer as two' }, [1]);
    });
    await expect(clash).rejects.toThrow(/test_clash|must be unique/);
  });
});
