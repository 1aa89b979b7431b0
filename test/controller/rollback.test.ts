import { rename } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { apply } from '../../src/apply/apply.ts';
import { Controller } from '../../src/controller/controller.ts';
import { compare } from '../../src/controller/compare.ts';
import { driftOf } from '../../src/controller/drift.ts';
import { readEnvironment as readEnvironmentSettings } from '../../src/controller/environments.ts';
import { type ControlPlane, createControlPlane, planCommit } from '../../src/controller/planning.ts';
import { liftQuarantine, planRollback, rollBack } from '../../src/controller/rollback.ts';
import { createLog } from '../../src/log.ts';
import type { Plan } from '../../src/plan/change.ts';
import { openRepository } from '../../src/source/repository.ts';
import { readEnvironment } from '../../src/store/environment.ts';
import { listEvents } from '../../src/store/event.ts';
import { readLive } from '../../src/store/live.ts';
import { readQuarantine } from '../../src/store/quarantine.ts';
import { listRevisions } from '../../src/store/revision.ts';
import { acknowledgeAll, tickAcknowledged } from '../support/apply-acknowledged.ts';
import { databaseKinds, openTestDatabase } from '../support/databases.ts';
import { createRepository } from '../support/git.ts';
import { editByHand } from '../support/hands.ts';
import { role, settings } from './fixture.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const kept = role('kept', 'tool:kept:read');
const good = role('a', 'tool:a:read');
const bad = role('a', 'tool:a:write');

async function open(kind: (typeof databaseKinds)[number]) {
  const [opened, git] = [await openTestDatabase(kind), await createRepository()];
  const repository = await openRepository({ path: git.path, surroundings: { path: process.env['PATH'] ?? '' } });
  closers.push(
    () => opened.close(),
    () => git.remove(),
    () => repository.close(),
  );
  const plane = createControlPlane(repository, opened.database);
  const log = createLog('silent');
  const controller = new Controller({ plane, actor: 'controller', log, now: () => 0 });
  await git.commit({ 'pawl.yaml': settings({ one: {} }), 'one/kept.yaml': kept, 'one/a.yaml': good });
  const tick = async () => (await tickAcknowledged(controller, plane))[0]?.outcome;
  return { plane, git, controller, tick, database: opened.database };
}

const digestsOf = async ({ database }: ControlPlane) =>
  Array.from((await readLive(database.db, 'one')).heads.values(), ({ address, live }) => `${address} ${live}`).sort();

function idsOf(plan: Plan): readonly string[] {
  return plan.risks.filter(({ gate }) => gate === 'ack').map(({ id }) => id);
}

async function returnTo(plane: ControlPlane, revision: number, reason = 'it wrote too much') {
  const { plan } = await planRollback(plane, { environment: 'one', revision });
  return rollBack(plane, {
    environment: 'one',
    revision,
    planDigest: plan.digest,
    runs: 'finish',
    reason,
    by: 'on-call',
    acknowledge: idsOf(plan),
  });
}

describe.each(databaseKinds)('on %s', (kind) => {
  test('a bad commit is undone without Git, held with what is on top of it, and released by its revert', async () => {
    const { plane, git, controller, tick, database } = await open(kind);
    await tick();
    const before = await digestsOf(plane);
    await git.commit({ 'one/a.yaml': bad });
    expect(await tick()).toMatchObject({ kind: 'applied', revision: 2 });

    await rename(`${git.path}/.git`, `${git.path}/away`);
    expect(await returnTo(plane, 1)).toMatchObject({ outcome: 'applied', revision: 3 });
    await rename(`${git.path}/away`, `${git.path}/.git`);

    expect(await digestsOf(plane)).toEqual(before);
    expect((await driftOf(plane, 'one')).drift).toEqual([]);
    expect((await listRevisions(database.db, 'one', { limit: 9 }))[0]).toMatchObject({
      revision: 3,
      applied_by: 'on-call',
      summary: {
        add: 0,
        change: 1,
        remove: 0,
        revert: { revision: 1, returned: 1, of: 1 },
        rollback: { to: 1, from: 2, reason: 'it wrote too much', runs: 'finish' },
      },
    });
    expect((await listEvents(database.db, 'one', 1))[0]).toMatchObject({ actor: 'on-call', action: 'rollback' });

    expect(await tick()).toMatchObject({ kind: 'held', code: 'plan.quarantined' });
    expect(await tick()).toMatchObject({ kind: 'unchanged' });
    await git.commit({ 'one/b.yaml': role('b', 'tool:b:read') });
    const held = await tick();
    expect(held).toMatchObject({ kind: 'held', code: 'plan.quarantined' });
    expect(held?.kind === 'held' && held.message).toMatch(
      /is held: quarantined AgentRole\/default\/a@[0-9a-f]{8}, since revision 3 rolled back to revision 1 by on-call: it wrote too much\./,
    );
    expect(await digestsOf(plane)).toEqual(before);

    await git.git('revert', '--no-edit', 'HEAD~1');
    expect(await tick()).toMatchObject({ kind: 'applied', revision: 4 });
    expect(await readQuarantine(database.db, 'one')).toEqual([]);
    expect((await readEnvironment(database.db, 'one'))?.pin).toBeNull();

    // Merged once more and on purpose, it goes live as any other commit.
    await git.commit({ 'one/a.yaml': bad });
    expect(await tick()).toMatchObject({ kind: 'applied', revision: 5 });
    void controller;
  }, 120_000);

  test('a revert that says exactly what was brought back makes no revision, and releases', async () => {
    const { plane, git, tick, database } = await open(kind);
    await tick();
    await git.commit({ 'one/a.yaml': bad });
    await tick();
    await returnTo(plane, 1);
    await git.git('revert', '--no-edit', 'HEAD');
    expect(await tick()).toMatchObject({ kind: 'unchanged' });
    expect(await readQuarantine(database.db, 'one')).toEqual([]);
    expect((await listEvents(database.db, 'one', 1))[0]).toMatchObject({
      action: 'quarantine.end',
      detail: { pairs: 1 },
    });
    expect(await readEnvironment(database.db, 'one')).toMatchObject({ revision: 3, pin: null });
  }, 120_000);
});

/** What differs between the databases is in the two tests above. */
const kind = 'postgres';

describe('a rollback', () => {
  test('what pawl.yaml says stays as it is, until the revert brings that back too', async () => {
    const { plane, git, tick, database } = await open(kind);
    await tick();
    const groups = async () => (await readLive(database.db, 'one')).rules?.groups;
    const widened = `${settings({ one: {} })}groups: { security: { github: { users: [mallory, reviewer] } } }\n`;
    await git.commit({ 'pawl.yaml': widened, 'one/a.yaml': bad });
    expect(await tick()).toMatchObject({ kind: 'applied', revision: 2 });

    expect(await returnTo(plane, 1)).toMatchObject({ outcome: 'applied', revision: 3 });
    expect(await groups()).toEqual({ security: { github: { users: ['mallory', 'reviewer'] } } });

    await git.git('revert', '--no-edit', 'HEAD');
    const one = await readEnvironmentSettings(plane.repository, 'one');
    const { risks } = await planCommit(plane, { settings: one, commit: await plane.repository.resolve('main') });
    expect(risks.map((risk) => risk.class)).toContain('R13');
    await tick();
    expect(await groups()).toEqual({});
    expect(await readQuarantine(database.db, 'one')).toEqual([]);
  }, 120_000);

  test('applying by hand is refused as well, until somebody lifts it with a reason', async () => {
    const { plane, git, tick, database } = await open(kind);
    await tick();
    await git.commit({ 'one/a.yaml': bad });
    await tick();
    await returnTo(plane, 1);
    const target = { settings: (await planned(plane)).settings, commit: await plane.repository.resolve('main') };
    const plan = await planCommit(plane, target);
    const by = { by: 'ada', acknowledge: idsOf(plan) };
    await expect(apply(database, plan, by)).rejects.toMatchObject({
      code: 'plan.quarantined',
      exit: 3,
      message: expect.stringContaining('rolled back to revision 1 by on-call: it wrote too much'),
    });
    // A plan that was made before the rollback, or by a build that looks at nothing: the transaction itself refuses.
    const { quarantined: _unseen, ...blind } = plan;
    await expect(apply(database, blind, by)).rejects.toMatchObject({ code: 'plan.quarantined' });
    await expect(
      liftQuarantine(plane, { environment: 'one', by: 'ada', reason: 'x', addresses: ['AgentRole/default/kept'] }),
    ).rejects.toMatchObject({ code: 'quarantine.empty' });

    expect(await liftQuarantine(plane, { environment: 'one', by: 'ada', reason: 'it was right' })).toMatchObject([
      { address: 'AgentRole/default/a' },
    ]);
    expect((await listEvents(database.db, 'one', 1))[0]).toMatchObject({
      actor: 'ada',
      action: 'quarantine.release',
      detail: { reason: 'it was right' },
    });
    expect(await tick()).toMatchObject({ kind: 'applied', revision: 4 });
  }, 120_000);

  test('what was added is held in the very same form, and what was deleted is held while it lacks', async () => {
    const { plane, git, tick, database } = await open(kind);
    await tick();
    await git.commit({ 'one/kept.yaml': undefined, 'one/new.yaml': role('new', 'tool:new:read') });
    await acknowledgeAll(plane, 'one');
    await tick();
    await returnTo(plane, 1);
    expect(await readQuarantine(database.db, 'one')).toMatchObject([
      { address: 'AgentRole/default/kept', digest: undefined },
      { address: 'AgentRole/default/new', digest: expect.any(String) },
    ]);
    await git.commit({ 'one/kept.yaml': kept });
    expect(await tick()).toMatchObject({ kind: 'held' });
    await git.commit({ 'one/new.yaml': role('new', 'tool:other:read') });
    expect(await tick()).toMatchObject({ kind: 'applied' });
  }, 120_000);

  test('every revision that is left behind is held, not the newest alone', async () => {
    const { plane, git, tick } = await open(kind);
    await tick();
    await git.commit({ 'one/a.yaml': bad });
    await tick();
    await git.commit({ 'one/a.yaml': role('a', 'tool:a:*') });
    await tick();
    await returnTo(plane, 1);
    // Taking back the last of two bad commits gives the first.
    await git.git('revert', '--no-edit', 'HEAD');
    expect(await tick()).toMatchObject({ kind: 'held', code: 'plan.quarantined' });
    await git.git('revert', '--no-edit', 'HEAD~2');
    expect(await tick()).toMatchObject({ kind: 'unchanged' });
  }, 120_000);

  test('what a hand changed is overwritten, and said', async () => {
    const { plane, git, tick, database } = await open(kind);
    await tick();
    const before = await digestsOf(plane);
    await git.commit({ 'one/a.yaml': bad });
    await tick();
    await editByHand(database, { environment: 'one', name: 'a' }, 'by hand');
    const { plan } = await planRollback(plane, { environment: 'one', revision: 1 });
    expect(plan.drift).toHaveLength(1);
    expect(plan.changes).toMatchObject([{ class: 'outOfBand' }]);
    await returnTo(plane, 1);
    expect(await digestsOf(plane)).toEqual(before);
    expect(await tick()).toMatchObject({ kind: 'held' });
  }, 120_000);

  test('the current revision, none, and one that never was', async () => {
    const { plane, git, tick } = await open(kind);
    await tick();
    await git.commit({ 'one/a.yaml': bad });
    await tick();
    expect(await returnTo(plane, 2)).toMatchObject({ outcome: 'unchanged', revision: 2 });
    for (const revision of [0, 3]) {
      await expect(returnTo(plane, revision)).rejects.toMatchObject({ code: 'revision.unknown', exit: 64 });
    }
    await expect(planRollback(plane, { environment: 'two', revision: 1 })).rejects.toMatchObject({
      code: 'environment.unknown',
    });
    // Forth again is a choice that needs the quarantine lifted first.
    await returnTo(plane, 1);
    await expect(returnTo(plane, 2)).rejects.toMatchObject({ code: 'plan.quarantined' });
  }, 120_000);

  test('a branch that is wound back to before the bad commit is no rewriting to be afraid of', async () => {
    const { plane, git, tick } = await open(kind);
    await tick();
    await git.commit({ 'one/a.yaml': bad });
    await tick();
    await returnTo(plane, 1);
    await git.git('reset', '--hard', 'HEAD~1');
    await git.commit({ 'one/b.yaml': role('b', 'tool:b:read') });
    expect(await tick()).toMatchObject({ kind: 'applied', revision: 4 });
  }, 120_000);

  test('two states are compared by revision, live, Git and the working copy alike', async () => {
    const { plane, git, tick } = await open(kind);
    await tick();
    await git.commit({ 'one/a.yaml': bad });
    await tick();
    await returnTo(plane, 1);
    const between = async (from: string, to: string) =>
      (await compare(plane, { environment: 'one', from, to }, undefined)).changes.map(
        ({ address, action }) => `${action} ${address}`,
      );
    const changed = ['update AgentRole/default/a'];
    expect(await between('1', 'r2')).toEqual(changed);
    expect(await between('live', 'main')).toEqual(changed);
    expect(await between('r1', 'HEAD~1')).toEqual([]);
    expect(await between('3', 'live')).toEqual([]);
    await expect(between('live', 'nowhere')).rejects.toMatchObject({ code: expect.stringMatching(/^git\./) });
    await expect(between('9', 'live')).rejects.toMatchObject({ code: 'revision.unknown' });
  }, 120_000);
});

async function planned(plane: ControlPlane) {
  const { readEnvironment: read } = await import('../../src/controller/environments.ts');
  return { settings: await read(plane.repository, 'one') };
}
