import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digest } from '../../src/manifest/digest.ts';
import { refreshStatistics } from '../../src/store/resource.ts';
import { readBodies, writeSpecs } from '../../src/store/spec.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';

const controls = Array.from({ length: 31 }, (_, code) => String.fromCharCode(code + 1)).join('');
const awkward = [
  controls,
  '"quoted", \\ and \\" and \\u001e',
  'ü, \u{1f600}, \u2028, \u007f',
  '{}[],:',
  '',
  "'; drop table spec; --",
];

describe.each(databaseKinds)('contents in many batches, on %s:', (kind) => {
  let opened: OpenedDatabase;
  beforeAll(async () => {
    opened = await openTestDatabase(kind);
  });
  afterAll(() => opened.close());

  test('each is stored as it is, whatever its texts hold', async () => {
    const specs = Array.from({ length: 4_100 }, (_, number) => {
      const body = { number, [`key ${awkward[number % awkward.length]}`]: awkward[number % 5] ?? '' };
      return { digest: digest(body), body };
    });
    await inTransaction(opened.database, async (trx) => writeSpecs(trx, specs));
    await inTransaction(opened.database, async (trx) => writeSpecs(trx, specs.slice(0, 10)));
    const found = await readBodies(
      opened.database.db,
      specs.map((one) => one.digest),
    );
    expect(found.size).toBe(specs.length);
    for (const { digest: name, body } of specs) expect(found.get(name)).toEqual(body);
  });

  test('a content under another digest is refused by the table', async () => {
    const body = { number: 1 };
    const writing = inTransaction(opened.database, async (trx) =>
      writeSpecs(trx, [{ digest: digest({ number: 2 }), body }]),
    );
    await expect(writing).rejects.toThrow(/spec_/);
  });

  test('statistics are taken of columns that are there', async () => {
    await refreshStatistics(opened.database.db);
  });
});
