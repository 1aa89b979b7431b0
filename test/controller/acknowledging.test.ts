import { afterEach, describe, expect, test } from 'vitest';
import { acknowledge } from '../../src/apply/acknowledge.ts';
import { apply } from '../../src/apply/apply.ts';
import { readEnvironment } from '../../src/controller/environments.ts';
import { type ControlPlane, planCommit } from '../../src/controller/planning.ts';
import type { Plan } from '../../src/plan/change.ts';
import { lastAttempt } from '../../src/store/attempt.ts';
import { editByHand } from '../../src/store/hand-edit.ts';
import { readLive } from '../../src/store/live.ts';
import { acknowledgeAll } from '../support/apply-acknowledged.ts';
import { createEstate, type Estate, role, settings } from './fixture.ts';

let estate: Estate | undefined;
afterEach(() => estate?.close());

async function open(pawlYaml: string): Promise<Estate> {
  estate = await createEstate();
  await estate.git.commit({ 'pawl.yaml': pawlYaml, 'one/role.yaml': role('reader', 'tool:a:read') }, 'Start');
  return estate;
}

const groups = (members: string): string => `groups: { security: { github: { users: [${members}] } } }\n`;

async function planOf(plane: ControlPlane): Promise<Plan> {
  const declared = await readEnvironment(plane.repository, 'one');
  return planCommit(plane, { settings: declared, commit: await plane.repository.resolve('main') });
}

describe('a controller that waits for an acknowledgement', () => {
  test('records it once, says it once, and goes on by itself as soon as it is there', async () => {
    const { join } = await open(settings({ one: {} }));
    const { controller, plane, lines } = await join();
    expect((await controller.tick())[0]?.outcome).toMatchObject({
      kind: 'unacknowledged',
      code: 'plan.unacknowledged',
    });
    const recorded = await lastAttempt(plane.database.db, 'one');
    expect(recorded).toMatchObject({ outcome: 'refused', message: expect.stringContaining('missing: bootstrap.') });
    for (let tick = 0; tick < 3; tick += 1) {
      expect((await controller.tick())[0]?.outcome).toEqual({ kind: 'unchanged' });
    }
    expect(await lastAttempt(plane.database.db, 'one')).toEqual(recorded);
    expect(lines.filter(({ msg }) => msg === 'commit waits for acknowledgements')).toHaveLength(1);
    await acknowledgeAll(plane, 'one');
    expect((await controller.tick())[0]?.outcome).toMatchObject({ kind: 'applied', revision: 1 });
  });

  test('that was started anew waits for the same, without another record of it', async () => {
    const { join } = await open(settings({ one: {} }));
    const [first, second] = [await join(), await join()];
    await first.controller.tick();
    const recorded = await lastAttempt(first.plane.database.db, 'one');
    await second.controller.tick();
    expect(await lastAttempt(first.plane.database.db, 'one')).toEqual(recorded);
  });

  test('does not go on for a commit that says something else than was agreed to', async () => {
    const { git, join } = await open(settings({ one: {} }));
    const { controller, plane } = await join();
    await controller.tick();
    await acknowledgeAll(plane, 'one');
    await git.commit({ 'one/role.yaml': role('reader', 'tool:*:*') });
    expect((await controller.tick())[0]?.outcome.kind).toBe('unacknowledged');
    await git.git('revert', '--no-edit', 'HEAD');
    expect((await controller.tick())[0]?.outcome).toMatchObject({ kind: 'applied', revision: 1 });
  });
});

describe('rules that are live', () => {
  test('judge the commit that changes them, also when it changes nothing else', async () => {
    const { git, join } = await open(`${settings({ one: {} })}${groups('sam')}`);
    const { controller, plane } = await join();
    await acknowledgeAll(plane, 'one', 'sam');
    await controller.tick();
    expect((await readLive(plane.database.db, 'one')).rules?.groups).toEqual({
      security: { github: { users: ['sam'] } },
    });
    await git.commit({ 'pawl.yaml': `${settings({ one: {} })}${groups('mallory')}` }, 'Let me in');
    expect((await controller.tick())[0]?.outcome.kind).toBe('unacknowledged');
    const plan = await planOf(plane);
    const ids = plan.risks.map(({ id }) => id);
    expect(plan.risks).toMatchObject([{ class: 'R13', approvers: { groups: ['security'] } }]);
    await expect(acknowledge(plane.database, plan, { by: 'mallory', ids })).rejects.toMatchObject({
      code: 'ack.not_allowed',
    });
    await expect(apply(plane.database, plan, { by: 'mallory', acknowledge: ids })).rejects.toMatchObject({
      code: 'ack.not_allowed',
    });
    await acknowledge(plane.database, plan, { by: 'sam', ids });
    expect((await controller.tick())[0]?.outcome).toEqual({ kind: 'unchanged' });
    expect((await readLive(plane.database.db, 'one')).rules?.groups).toEqual({
      security: { github: { users: ['mallory'] } },
    });
    expect((await planOf(plane)).risks).toEqual([]);
  });

  test.each([
    ['guards', 'guards: { maxDeletes: 100000, maxDeletePercent: 100, maxUpdates: 100000, maxUpdatePercent: 100 }'],
    ['approvals', 'approvals: { access.widened: { users: [mallory], min: 1 } }'],
  ])('are not loosened by a commit of %s alone, for the next commit to use', async (part, loosened) => {
    const declared = (more: string): string =>
      `apiVersion: pawl/v1\nenvironments:\n  - { name: one, branch: main, paths: [one]${more} }\n${groups('sam')}`;
    const { git, join } = await open(declared(''));
    const { controller, plane } = await join();
    await acknowledgeAll(plane, 'one', 'sam');
    await controller.tick();
    const kept = (await readLive(plane.database.db, 'one')).rules;
    await git.commit({ 'pawl.yaml': declared(`, ${loosened}`) }, 'Tidy up');
    expect((await controller.tick())[0]?.outcome.kind).toBe('unacknowledged');
    await git.commit({ 'one/more.yaml': role('more', 'tool:*:*') }, 'Use it');
    expect((await controller.tick())[0]?.outcome.kind).toBe('unacknowledged');
    const live = await readLive(plane.database.db, 'one');
    expect([live.rules, live.revision]).toEqual([kept, 1]);
    const plan = await planOf(plane);
    expect(plan.risks.find(({ class: kind }) => kind === 'R13')?.title).toContain(part);
    expect(plan.risks.every(({ approvers }) => approvers.groups.includes('security'))).toBe(true);
  });

  test('hold back the commit that asks to be applied by itself, and heal as they say until it is agreed to', async () => {
    const declared = (apply: string, drift: string): string =>
      `apiVersion: pawl/v1\nenvironments:\n  - { name: one, branch: main, paths: [one], apply: ${apply}, drift: ${drift} }\n${groups('sam')}`;
    const { git, join } = await open(declared('manual', 'heal'));
    const { controller, plane } = await join();
    await acknowledgeAll(plane, 'one', 'sam');
    await apply(plane.database, await planOf(plane), 'sam');
    await git.commit({ 'pawl.yaml': declared('auto', 'alert'), 'one/more.yaml': role('more') });
    expect((await controller.tick())[0]?.outcome.kind).toBe('unacknowledged');
    const plan = await planOf(plane);
    expect(plan.risks.map(({ class: kind, title }) => [kind, title])).toEqual([
      ['R13', 'pawl.yaml changes who judges the next plan: environment.apply, environment.drift.'],
    ]);
    const at = { environment: 'one', address: 'AgentRole/default/reader' };
    await editByHand(plane.database.db, at, (body) => ({ ...body, spec: { permissions: ['tool:*:*'] } }));
    await controller.tick();
    const { heads } = await readLive(plane.database.db, 'one', { deep: true });
    expect(heads.get(at.address)?.live).toBe(heads.get(at.address)?.applied);
    await acknowledgeAll(plane, 'one', 'sam');
    expect((await controller.tick())[0]?.outcome).toMatchObject({ kind: 'applied', revision: 2 });
  });

  test('judge a branch that has come to rule the environment without saying so itself', async () => {
    const { git, join } = await open(`${settings({ one: {} })}${groups('sam')}`);
    const { plane } = await join();
    await acknowledgeAll(plane, 'one', 'sam');
    await apply(plane.database, await planOf(plane), 'sam');
    const declared = await readEnvironment(plane.repository, 'one');
    const commit = await git.commit({ 'README.md': 'Nothing' });
    const plan = await planCommit(plane, { settings: { ...declared, branch: 'evil' }, commit });
    expect(plan.changes).toEqual([]);
    expect(plan.risks.map(({ class: kind, gate, title }) => [kind, gate, title])).toEqual([
      ['R13', 'ack', 'pawl.yaml changes who judges the next plan: environment.takenFrom.'],
    ]);
    const acknowledge = plan.risks.map(({ id }) => id);
    expect(await apply(plane.database, plan, { by: 'sam', acknowledge })).toMatchObject({ outcome: 'unchanged' });
    expect((await readLive(plane.database.db, 'one')).rules).toEqual(plan.targetRules);
  });

  test('judge what comes with them in one commit', async () => {
    const { git, join } = await open(`${settings({ one: {} })}${groups('sam')}`);
    const { controller, plane } = await join();
    await acknowledgeAll(plane, 'one', 'sam');
    await controller.tick();
    await git.commit({
      'pawl.yaml': settings({ one: {} }),
      'one/role.yaml': undefined,
      'one/other.yaml': role('writer'),
    });
    const plan = await planOf(plane);
    expect(plan.risks.map(({ class: kind, approvers }) => [kind, approvers.groups])).toEqual([['R13', ['security']]]);
    expect((await controller.tick())[0]?.outcome.kind).toBe('unacknowledged');
  });

  test('are those of the commit that is applied, not of the branch since', async () => {
    const { git, join } = await open(`${settings({ one: {} })}${groups('sam')}`);
    const { plane } = await join();
    const first = await planOf(plane);
    await git.commit({ 'pawl.yaml': `${settings({ one: {} })}${groups('mallory')}` });
    const declared = await readEnvironment(plane.repository, 'one');
    const plan = await planCommit(plane, { settings: declared, commit: first.target.commit });
    expect(plan.targetRules).toEqual(first.targetRules);
    expect(plan.digest).toBe(first.digest);
  });
});
