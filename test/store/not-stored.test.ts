import { afterAll, beforeAll, expect, test } from 'vitest';
import { digest } from '../../src/manifest/digest.ts';
import { notStored } from '../../src/store/not-stored.ts';
import { writeSpecs } from '../../src/store/spec.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';

let opened: OpenedDatabase;
beforeAll(async () => {
  opened = await openTestDatabase('embedded');
});
afterAll(() => opened.close());

const bodies = Array.from({ length: 12 }, (_, number) => {
  const body = { kind: 'Agent', spec: { number } };
  return { digest: digest(body), body };
});

test('of many contents only those are sent that are not there, and each is kept once', async () => {
  const { database } = opened;
  const stored = await inTransaction(database, async (trx) => {
    await writeSpecs(trx, bodies.slice(0, 5));
    const open = [await notStored(trx, 'spec', bodies), await notStored(trx, 'bundle', bodies)];
    expect(open).toEqual([bodies.slice(5), bodies]);
    await writeSpecs(trx, bodies);
    expect(await notStored(trx, 'spec', bodies)).toEqual([]);
    await writeSpecs(trx, bodies);
    return trx.selectFrom('spec').select('digest').orderBy('digest').execute();
  });
  expect(stored.map((row) => row.digest)).toEqual(bodies.map((one) => one.digest).sort());
});
