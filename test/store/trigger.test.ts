import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apply } from '../../src/apply/apply.ts';
import { digest } from '../../src/manifest/digest.ts';
import type { Database } from '../../src/store/database.ts';
import { ensureEnvironment } from '../../src/store/environment.ts';
import { readLive } from '../../src/store/live.ts';
import { readBodies } from '../../src/store/spec.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { manifestOf, planFor } from '../support/plans.ts';

const address = 'AgentRole/default/reader';
const reads = manifestOf({ name: 'reader', value: 'reads' });
const unseen = manifestOf({ name: 'reader', value: 'unseen' });
const edited = manifestOf({ name: 'reader', value: 'edited' });

describe.each(databaseKinds)('behind the back of apply on %s', (kind) => {
  let opened: OpenedDatabase;
  let database: Database;
  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    database = opened.database;
  });
  afterAll(() => opened.close());

  async function environment(name: string): Promise<void> {
    await ensureEnvironment(database.db, name);
    const target = [
      { name: 'reader', value: 'reads' },
      { kind: 'AgentSystem', name: 'triage', value: 1 },
    ] as const;
    await apply(database, planFor(await readLive(database.db, name), target), 'tester');
  }

  test('an edit leaves who and when, counts, and its content can be read', async () => {
    await environment('edited');
    await database.db
      .updateTable('resource')
      .set({ body: JSON.stringify(edited) })
      .where('environment', '=', 'edited')
      .where('address', '=', address)
      .execute();
    const live = await readLive(database.db, 'edited');
    expect(live.writes).toBe(1);
    expect(live.heads.get(address)).toMatchObject({
      applied: digest(reads),
      live: digest(edited),
      touched: { by: expect.stringMatching(/^postgres pawl$/), at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) },
    });
    const bodies = await readBodies(database.db, [digest(reads), digest(edited), 'f'.repeat(64)]);
    expect(bodies).toEqual(
      new Map([
        [digest(reads), reads],
        [digest(edited), edited],
      ]),
    );
  });

  test('a row that was added and one that was removed are told apart', async () => {
    await environment('moved');
    await sql`
      update resource set address = 'AgentRole/default/moved', name = 'moved'
      where environment = 'moved' and address = ${address}`.execute(database.db);
    const { heads, writes } = await readLive(database.db, 'moved');
    expect(writes).toBe(1);
    expect(heads.get(address)).toMatchObject({ applied: digest(reads), live: undefined });
    expect(heads.get('AgentRole/default/moved')).toMatchObject({ applied: undefined, live: digest(reads) });
  });

  test('an edit that no trigger saw is found by a deep reading', async () => {
    await environment('unseen');
    await sql.raw('alter table resource disable trigger user').execute(database.db);
    await sql`
      update resource set body = ${JSON.stringify(unseen)}::jsonb
      where environment = 'unseen' and address = ${address}`.execute(database.db);
    await sql.raw('alter table resource enable trigger user').execute(database.db);
    expect((await readLive(database.db, 'unseen')).heads.get(address)?.live).toBe(digest(reads));
    expect((await readLive(database.db, 'unseen', { deep: true })).heads.get(address)?.live).toBe(digest(unseen));
    expect(await readBodies(database.db, [digest(unseen)])).toEqual(new Map([[digest(unseen), unseen]]));
  });

  test.each([
    ['update event set actor = $$nobody$$', 'event rows are append-only'],
    ['delete from event', 'event rows are append-only'],
    ['truncate event', 'event rows are append-only'],
    ['update revision set applied_by = $$nobody$$', 'revision rows are append-only'],
    ['delete from revision', 'revision rows are append-only'],
    ['update step set node = node', 'step rows are append-only'],
    ['update spec set body = body', 'spec rows are append-only'],
    ['update bundle set content = content', 'bundle rows are append-only'],
    ['update resource_history set digest = digest', 'resource_history rows are written by apply alone'],
    ['delete from bundle_history', 'bundle_history rows are written by apply alone'],
  ])('%s is refused', async (statement, message) => {
    await expect(sql.raw(statement).execute(database.db)).rejects.toMatchObject({
      code: 'store.rejected',
      message: `The database rejected a statement: ${message} (23001).`,
    });
  });

  test('content under a digest that is not its own is refused', async () => {
    const spec = sql`insert into spec values (${'0'.repeat(64)}, '{}')`.execute(database.db);
    await expect(spec).rejects.toThrow('spec_check');
    const content = '{"limits":{"timeoutMs":1000}}';
    const bundle = sql`insert into bundle values (${'0'.repeat(64)}, 1, 1000, ${content}, '{}')`.execute(database.db);
    await expect(bundle).rejects.toThrow('bundle_check');
  });

  test.each([
    ['a time that is not that of its content', 2_000, '{"limits":{"timeoutMs":1000}}'],
    ['a time that its content does not have', 1_000, '{"limits":{}}'],
  ])('a bundle with %s is refused', async (_what, timeoutMs, content) => {
    const own = createHash('sha256').update(`{"authority":{},"content":${content}}`).digest('hex');
    const bundle = sql`insert into bundle values (${own}, 1, ${timeoutMs}, ${content}, '{}')`.execute(database.db);
    await expect(bundle).rejects.toThrow('bundle_timeout_check');
  });

  test('an environment that nobody made is said to be unknown', async () => {
    await expect(readLive(database.db, 'nowhere')).rejects.toMatchObject({
      code: 'store.environment_unknown',
      message: `There is no environment 'nowhere' in this database.`,
    });
  });
});
