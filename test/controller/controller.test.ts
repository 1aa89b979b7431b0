import { Client } from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { readEnvironment } from '../../src/controller/environments.ts';
import { planCommit } from '../../src/controller/planning.ts';
import { editByHand } from '../../src/store/hand-edit.ts';
import { lastAttempt } from '../../src/store/attempt.ts';
import { readConditions } from '../../src/store/condition.ts';
import { listRevisions } from '../../src/store/revision.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { createEstate, role, settings } from './fixture.ts';
import type { Estate } from './fixture.ts';

const hourMs = 3_600_000;
let estate: Estate | undefined;
afterEach(() => estate?.close());

async function open(environments: Parameters<typeof settings>[0] = { one: {} }): Promise<Estate> {
  const made = await createEstate();
  estate = made;
  const roles = Object.keys(environments).map((name) => [`${name}/role.yaml`, role('reader', 'tool:a:read')] as const);
  await made.git.commit({ 'pawl.yaml': settings(environments), ...Object.fromEntries(roles) }, 'Start');
  return made;
}

describe('a tick', () => {
  test('makes the head of the branch live, and the next one has nothing to do', async () => {
    const { tick, plane } = await (await open()).join();
    expect(await tick()).toEqual([
      { environment: 'one', outcome: { kind: 'applied', revision: 1, commit: expect.any(String) }, drifted: 0 },
    ]);
    expect((await tick())[0]?.outcome).toEqual({ kind: 'unchanged' });
    expect(await listRevisions(plane.database.db, 'one', { limit: 10 })).toHaveLength(1);
  });

  test('with apply: manual leaves the change to a person', async () => {
    const { tick, plane } = await (await open({ one: { apply: 'manual' } })).join();
    expect((await tick())[0]?.outcome).toMatchObject({ kind: 'waiting', changes: 1 });
    expect(await listRevisions(plane.database.db, 'one', { limit: 10 })).toEqual([]);
  });

  test('a commit that touches nothing of the environment makes no revision', async () => {
    const { git, join } = await open();
    const { tick, plane } = await join();
    await tick();
    const commit = await git.commit({ 'README.md': 'hello' });
    expect((await tick())[0]?.outcome).toEqual({ kind: 'unchanged' });
    expect(await lastAttempt(plane.database.db, 'one')).toMatchObject({ outcome: 'unchanged', commit_id: commit });
  });

  test('a commit that needs what this build lacks is refused, and says which part', async () => {
    const { git, join } = await open();
    const { tick, plane } = await join();
    await tick();
    const alert =
      'apiVersion: pawl/v1\nkind: AlertRule\nmetadata: {name: quiet}\nspec: {metric: leaseTakeovers, threshold: 5}\n';
    await git.commit({ 'one/policy.yaml': alert });
    expect((await tick())[0]?.outcome).toMatchObject({ kind: 'failed', code: 'plan.unsupported' });
    expect(await lastAttempt(plane.database.db, 'one')).toMatchObject({
      outcome: 'refused',
      code: 'plan.unsupported',
      message: expect.stringContaining('needs what this build lacks: metrics of leases (one/policy.yaml:'),
    });
    expect(await listRevisions(plane.database.db, 'one', { limit: 10 })).toHaveLength(1);
  });

  test('an environment with mistakes stays as it was and never stops the others', async () => {
    const { git, join } = await open({ bad: {}, good: {} });
    const { tick, plane, lines } = await join();
    await tick();
    await git.commit({ 'bad/role.yaml': 'kind: Nonsense\n', 'good/role.yaml': role('reader', 'tool:b:read') });
    const passes = await tick();
    expect(passes.map(({ environment, outcome }) => [environment, outcome.kind])).toEqual([
      ['bad', 'failed'],
      ['good', 'applied'],
    ]);
    const bad = await listRevisions(plane.database.db, 'bad', { limit: 10 });
    expect(bad.map((revision) => revision.revision)).toEqual([1]);
    expect(await lastAttempt(plane.database.db, 'bad')).toMatchObject({ outcome: 'refused', code: 'plan.invalid' });
    const told = () => lines.filter((line) => line.msg === 'commit not applied').length;
    expect(told()).toBe(1);
    await tick();
    expect(told()).toBe(1);
  });

  test('a branch that is gone or holds a broken pawl.yaml is the trouble of its own environment', async () => {
    const both = settings({ one: {}, two: {} }).replace('name: two, branch: main', 'name: two, branch: other');
    const { git, join } = await open();
    await git.commit({ 'pawl.yaml': both, 'two/role.yaml': role('reader', 'tool:a:read') });
    const { tick, plane } = await join();
    expect((await tick()).map(({ environment, outcome }) => [environment, outcome.kind])).toEqual([
      ['one', 'applied'],
      ['two', 'failed'],
    ]);
    await git.git('checkout', '--quiet', '-b', 'other');
    await git.commit({ 'pawl.yaml': 'environments: nonsense\n' });
    await git.git('checkout', '--quiet', 'main');
    await git.commit({ 'one/role.yaml': role('reader', 'tool:b:read') });
    expect((await tick()).map(({ environment, outcome }) => [environment, outcome.kind])).toEqual([
      ['one', 'applied'],
      ['two', 'failed'],
    ]);
    expect(await lastAttempt(plane.database.db, 'two')).toMatchObject({ code: 'environment.settings_invalid' });
  });

  test('a pawl.yaml that cannot be read holds every environment, and is recorded once', async () => {
    const { git, join } = await open();
    const { tick, plane } = await join();
    await tick();
    await git.commit({ 'pawl.yaml': 'environments: 3\n' });
    expect((await tick())[0]?.outcome).toMatchObject({
      kind: 'failed',
      code: 'environment.settings_invalid',
    });
    const first = await lastAttempt(plane.database.db, 'one');
    await tick();
    expect(await lastAttempt(plane.database.db, 'one')).toEqual(first);
    expect(await listRevisions(plane.database.db, 'one', { limit: 10 })).toHaveLength(1);
  });

  test('a path that is gone is trouble, not emptiness: nothing is removed', async () => {
    const { git, join } = await open({ one: {}, two: {} });
    const { tick, plane } = await join();
    await tick();
    await git.commit({ 'one/role.yaml': undefined });
    expect((await tick())[0]?.outcome).toMatchObject({ kind: 'failed' });
    expect(await listRevisions(plane.database.db, 'one', { limit: 10 })).toHaveLength(1);
  });
});

describe('a branch that was rewritten', () => {
  test('is held until somebody applies the new history, and goes on from there by itself', async () => {
    const { git, join } = await open();
    const { tick, plane } = await join();
    await tick();
    await git.git('checkout', '--quiet', '--orphan', 'other');
    await git.commit({ 'one/role.yaml': role('reader', 'tool:b:read') }, 'Rewritten');
    await git.git('branch', '--force', 'main', 'other');
    await git.git('checkout', '--quiet', 'main');
    expect((await tick())[0]?.outcome).toMatchObject({ kind: 'held', code: 'git.non_fast_forward' });
    const one = await readEnvironment(plane.repository, 'one');
    const plan = await planCommit(plane, { settings: one, commit: await plane.repository.resolve('main') });
    await applyAcknowledged(plane.database, plan, 'ada');
    expect((await tick())[0]?.outcome).toMatchObject({ kind: 'unchanged' });
    const gated = (await readConditions(plane.database.db, ['one'])).get('one')?.find(({ type }) => type === 'Gated');
    expect(gated?.reason).not.toBe('NonFastForward');
    await git.commit({ 'one/role.yaml': role('reader', 'tool:c:read') });
    expect((await tick())[0]?.outcome).toMatchObject({ kind: 'applied', revision: 3 });
  });

  test('is held, recorded once, and goes on when it contains what is live again', async () => {
    const { git, join } = await open();
    const { tick, plane } = await join();
    await tick();
    const live = await git.git('rev-parse', 'HEAD');
    await git.git('checkout', '--quiet', '--orphan', 'other');
    await git.commit({ 'one/role.yaml': role('reader', 'tool:evil:write') }, 'Rewritten');
    await git.git('branch', '--force', 'main', 'other');
    await git.git('checkout', '--quiet', 'main');
    expect((await tick())[0]?.outcome).toMatchObject({ kind: 'held', code: 'git.non_fast_forward' });
    const attempt = await lastAttempt(plane.database.db, 'one');
    expect(attempt).toMatchObject({ outcome: 'refused', code: 'git.non_fast_forward' });
    expect((await tick())[0]?.outcome.kind).toBe('unchanged');
    expect(await lastAttempt(plane.database.db, 'one')).toEqual(attempt);
    expect(await listRevisions(plane.database.db, 'one', { limit: 10 })).toHaveLength(1);
    await git.git('reset', '--quiet', '--hard', live);
    await git.commit({ 'one/role.yaml': role('reader', 'tool:b:read') });
    expect((await tick())[0]?.outcome).toMatchObject({ kind: 'applied', revision: 2 });
  });
});

describe('drift', () => {
  const row = { environment: 'one', address: 'AgentRole/default/reader' };
  const widened = { spec: { permissions: ['tool:*:*'] } };

  test('is told once for each fingerprint, is not undone by itself, and is undone by the next commit', async () => {
    const { git, join } = await open();
    const { tick, plane, lines } = await join();
    await tick();
    await editByHand(plane.database.db, row, (body) => ({ ...body, ...widened }));
    expect((await tick())[0]).toMatchObject({ outcome: { kind: 'waiting' }, drifted: 1 });
    await tick();
    const told = () => lines.filter((line) => line.msg === 'drift found');
    expect(told()).toMatchObject([{ environment: 'one', resources: [row.address] }]);
    expect(await listRevisions(plane.database.db, 'one', { limit: 10 })).toHaveLength(1);
    await editByHand(plane.database.db, row, (body) => ({ ...body, spec: { permissions: [] } }));
    await tick();
    expect(told()).toHaveLength(2);
    await git.commit({ 'one/other.yaml': role('writer', 'tool:a:write') });
    expect((await tick())[0]?.outcome).toMatchObject({ kind: 'applied', revision: 2 });
    await tick();
    expect(told()).toHaveLength(2);
  });

  test('that no counter saw is found by the hourly look', async () => {
    let now = 0;
    const { join, url } = await open();
    const { tick } = await join(() => now);
    await tick();
    await tick();
    // As somebody with triggers switched off, or a restore of one table, would leave it.
    const hand = new Client({ connectionString: url });
    await hand.connect();
    await hand.query("set session_replication_role = 'replica'");
    await hand.query(`update resource set body = jsonb_set(body::jsonb, '{spec,permissions}', '["tool:*:*"]')`);
    await hand.end();
    expect((await tick())[0]?.drifted).toBe(0);
    now = hourMs;
    expect((await tick())[0]).toMatchObject({ outcome: { kind: 'waiting' }, drifted: 1 });
  });
});

describe('two controllers at once', () => {
  test('make one revision of each commit', async () => {
    const { git, join } = await open();
    const [left, right] = [await join(), await join()];
    for (let revision = 1; revision <= 5; revision += 1) {
      const passes = (await Promise.all([left.tick(), right.tick()])).flat();
      const applied = passes.filter(({ outcome }) => outcome.kind === 'applied');
      expect(applied).toHaveLength(1);
      // The other one saw nothing to do, or lost the race and said so.
      const [other] = passes.filter(({ outcome }) => outcome.kind !== 'applied');
      expect([undefined, 'plan.stale']).toContain(other?.outcome.kind === 'failed' ? other.outcome.code : undefined);
      await git.commit({ 'one/role.yaml': role('reader', `tool:t${revision}:read`) });
    }
    const revisions = await listRevisions(left.plane.database.db, 'one', { limit: 10 });
    expect(revisions.map((one) => one.revision)).toEqual([5, 4, 3, 2, 1]);
  });
});
