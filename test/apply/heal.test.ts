import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apply } from '../../src/apply/apply.ts';
import { heal, healCheckpoints, healsMax, healWatched, resume } from '../../src/apply/heal.ts';
import { driftOf } from '../../src/controller/drift.ts';
import { createControlPlane } from '../../src/controller/planning.ts';
import { digest } from '../../src/manifest/digest.ts';
import type { Repository } from '../../src/source/repository.ts';
import { lastAttempt } from '../../src/store/attempt.ts';
import type { Database } from '../../src/store/database.ts';
import { ensureEnvironment, readEnvironment } from '../../src/store/environment.ts';
import { listEvents } from '../../src/store/event.ts';
import { healingStoppedAt } from '../../src/store/heal.ts';
import { readLive } from '../../src/store/live.ts';
import { rootOfRows } from '../../src/store/resource.ts';
import { readBodies } from '../../src/store/spec.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { addByHand, editByHand } from '../support/hands.ts';
import { manifestOf, planFor, type SmallResource } from '../support/plans.ts';

const two: readonly SmallResource[] = [
  { name: 'reader', value: 'reads' },
  { name: 'writer', value: 'writes' },
];

describe.each(databaseKinds)('healing on %s', (kind) => {
  let opened: OpenedDatabase;
  let database: Database;
  let count = 0;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    database = opened.database;
  });
  afterAll(() => opened.close());

  async function environment(): Promise<string> {
    count += 1;
    const name = `env-${count}`;
    await ensureEnvironment(database.db, name);
    await apply(database, planFor(await readLive(database.db, name), two), 'tester');
    return name;
  }

  // Healing reads no Git, so there is none.
  const drifted = (name: string) => driftOf(createControlPlane({} as Repository, database), name);

  async function healAll(name: string, automatic = false) {
    return heal(database, { ...(await drifted(name)), by: 'tester', automatic });
  }

  const removeByHand = (name: string, row: string) =>
    database.db.deleteFrom('resource').where('environment', '=', name).where('name', '=', row).execute();

  test('puts back what was edited, removed and added, and says whose work it undid', async () => {
    const name = await environment();
    const before = await readLive(database.db, name, { deep: true });
    await editByHand(database, { environment: name, name: 'reader' }, 'everything');
    await removeByHand(name, 'writer');
    await addByHand(database, name, 'stranger');
    const healing = await healAll(name);
    expect(healing).toMatchObject({ kind: 'healed', revision: 1 });
    const after = await readLive(database.db, name, { deep: true });
    const contents = (live: typeof after) =>
      [...live.heads.values()].map((head) => `${head.address} ${head.applied} ${head.live}`).sort();
    expect(contents(after)).toEqual(contents(before));
    expect(after).toMatchObject({ revision: 1, root: before.root });
    expect(await rootOfRows(database.db, name)).toBe(before.root);
    const [event] = await listEvents(database.db, name, 1);
    expect(event).toMatchObject({ actor: 'tester', action: 'drift.heal' });
    expect(event?.detail['undone']).toEqual([
      expect.objectContaining({
        address: 'AgentRole/default/reader',
        class: 'outOfBand',
        by: expect.any(String) as string,
      }),
      expect.objectContaining({ address: 'AgentRole/default/stranger', class: 'orphan' }),
      expect.objectContaining({ address: 'AgentRole/default/writer', class: 'missing', digest: null }),
    ]);
    const undone = digest(manifestOf({ name: 'reader', value: 'everything' }));
    expect((await readBodies(database.db, [undone])).get(undone)).toEqual(
      manifestOf({ name: 'reader', value: 'everything' }),
    );
  });

  test('sees and undoes an edit past the triggers', async () => {
    const name = await environment();
    await sql`alter table resource disable trigger user`.execute(database.db);
    await editByHand(database, { environment: name, name: 'reader' }, 'unseen');
    await sql`alter table resource enable trigger user`.execute(database.db);
    expect((await readLive(database.db, name)).heads.get('AgentRole/default/reader')?.touched).toBeUndefined();
    expect(await healAll(name)).toMatchObject({
      kind: 'healed',
      undone: [{ address: 'AgentRole/default/reader', by: undefined }],
    });
    expect((await drifted(name)).drift).toEqual([]);
  });

  test('leaves a row alone that was edited again meanwhile, and all others with it', async () => {
    const name = await environment();
    await editByHand(database, { environment: name, name: 'reader' }, 'first');
    await editByHand(database, { environment: name, name: 'writer' }, 'first');
    const seen = await drifted(name);
    await editByHand(database, { environment: name, name: 'writer' }, 'second');
    await expect(heal(database, { ...seen, by: 'tester', automatic: false })).rejects.toMatchObject({
      code: 'drift.moved',
      message: `Nothing of ${name} is healed: AgentRole/default/writer was changed again meanwhile.`,
    });
    expect((await drifted(name)).drift).toHaveLength(2);
  });

  test('gives way to a revision that was applied meanwhile', async () => {
    const name = await environment();
    await editByHand(database, { environment: name, name: 'reader' }, 'by hand');
    const seen = await drifted(name);
    await apply(database, planFor(await readLive(database.db, name), two, 'c2'), 'tester');
    await expect(heal(database, { ...seen, by: 'tester', automatic: true })).rejects.toMatchObject({
      code: 'drift.moved',
    });
  });

  test('an apply that was planned before it is stale', async () => {
    const name = await environment();
    await editByHand(database, { environment: name, name: 'reader' }, 'by hand');
    const plan = planFor(await readLive(database.db, name), two, 'c2');
    await healAll(name);
    await expect(apply(database, plan, 'tester')).rejects.toMatchObject({ code: 'plan.stale' });
  });

  test('stops after five times within a minute, for every controller and until a person resumes it', async () => {
    const name = await environment();
    for (let turn = 1; turn <= healsMax; turn += 1) {
      await editByHand(database, { environment: name, name: 'reader' }, `turn ${turn}`);
      expect(await healAll(name, true)).toMatchObject({ kind: 'healed' });
    }
    await editByHand(database, { environment: name, name: 'reader' }, 'once more');
    expect(await healAll(name, true)).toMatchObject({ kind: 'stopped', isNews: true });
    expect(await healAll(name, true)).toMatchObject({ kind: 'stopped', isNews: false });
    expect(await healingStoppedAt(database.db, name)).toBeDefined();
    expect(await lastAttempt(database.db, name)).toMatchObject({ outcome: 'refused', code: 'drift.fight' });
    expect((await listEvents(database.db, name, 1))[0]).toMatchObject({ action: 'drift.fight' });
    // A person may still put the rows back, and is not counted.
    expect(await healAll(name)).toMatchObject({ kind: 'healed' });
    await editByHand(database, { environment: name, name: 'reader' }, 'and again');
    expect(await healAll(name, true)).toMatchObject({ kind: 'stopped' });
    await resume(database, name, 'operator');
    expect(await healingStoppedAt(database.db, name)).toBeUndefined();
    expect(await healAll(name, true)).toMatchObject({ kind: 'healed' });
    expect((await listEvents(database.db, name, 2)).map(({ actor, action }) => [actor, action])).toEqual([
      ['tester', 'drift.heal'],
      ['operator', 'drift.resume'],
    ]);
  });

  test.each(healCheckpoints)('that fails at "%s" leaves every row as it was', async (point) => {
    const name = await environment();
    await editByHand(database, { environment: name, name: 'reader' }, 'by hand');
    const seen = await drifted(name);
    const row = () => database.db.selectFrom('resource').selectAll().where('environment', '=', name).execute();
    const before = [await row(), await readEnvironment(database.db, name), await listEvents(database.db, name, 9)];
    const order = { ...seen, by: 'tester', automatic: true };
    const failing = healWatched(database, order, (reached) => {
      if (reached === point) throw new TypeError('the end');
    });
    await expect(failing).rejects.toThrow('the end');
    expect([await row(), await readEnvironment(database.db, name), await listEvents(database.db, name, 9)]).toEqual(
      before,
    );
  });
});

test('two controllers that see the same drift heal it once', async () => {
  const opened = await openTestDatabase('postgres');
  try {
    const { database } = opened;
    await ensureEnvironment(database.db, 'prod');
    await apply(database, planFor(await readLive(database.db, 'prod'), two), 'tester');
    await editByHand(database, { environment: 'prod', name: 'reader' }, 'by hand');
    const seen = await driftOf(createControlPlane({} as Repository, database), 'prod');
    const results = await Promise.allSettled(
      ['one', 'two'].map((by) => heal(database, { ...seen, by, automatic: true })),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const heals = (await listEvents(database.db, 'prod', 9)).filter(({ action }) => action === 'drift.heal');
    expect(heals).toHaveLength(1);
  } finally {
    await opened.close();
  }
});
