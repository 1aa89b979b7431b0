import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { acknowledge } from '../../src/apply/acknowledge.ts';
import { planCommit } from '../../src/controller/planning.ts';
import { lastAttempt } from '../../src/store/attempt.ts';
import { readLive } from '../../src/store/live.ts';
import { createEstate, type Estate, role, settings, type TestController } from './fixture.ts';

const estates: Estate[] = [];
afterEach(async () => {
  for (const estate of estates.splice(0)) await estate.close();
});

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const files = Object.fromEntries(names.map((name) => [`one/${name}.yaml`, role(name, 'tool:x:read')]));
const without = (some: readonly string[]) => Object.fromEntries(some.map((name) => [`one/${name}.yaml`, undefined]));

/** A controller with eight roles live, each from a file of its own. */
async function open(): Promise<Estate & TestController> {
  const estate = await createEstate();
  estates.push(estate);
  await estate.git.commit({ 'pawl.yaml': settings({ one: {} }), ...files });
  const controller = await estate.join();
  await controller.tick();
  return { ...estate, ...controller };
}

type Loss = (git: Estate['git']) => Promise<unknown>;

async function removeObject(git: Estate['git'], name: string): Promise<void> {
  const id = await git.git('rev-parse', name);
  await rm(join(git.path, '.git/objects', id.slice(0, 2), id.slice(2)), { force: true });
}

const losses: Readonly<Record<string, Loss>> = {
  'all files under names that are no manifests': (git) =>
    git.commit({
      ...without(names),
      ...Object.fromEntries(names.map((name) => [`one/${name}.txt`, role(name, 'tool:x:read')])),
    }),
  'a path that is gone': (git) => git.commit({ ...without(names), 'two/a.yaml': role('a', 'tool:x:read') }),
  'a path that is a file now': (git) => git.git('rm', '-rq', 'one').then(() => git.commit({ one: 'not a folder' })),
  'a path with an empty file alone': (git) => git.commit({ ...without(names), 'one/empty.yaml': '' }),
  'a path with comments alone': (git) => git.commit({ ...without(names), 'one/note.yaml': '# nothing yet\n---\n' }),
  'an empty commit without any file': (git) => git.git('rm', '-rq', '.').then(() => git.commit({})),
  'a tree that cannot be read': async (git) => {
    await git.commit({ 'one/more.yaml': role('more', 'tool:x:read') });
    await removeObject(git, 'HEAD:one');
  },
  'a file that cannot be read': async (git) => {
    await git.commit({ 'one/a.yaml': role('a', 'tool:y:read') });
    await removeObject(git, 'HEAD:one/a.yaml');
  },
  'a commit that cannot be read': async (git) => {
    await git.commit({ 'one/a.yaml': role('a', 'tool:y:read') });
    await removeObject(git, 'HEAD');
  },
  'a branch that is gone': (git) => git.git('branch', '--move', 'main', 'elsewhere'),
};

describe('source trouble is not emptiness', () => {
  test.each(Object.entries(losses))('%s is refused, and what is live stays', async (_name, lose) => {
    const { git, tick, plane } = await open();
    const before = await readLive(plane.database.db, 'one', { deep: true });
    expect(before).toMatchObject({ revision: 1 });
    expect(before.heads.size).toBe(names.length);
    await lose(git);
    expect((await tick())[0]).toMatchObject({ environment: 'one', outcome: { kind: 'failed' } });
    expect((await tick())[0]?.outcome.kind).not.toBe('applied');
    expect(await readLive(plane.database.db, 'one', { deep: true })).toEqual(before);
    expect(await lastAttempt(plane.database.db, 'one')).toMatchObject({ revision: null });
  });
});

describe('a commit that lost half of its files', () => {
  test('waits with its figures, and goes live once that is acknowledged', async () => {
    const { git, controller, plane } = await open();
    const { db } = plane.database;
    const commit = await git.commit(without(names.slice(0, 4)));
    expect((await controller.tick())[0]?.outcome).toMatchObject({ kind: 'unacknowledged' });
    expect(await lastAttempt(db, 'one')).toMatchObject({ outcome: 'refused', code: 'plan.unacknowledged' });
    expect((await readLive(db, 'one')).heads.size).toBe(names.length);
    const environment = { name: 'one', branch: 'main', paths: ['one'], apply: 'auto' } as const;
    const plan = await planCommit(plane, { settings: environment, commit });
    expect(plan.guards.map(({ id }) => id)).toEqual(['guard.source_shrunk']);
    await acknowledge(plane.database, plan, { by: 'reviewer', ids: ['guard.source_shrunk'], reason: 'Tidied.' });
    expect((await controller.tick())[0]?.outcome).toMatchObject({ kind: 'applied', revision: 2 });
    expect((await readLive(db, 'one')).heads.size).toBe(4);
  });

  test('needs another word where it loses one more: a guard holds for one plan', async () => {
    const { git, controller, plane } = await open();
    const environment = { name: 'one', branch: 'main', paths: ['one'], apply: 'auto' } as const;
    const first = await git.commit(without(names.slice(0, 4)));
    const plan = await planCommit(plane, { settings: environment, commit: first });
    await acknowledge(plane.database, plan, { by: 'reviewer', ids: ['guard.source_shrunk'] });
    await git.commit(without(['e']));
    expect((await controller.tick())[0]?.outcome).toMatchObject({ kind: 'unacknowledged' });
  });
});

test('a protected role is not deleted, whoever agrees; two merges do it', async () => {
  const { git, controller, plane, tick } = await open();
  const { db } = plane.database;
  const kept = role('a', 'tool:x:read').replace('{ name: a }', '{ name: a, annotations: { pawl/protect: "true" } }');
  await git.commit({ 'one/a.yaml': kept });
  await tick();
  const commit = await git.commit(without(['a']));
  expect((await controller.tick())[0]?.outcome).toMatchObject({ kind: 'unacknowledged' });
  const environment = { name: 'one', branch: 'main', paths: ['one'], apply: 'auto' } as const;
  const plan = await planCommit(plane, { settings: environment, commit });
  await expect(acknowledge(plane.database, plan, { by: 'reviewer', ids: ['guard.protected'] })).rejects.toMatchObject({
    code: 'ack.not_allowed',
  });
  expect((await readLive(db, 'one')).heads.has('AgentRole/default/a')).toBe(true);
  await git.commit(files);
  await tick();
  await git.commit(without(['a']));
  await tick();
  expect((await readLive(db, 'one')).heads.has('AgentRole/default/a')).toBe(false);
});
