import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apply } from '../../src/apply/apply.ts';
import { digest, rootOf } from '../../src/manifest/digest.ts';
import type { Live, Plan } from '../../src/plan/change.ts';
import { lastAttempt } from '../../src/store/attempt.ts';
import { currentBundle, readBundle } from '../../src/store/bundle.ts';
import type { Database } from '../../src/store/database.ts';
import { ensureEnvironment, readEnvironment } from '../../src/store/environment.ts';
import { listEvents } from '../../src/store/event.ts';
import { readLive } from '../../src/store/live.ts';
import { readPast, resourcesAt } from '../../src/store/resource-history.ts';
import { listRevisions } from '../../src/store/revision.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { addByHand, editByHand } from '../support/hands.ts';
import { manifestOf, planFor, type SmallResource } from '../support/plans.ts';

const two: readonly SmallResource[] = [
  { name: 'reader', value: 'reads' },
  { name: 'writer', value: 'writes' },
];

describe.each(databaseKinds)('apply on %s', (kind) => {
  let opened: OpenedDatabase;
  let database: Database;
  let count = 0;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    database = opened.database;
  });
  afterAll(() => opened.close());

  async function environment(target?: readonly SmallResource[]): Promise<string> {
    count += 1;
    const name = `env-${count}`;
    await ensureEnvironment(database.db, name);
    if (target !== undefined) await apply(database, planFor(await readLive(database.db, name), target), 'tester');
    return name;
  }

  async function planned(name: string, target: readonly SmallResource[], commit = 'c2'): Promise<Plan> {
    return planFor(await readLive(database.db, name), target, commit);
  }

  test('the first apply makes revision 1, and its root is that of the target', async () => {
    const name = await environment();
    const plan = await planned(name, two, 'c1');
    const applied = await apply(database, plan, 'tester');
    const root = rootOf(two.map((one) => [`AgentRole/default/${one.name}`, digest(manifestOf(one))] as const));
    expect(applied).toEqual({ outcome: 'applied', environment: name, revision: 1, root, commit: 'c1' });
    const live = await readLive(database.db, name);
    expect(live).toMatchObject({ revision: 1, root, commit: 'c1', writes: 0 });
    expect([...live.heads.keys()].sort()).toEqual(['AgentRole/default/reader', 'AgentRole/default/writer']);
    expect(live.heads.get('AgentRole/default/reader')).toEqual({
      address: 'AgentRole/default/reader',
      generation: 1,
      applied: digest(manifestOf({ name: 'reader', value: 'reads' })),
      live: digest(manifestOf({ name: 'reader', value: 'reads' })),
      file: 'reader.yaml',
      line: 1,
      touched: undefined,
    });
  });

  test('history tells what each revision held', async () => {
    const name = await environment(two);
    const next = [
      { name: 'writer', value: 'writes more' },
      { name: 'judge', value: 'judges' },
    ];
    await apply(database, await planned(name, next), 'tester');
    expect([...(await resourcesAt(database.db, name, 1)).keys()]).toEqual([
      'AgentRole/default/reader',
      'AgentRole/default/writer',
    ]);
    expect(await resourcesAt(database.db, name, 2)).toEqual(
      new Map([
        ['AgentRole/default/judge', digest(manifestOf({ name: 'judge', value: 'judges' }))],
        ['AgentRole/default/writer', digest(manifestOf({ name: 'writer', value: 'writes more' }))],
      ]),
    );
    const reader = { address: 'AgentRole/default/reader', digest: undefined };
    const writer = {
      address: 'AgentRole/default/writer',
      digest: digest(manifestOf({ name: 'writer', value: 'writes' })),
    };
    const { older } = await readPast(database.db, name, { coming: [reader, writer] });
    expect(older.get('AgentRole/default/reader')).toEqual([
      { revision: 2, digest: undefined },
      { revision: 1, digest: digest(manifestOf({ name: 'reader', value: 'reads' })) },
    ]);
    expect(older.get('AgentRole/default/writer')?.map((entry) => entry.revision)).toEqual([2, 1]);
    const live = await readLive(database.db, name);
    expect(live.heads.get('AgentRole/default/writer')?.generation).toBe(2);
    expect(live.heads.has('AgentRole/default/reader')).toBe(false);
  });

  test('a revision leaves its event, its attempt and its summary', async () => {
    const name = await environment(two);
    const [revision] = await listRevisions(database.db, name, { limit: 5 });
    expect(revision).toMatchObject({
      revision: 1,
      commit_id: 'c1',
      commit_subject: 'Commit c1',
      applied_by: 'tester',
      summary: { add: 2, change: 0, remove: 0, move: 0, adopt: 0, orphan: 0 },
    });
    const [event] = await listEvents(database.db, name, 5);
    expect(event).toMatchObject({ actor: 'tester', action: 'apply', detail: { revision: 1, commit: 'c1' } });
    expect(await lastAttempt(database.db, name)).toMatchObject({ outcome: 'applied', revision: 1, commit_id: 'c1' });
  });

  test('a recognised revert is in the summary of its revision', async () => {
    const name = await environment(two);
    const plan = await planned(name, two.slice(0, 1));
    await apply(database, { ...plan, revert: { revision: 1, returned: 1, of: 1 } }, 'tester');
    const [revision] = await listRevisions(database.db, name, { limit: 1 });
    expect(revision?.summary).toMatchObject({ remove: 1, revert: { revision: 1, returned: 1, of: 1 } });
  });

  test('a plan made for an older revision is refused, and nothing of it is written', async () => {
    const name = await environment(two);
    const late = await planned(name, [{ name: 'reader', value: 'late' }]);
    await apply(database, await planned(name, two.slice(1)), 'tester');
    const before = await dump(name);
    await expect(apply(database, late, 'tester')).rejects.toMatchObject({
      name: 'TerminalError',
      code: 'plan.stale',
      exit: 6,
      message: `Plan ${late.digest.slice(0, 8)} was made for revision 1, but live is at revision 2. Run pawl plan again.`,
    });
    expect(await dump(name)).toEqual(before);
    expect(await lastAttempt(database.db, name)).toMatchObject({ outcome: 'refused', code: 'plan.stale' });
  });

  test('a plan made for another database of the same name is refused', async () => {
    const name = await environment(two);
    const plan = await planned(name, two.slice(1));
    const foreign = { ...plan, lineage: '00000000-0000-4000-8000-000000000000' };
    await expect(apply(database, foreign, 'tester')).rejects.toMatchObject({ code: 'plan.stale' });
    const nowhere = { ...plan, environment: 'nowhere' };
    await expect(apply(database, nowhere, 'tester')).rejects.toThrow(`there is no environment 'nowhere'`);
  });

  test('a row that a hand changed after the plan makes it stale', async () => {
    const name = await environment(two);
    const plan = await planned(name, [{ name: 'reader', value: 'new' }, ...two.slice(1)]);
    await editByHand(database, { environment: name, name: 'reader' }, 'by hand');
    await expect(apply(database, plan, 'tester')).rejects.toThrow(/but AgentRole\/default\/reader was changed by \S+/);
  });

  test('a row that appeared or went after the plan makes it stale', async () => {
    const name = await environment(two);
    const adding = await planned(name, [...two, { name: 'judge', value: 'judges' }]);
    const changing = await planned(name, [{ name: 'reader', value: 'new' }, ...two.slice(1)]);
    await addByHand(database, name, 'judge');
    await expect(apply(database, adding, 'tester')).rejects.toThrow('AgentRole/default/judge exists by now');
    await database.db.deleteFrom('resource').where('environment', '=', name).where('name', '=', 'reader').execute();
    await expect(apply(database, changing, 'tester')).rejects.toThrow('AgentRole/default/reader is gone');
  });

  test('an edit by hand that the plan knows is written over, and the event says whose it was', async () => {
    const name = await environment(two);
    await editByHand(database, { environment: name, name: 'reader' }, 'by hand');
    await apply(database, await planned(name, two, 'c2'), 'tester');
    const live = await readLive(database.db, name);
    expect(live.heads.get('AgentRole/default/reader')).toMatchObject({
      live: digest(manifestOf({ name: 'reader', value: 'reads' })),
      touched: undefined,
    });
    const [event] = await listEvents(database.db, name, 1);
    expect(event?.detail).toMatchObject({
      overwritten: [{ address: 'AgentRole/default/reader', class: 'outOfBand', by: expect.stringContaining('pawl') }],
    });
  });

  test('a plan with a conflict is refused before the database is asked', async () => {
    const name = await environment(two);
    const plan = await planned(name, [{ name: 'reader', value: 'new' }, ...two.slice(1)]);
    const conflict = { ...plan, changes: plan.changes.map((change) => ({ ...change, class: 'conflict' as const })) };
    await expect(apply(database, conflict, 'tester')).rejects.toMatchObject({
      code: 'plan.conflict',
      exit: 6,
      message: `Plan ${plan.digest.slice(0, 8)} is not applied: Git and a hand both changed AgentRole/default/reader.`,
    });
  });

  test('a plan with errors and a plan of uncommitted files are refused', async () => {
    const name = await environment(two);
    const plan = await planned(name, two.slice(1));
    const problem = { code: 'yaml.alias', severity: 'error', message: 'too many aliases', file: 'a.yaml' } as const;
    const wrong = { ...plan, problems: [{ ...problem, line: 3, column: 1 }] };
    await expect(apply(database, wrong, 'tester')).rejects.toMatchObject({
      code: 'plan.invalid',
      message: expect.stringContaining('a.yaml:3:1: too many aliases'),
    });
    const lacking = { ...problem, severity: 'warning', blocks: 'apply', lacks: 'memory', line: 3, column: 1 } as const;
    await expect(apply(database, { ...plan, problems: [lacking] }, 'tester')).rejects.toMatchObject({
      code: 'plan.unsupported',
      exit: 3,
      message: `Plan ${plan.digest.slice(0, 8)} needs what this build lacks: memory (a.yaml:3:1).`,
      help: expect.stringContaining('Remove what `pawl validate` marks `manifest.unsupported`'),
    });
    const uncommitted = { ...plan, target: { ...plan.target, commit: 'working-copy' } };
    await expect(apply(database, uncommitted, 'tester')).rejects.toMatchObject({ code: 'plan.uncommitted' });
    expect((await readEnvironment(database.db, name))?.revision).toBe(1);
  });

  test('rows that do not add up to the planned root are rolled back', async () => {
    const name = await environment(two);
    const plan = await planned(name, two.slice(1));
    const before = await dump(name);
    const wrong = { ...plan, target: { ...plan.target, root: 'f'.repeat(64) } };
    await expect(apply(database, wrong, 'tester')).rejects.toMatchObject({ code: 'apply.root_mismatch', exit: 6 });
    expect(await dump(name)).toEqual(before);
  });

  test('a commit that changes nothing is remembered without a revision', async () => {
    const name = await environment(two);
    const applied = await apply(database, await planned(name, two, 'c9'), 'tester');
    expect(applied).toMatchObject({ outcome: 'unchanged', revision: 1, commit: 'c9' });
    expect(await readEnvironment(database.db, name)).toMatchObject({ revision: 1, commit_id: 'c9' });
    expect(await listRevisions(database.db, name, { limit: 5 })).toHaveLength(1);
    expect(await lastAttempt(database.db, name)).toMatchObject({ outcome: 'unchanged', commit_id: 'c9' });
  });

  test('bundles change with their systems and stay readable by digest', async () => {
    const name = await environment([{ kind: 'AgentSystem', name: 'triage', value: 1 }]);
    const first = await currentBundle(database.db, name, 'default/triage');
    await apply(database, await planned(name, [{ kind: 'AgentSystem', name: 'triage', value: 2 }]), 'tester');
    const second = await currentBundle(database.db, name, 'default/triage');
    expect(second).not.toBe(first);
    expect((await readLive(database.db, name)).bundles).toEqual(new Map([['default/triage', second]]));
    await apply(database, await planned(name, []), 'tester');
    expect(await currentBundle(database.db, name, 'default/triage')).toBeUndefined();
    expect((await readBundle(database.db, first ?? ''))?.content.system).toBe('default/triage');
  });

  test('of two applies at once one wins and the other is stale', async () => {
    const name = await environment(two);
    const plans = [await planned(name, two.slice(1), 'left'), await planned(name, two.slice(0, 1), 'right')];
    const results = await Promise.allSettled(plans.map((plan) => apply(database, plan, 'tester')));
    const lost = results.filter((result) => result.status === 'rejected');
    expect(lost).toHaveLength(1);
    expect(lost[0]?.reason).toMatchObject({ code: 'plan.stale' });
    expect((await readEnvironment(database.db, name))?.revision).toBe(2);
  });

  test('reading what has moved gives what reading everything gives', async () => {
    const name = await environment(two);
    let previous: Live = await readLive(database.db, name);
    const steps: (() => Promise<unknown>)[] = [
      async () => apply(database, await planned(name, [...two, { name: 'judge', value: 'judges' }]), 'tester'),
      async () => apply(database, await planned(name, two.slice(1)), 'tester'),
      () => editByHand(database, { environment: name, name: 'writer' }, 'by hand'),
      async () => apply(database, await planned(name, two), 'tester'),
      () => addByHand(database, name, 'stray'),
      async () => apply(database, await planned(name, two.slice(1)), 'tester'),
      async () => apply(database, await planned(name, two.slice(1), 'c9'), 'tester'),
    ];
    for (const step of steps) {
      await step();
      previous = await readLive(database.db, name, { previous });
      expect(previous).toEqual(await readLive(database.db, name));
    }
  });

  test('a thousand resources are applied in one revision', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => ({ name: `role-${index}`, value: index }));
    const name = await environment(many);
    expect((await readLive(database.db, name)).heads.size).toBe(1_000);
  });

  /** Everything of an environment that apply writes, but for attempts. */
  async function dump(name: string): Promise<unknown> {
    const { db } = database;
    const of = <T extends 'resource' | 'resource_history' | 'resource_bucket' | 'revision' | 'event'>(table: T) =>
      db
        .selectFrom(table as 'resource')
        .selectAll()
        .where('environment', '=', name)
        .execute();
    return [
      await readEnvironment(db, name),
      await of('resource'),
      await of('resource_history'),
      await of('resource_bucket'),
      await of('revision'),
      await of('event'),
    ];
  }
});
