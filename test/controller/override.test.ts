import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { status } from '../../src/api/local-status.ts';
import { apply } from '../../src/apply/apply.ts';
import type { App } from '../../src/cli/app-port.ts';
import { driftOf } from '../../src/controller/drift.ts';
import { readEnvironment } from '../../src/controller/environments.ts';
import { endOverride, type OverrideRequest, setOverride } from '../../src/controller/override.ts';
import { planCommit } from '../../src/controller/planning.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import { isErrored, isUnchanged } from '../../src/plan/plan.ts';
import { TerminalError } from '../../src/errors.ts';
import { unreachableRepository } from '../../src/source/unreachable.ts';
import { listEvents } from '../../src/store/event.ts';
import { editByHand } from '../../src/store/hand-edit.ts';
import { readActiveOverrides } from '../../src/store/override.ts';
import { listRevisions } from '../../src/store/revision.ts';
import { say } from '../cli/fixture.ts';
import { createEstate, type Estate, role, settings, type TestController } from './fixture.ts';

const address = 'AgentRole/default/clerk';
const hour = 3_600_000;

describe('an override', () => {
  let estate: Estate;
  let one: TestController;

  beforeEach(async () => {
    estate = await createEstate();
    await estate.git.commit({
      'pawl.yaml': settings({ prod: {} }),
      'prod/clerk.yaml': role('clerk', 'tool:a:read', 'tool:b:read'),
      'prod/other.yaml': role('other', 'tool:a:read'),
    });
    one = await estate.join();
    await one.tick();
  });
  afterEach(() => estate.close());

  const database = () => one.plane.database;
  const request = (change: Partial<OverrideRequest> = {}): OverrideRequest => ({
    environment: 'prod',
    address,
    spec: { permissions: ['tool:a:read'] },
    reason: 'b leaks',
    forMs: hour,
    by: 'ada',
    acknowledge: [],
    ...change,
  });
  const set = (change: Partial<OverrideRequest> = {}) => setOverride(one.plane, request(change));

  /** What the rows say, which is what the record says too: nothing of an override is drift. */
  const specOf = async (of = address): Promise<JsonObject> => {
    expect((await driftOf(one.plane, 'prod')).drift).toEqual([]);
    const { body } = await database()
      .db.selectFrom('resource')
      .select('body')
      .where('address', '=', of)
      .executeTakeFirstOrThrow();
    return body['spec'] as JsonObject;
  };
  const planHead = async () => {
    const environment = await readEnvironment(one.plane.repository, 'prod');
    return planCommit(one.plane, { settings: environment, commit: await one.plane.repository.resolve('main') });
  };
  const runOut = () =>
    sql`update override set set_at = set_at - interval '2 hours', expires_at = set_at - interval '1 hour'`.execute(
      database().db,
    );
  const actions = async () => (await listEvents(database().db, 'prod', 9)).map(({ action }) => action);

  test('is a revision of the commit that is live, with its reason, and no drift', async () => {
    const { override, revision } = await set();
    expect(revision).toBe(2);
    expect(override).toMatchObject({ address, reason: 'b leaks', by: 'ada' });
    expect(await specOf()).toMatchObject({ permissions: ['tool:a:read'] });
    const [made, first] = await listRevisions(database().db, 'prod', { limit: 2 });
    expect(made).toMatchObject({ commit_subject: `Override of ${address}: b leaks`, commit_id: first?.commit_id });
    expect((await actions()).slice(0, 2).sort()).toEqual(['apply', 'override.set']);
  });

  test('stays while Git says otherwise, and a plan names it', async () => {
    const { override } = await set();
    const planned = await planHead();
    expect(isUnchanged(planned)).toBe(true);
    expect(planned.overrides).toEqual([override].map(({ id }) => expect.objectContaining({ id, reason: 'b leaks' })));
    await one.tick();
    expect(await specOf()).toMatchObject({ permissions: ['tool:a:read'] });
  });

  test('shows in the status with healing that stopped, where the repository cannot be read too', async () => {
    await set();
    await sql`update environment set heal_stopped_at = '2026-01-02T03:04:05Z'`.execute(database().db);
    const away = new TerminalError('It is not there.', { code: 'git.unreachable' });
    const plane = { ...one.plane, repository: unreachableRepository(away) };
    const door = { operations: { status: () => status(plane) }, close: () => Promise.resolve() };
    const { stdout, exit } = await say(['status'], { app: { open: () => Promise.resolve(door) } as unknown as App });
    expect(exit).toBe(0);
    expect(stdout.split('\n')[1]).toMatch(/^prod +Unknown +2 /);
    const words = stdout.replace(/\s+/g, ' ');
    expect(words).toContain(`prod: override of ${address} by ada until 20`);
    expect(words).toContain(': b leaks');
    expect(words).toContain('prod: healing has stopped at 2026-01-02T03:04:05.000Z; see pawl drift');
  });

  test('is carried over a later commit, of the same resource too', async () => {
    await set();
    await estate.git.commit({
      'prod/clerk.yaml': role('clerk', 'tool:b:read').replace('spec: {', 'spec: { description: Newer,'),
      'prod/other.yaml': role('other'),
    });
    await one.tick();
    expect(await specOf()).toMatchObject({ description: 'Newer', permissions: ['tool:a:read'] });
    expect(await specOf('AgentRole/default/other')).toMatchObject({ permissions: [] });
    expect(await readActiveOverrides(database().db, 'prod')).toHaveLength(1);
  });

  test('ends by itself when its time is up, whatever the branch has come to, and live is what Git says again', async () => {
    await set();
    await runOut();
    await estate.git.commit({ 'prod/other.yaml': 'spec: [' });
    await one.controller.tick();
    expect(await specOf()).toMatchObject({ permissions: ['tool:a:read', 'tool:b:read'] });
    expect(await readActiveOverrides(database().db, 'prod')).toEqual([]);
    expect(one.lines.filter(({ msg }) => msg === 'overrides ended')).toHaveLength(1);
    const [event] = (await listEvents(database().db, 'prod', 9)).filter(({ action }) => action === 'override.end');
    expect(event?.detail).toMatchObject({ address, because: 'expired', revision: 3 });
  });

  test('ends by itself where groups are defined too: what was agreed to before is not asked about again', async () => {
    const groups = 'groups: { security: { github: { users: [sam] } } }\n';
    await estate.git.commit({ 'pawl.yaml': `${settings({ prod: {} })}${groups}` });
    await one.tick();
    await set();
    await runOut();
    await one.controller.tick();
    expect(await specOf()).toMatchObject({ permissions: ['tool:a:read', 'tool:b:read'] });
    expect(await readActiveOverrides(database().db, 'prod')).toEqual([]);
    const events = await listEvents(database().db, 'prod', 2);
    expect(events.map(({ action }) => action).toSorted()).toEqual(['apply', 'override.end']);
  });

  test('is ended by hand before that', async () => {
    const { override } = await set();
    const ended = await endOverride(one.plane, { environment: 'prod', id: override.id, by: 'bob', acknowledge: [] });
    expect(ended.revision).toBe(3);
    expect(await specOf()).toMatchObject({ permissions: ['tool:a:read', 'tool:b:read'] });
    const again = endOverride(one.plane, { environment: 'prod', id: override.id, by: 'bob', acknowledge: [] });
    await expect(again).rejects.toMatchObject({ code: 'override.unknown' });
  });

  test('of a resource that has one already goes on top of it', async () => {
    const first = await set();
    await set({ spec: { description: 'Careful' } });
    expect(await specOf()).toMatchObject({ description: 'Careful', permissions: ['tool:a:read'] });
    await endOverride(one.plane, { environment: 'prod', id: first.override.id, by: 'ada', acknowledge: [] });
    expect(await specOf()).toMatchObject({ description: 'Careful', permissions: ['tool:a:read', 'tool:b:read'] });
  });

  test('is not dropped by a plan that did not know of it', async () => {
    const environment = await readEnvironment(one.plane.repository, 'prod');
    await set();
    await sql`update override set ended_at = clock_timestamp()`.execute(database().db);
    const ignorant = await planCommit(one.plane, {
      settings: environment,
      commit: await one.plane.repository.resolve('main'),
    });
    await sql`update override set ended_at = null`.execute(database().db);
    await expect(apply(database(), ignorant, 'tester')).rejects.toMatchObject({
      code: 'plan.stale',
      message: expect.stringContaining('ada has set override') as string,
    });
    expect(await specOf()).toMatchObject({ permissions: ['tool:a:read'] });
  });

  test('does not go on in a plan that was made before its time was up', async () => {
    await set();
    await estate.git.commit({ 'prod/other.yaml': role('other') });
    const planned = await planHead();
    await runOut();
    await expect(apply(database(), planned, 'tester')).rejects.toMatchObject({ code: 'plan.stale' });
  });

  test('blocks a commit that removes what it changes, and says so', async () => {
    const { override } = await set();
    await estate.git.commit({ 'prod/clerk.yaml': undefined });
    const planned = await planHead();
    expect(isErrored(planned)).toBe(true);
    expect(planned.problems).toContainEqual(expect.objectContaining({ file: `override ${override.id}` }));
    await one.tick();
    expect(await specOf()).toMatchObject({ permissions: ['tool:a:read'] });
  });

  test('leaves drift of other rows to a person', async () => {
    await editByHand(database().db, { environment: 'prod', address: 'AgentRole/default/other' }, (body) => ({
      ...body,
      spec: { permissions: ['tool:*:*'] },
    }));
    await set();
    const { drift } = await driftOf(one.plane, 'prod');
    expect(drift.map((change) => change.address)).toEqual(['AgentRole/default/other']);
  });

  test.each<[string, Partial<OverrideRequest>, RegExp]>([
    ['without a reason', { reason: ' ' }, /needs a reason/],
    ['for more than seven days', { forMs: 8 * 24 * hour }, /seven days/],
    ['of no address', { address: 'clerk' }, /is no address/],
    ['of a secret', { address: 'Secret/default/keys', spec: { keys: {} } }, /touches what is secret/],
    ['that changes nothing', { spec: { permissions: ['tool:a:read', 'tool:b:read'] } }, /says that already/],
    [
      'of what is not there',
      { address: 'AgentRole/default/nobody' },
      /does not fit: There is no AgentRole\/default\/nobody/,
    ],
    ['of the wrong shape', { spec: { permissions: 7 } }, /does not fit/],
    ['with a field that there is not', { spec: { permisions: [] } }, /does not fit/],
  ])('%s is refused and nothing changes', async (_what, change, message) => {
    await expect(set(change)).rejects.toMatchObject({
      code: 'override.refused',
      message: expect.stringMatching(message) as string,
    });
    expect(await listRevisions(database().db, 'prod', { limit: 9 })).toHaveLength(1);
    expect(await readActiveOverrides(database().db, 'prod')).toEqual([]);
  });
});
