import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BinaryRows, binaryTexts, type CompositeType } from '../../src/store/binary-rows.ts';
import { rowsOf } from '../../src/store/statement.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';

interface Row {
  readonly id: string;
  readonly word?: string | undefined;
  readonly doc?: string | undefined;
  readonly n?: number | undefined;
  readonly yes?: boolean | undefined;
  readonly digest?: string | undefined;
}

const absent = { word: null, doc: null, n: null, yes: null, digest: null };

describe.each(databaseKinds)('rows in binary, as the %s database reads them', (kind) => {
  let opened: OpenedDatabase;
  let type: CompositeType;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    const { db } = opened.database;
    await sql`create type thing as (id uuid, word text, doc json, n bigint, yes boolean, digest bytea)`.execute(db);
    const { rows } = await sql<CompositeType>`select 'thing'::regtype::oid::integer as number, 6 as columns`.execute(
      db,
    );
    type = rows[0] ?? { number: 0, columns: 0 };
  });
  afterAll(() => opened.close());

  async function read(rows: readonly Row[], bytesExpected = 64): Promise<readonly object[]> {
    const binary = new BinaryRows(type, bytesExpected);
    for (const { id, word, doc, n, yes, digest } of rows) {
      binary.begin();
      binary.uuid(id);
      binary.text(word);
      binary.json(doc);
      binary.bigint(n);
      binary.boolean(yes);
      binary.hex(digest);
    }
    const text = `select id, word, doc::text as doc, n, yes, encode(digest, 'hex') as digest from unnest($1::thing[])`;
    return rowsOf(opened.database.db, { name: 'read_things', text }, [binary.bytes()]);
  }

  test('every column comes out as it went in, and so do rows without any', async () => {
    const [id, other] = [randomUUID(), randomUUID()];
    const rows = [
      { id, word: 'a word', doc: '{"a": "\\u0000"}', n: 7, yes: true, digest: '00ff10' },
      { id, word: '', doc: 'null', n: 0, yes: false, digest: '' },
      { id: other },
      { id, n: -1 },
    ];
    expect(await read(rows)).toEqual(rows.map((row) => ({ ...absent, ...row })));
    expect(await read([])).toEqual([]);
  });

  test('texts are of any length and of any script, whatever room was expected', async () => {
    const words = ['é', 'ß'.repeat(24), '😀'.repeat(6), `x${'語'.repeat(5_000)}`, 'y'.repeat(70_000), 'z'.repeat(24)];
    const rows = words.map((word) => ({ id: randomUUID(), word }));
    for (const bytesExpected of [0, 1_000_000]) {
      expect(await read(rows, bytesExpected)).toEqual(rows.map((row) => ({ ...absent, ...row })));
    }
  });

  test('integers are exact at both ends', async () => {
    const numbers = [2 ** 31, -(2 ** 31) - 1, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    const rows = numbers.map((n) => ({ id: randomUUID(), n }));
    expect(await read(rows)).toEqual(rows.map((row) => ({ ...absent, ...row })));
  });

  test('what cannot be written is refused before it is sent', async () => {
    await expect(read([{ id: 'none' }])).rejects.toThrow('"none" is no UUID.');
    await expect(read([{ id: `${randomUUID().slice(0, 35)}g` }])).rejects.toThrow('is no UUID.');
    await expect(read([{ id: randomUUID(), n: 0.5 }])).rejects.toThrow('0.5 is no integer that is exact.');
    await expect(read([{ id: randomUUID(), digest: '0g' }])).rejects.toThrow('"0g" is not hexadecimal.');
    await expect(read([{ id: randomUUID(), digest: '012' }])).rejects.toThrow('"012" is not hexadecimal.');
    await expect(read([{ id: randomUUID(), n: 2 ** 53 }])).rejects.toThrow('is no integer that is exact.');
  });

  test('the server looks at texts and documents as at any other', async () => {
    await expect(read([{ id: randomUUID(), word: 'a\u0000b' }])).rejects.toThrow(/0x00/);
    await expect(read([{ id: randomUUID(), doc: '{' }])).rejects.toThrow(/json/);
    expect(await read([{ id: randomUUID(), word: 'whole again' }])).toMatchObject([{ word: 'whole again' }]);
  });

  test('texts alone are an array too', async () => {
    const texts = ['', 'one', 'ünf', '語'.repeat(3_000)];
    const statement = { name: 'read_texts', text: 'select x from unnest($1::text[]) x' };
    const read = (values: readonly string[]) => rowsOf(opened.database.db, statement, [binaryTexts(values)]);
    expect(await read(texts)).toEqual(texts.map((x) => ({ x })));
    expect(await read([])).toEqual([]);
  });
});
