import { afterEach, describe, expect, test } from 'vitest';
import { conditionReasons } from '../../src/controller/condition-reasons.ts';
import { Controller } from '../../src/controller/controller.ts';
import { createControlPlane } from '../../src/controller/planning.ts';
import { lastAttempt } from '../../src/store/attempt.ts';
import { readConditions } from '../../src/store/condition.ts';
import { listRevisions } from '../../src/store/revision.ts';
import { readStandings, resumeSync, suspendSync, wantEnvironment } from '../../src/store/sync.ts';
import { RetryableError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { watch } from '../../src/source/watch.ts';
import { eventually, silent } from '../support/runs.ts';
import { createEstate, type Estate, role, settings, type TestController } from './fixture.ts';

let estate: Estate | undefined;
afterEach(() => estate?.close());

async function open(environments: Parameters<typeof settings>[0] = { one: {} }): Promise<Estate> {
  const made = await createEstate();
  estate = made;
  const roles = Object.keys(environments).map((name) => [`${name}/role.yaml`, role('reader', 'tool:a:read')] as const);
  await made.git.commit({ 'pawl.yaml': settings(environments), ...Object.fromEntries(roles) }, 'Start');
  return made;
}

async function conditions({ plane }: TestController, environment = 'one'): Promise<Record<string, string>> {
  const found = (await readConditions(plane.database.db, [environment])).get(environment) ?? [];
  for (const { type, reason } of found) expect(Object.keys(conditionReasons[type])).toContain(reason);
  return Object.fromEntries(found.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
}

const well = { SourceReady: 'True Ready', Planned: 'True Planned', Gated: 'True Passed', Applied: 'True Applied' };
const suspending = { environment: 'one', by: 'ops', reason: 'incident 7' };

describe('a tick', () => {
  test('writes nothing and takes no pass while nothing moved, and one where somebody wants it', async () => {
    const one = await (await open()).join();
    await one.tick();
    expect(await conditions(one)).toMatchObject(well);
    const { db } = one.plane.database;
    const seen = async () => [await readStandings(db, ['one']), await readConditions(db, ['one'])].map(String);
    const row = () => db.selectFrom('sync').selectAll().executeTakeFirstOrThrow();
    const before = [await seen(), await row()];
    await one.tick();
    expect([await seen(), await row()]).toEqual(before);
    const wanted = await wantEnvironment(db, 'one');
    await one.tick();
    expect(await row()).toMatchObject({ wanted, handled: wanted, pass_owner: null });
  });

  test('says of a bad commit which stage it did not pass, and of the stage before which commit it saw', async () => {
    const { git, join } = await open();
    const one = await join();
    await one.tick();
    const commit = await git.commit({ 'one/role.yaml': 'kind: Nonsense\n' });
    await one.tick();
    expect(await conditions(one)).toMatchObject({ Planned: 'False Invalid', Applied: 'False Blocked' });
    const found = (await readConditions(one.plane.database.db, ['one'])).get('one') ?? [];
    const commits = Object.fromEntries(found.map((condition) => [condition.type, condition.commit]));
    expect([commits['SourceReady'], commits['Planned']]).toEqual([commit, commit]);
    expect(commits['Gated']).not.toBe(commit);
  });
});

describe('a repository that was away', () => {
  test('costs no plan once it answers, and is said to be ready again', async () => {
    const one = await (await open({ one: {}, two: {} })).join();
    await one.tick();
    const { plane } = one;
    let [isAway, looks] = [false, 0];
    const repository = new Proxy(plane.repository, {
      get: (target, name: keyof typeof plane.repository) => {
        if (name === 'fetch') {
          return () => (isAway ? Promise.reject(unreachable) : target.fetch());
        }
        if (name === 'subject') looks += 1;
        const own: unknown = target[name];
        return typeof own === 'function' ? (own.bind(target) as unknown) : own;
      },
    });
    const unreachable = new RetryableError('It does not answer.', { code: 'git.unreachable' });
    const controller = new Controller({
      plane: { ...plane, repository },
      actor: 'controller',
      log: silent,
      now: () => 0,
    });
    await controller.tick();
    [isAway, looks] = [true, 0];
    await controller.tick();
    expect(await conditions(one)).toMatchObject({ SourceReady: 'False Unreachable', Applied: 'True Applied' });
    isAway = false;
    const again = await controller.tick();
    expect(again.map(({ outcome }) => outcome.kind)).toEqual(['unchanged', 'unchanged']);
    expect(looks).toBe(0);
    expect(await conditions(one)).toMatchObject(well);
    expect(await conditions(one, 'two')).toMatchObject(well);
  });
});

test('a controller that cannot hear of changes at first looks all the same, and says so', async () => {
  const { plane, lines } = await (await open()).join();
  let refusals = 1;
  const listen: typeof plane.database.listen = (...given) => {
    refusals -= 1;
    if (refusals >= 0) return Promise.reject(new RetryableError('It timed out.', { code: 'database.unreachable' }));
    return plane.database.listen(...given);
  };
  const log = createLog('info', {
    write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]),
  });
  const controller = new Controller({ plane: { ...plane, database: { ...plane.database, listen } }, actor: 'a', log });
  const stop = new AbortController();
  const looking = await watch({ intervalMs: 60_000 });
  const ended = controller.run(looking, stop.signal);
  await eventually(async () => ((await readConditions(plane.database.db, ['one'])).size > 0 ? true : undefined));
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'wake-ups cannot be heard', reason: 'It timed out.' }));
  stop.abort();
  await ended;
  await looking.close();
});

describe('a suspended environment', () => {
  test('is planned, says so, and applies nothing through any controller until it is resumed', async () => {
    const { git, join } = await open();
    const [left, right] = [await join(), await join()];
    await left.tick();
    await suspendSync(left.plane.database, suspending);
    await git.commit({ 'one/role.yaml': role('reader', 'tool:b:read') });
    expect((await left.tick())[0]?.outcome).toMatchObject({ kind: 'suspended', changes: 1 });
    expect((await right.tick())[0]?.outcome).toMatchObject({ kind: 'suspended' });
    expect(await conditions(left)).toMatchObject({ Planned: 'True Planned', Applied: 'False Suspended' });
    expect(await listRevisions(left.plane.database.db, 'one', { limit: 10 })).toHaveLength(1);
    expect(await resumeSync(left.plane.database, { environment: 'one', by: 'ops' })).toBe(true);
    expect((await right.tick())[0]?.outcome).toMatchObject({ kind: 'applied', revision: 2 });
  });

  test('goes on by itself when its time is over by the database', async () => {
    const { git, join } = await open();
    const one = await join();
    await one.tick();
    await suspendSync(one.plane.database, { ...suspending, forMs: 1 });
    await git.commit({ 'one/role.yaml': role('reader', 'tool:b:read') });
    expect((await one.tick())[0]?.outcome).toMatchObject({ kind: 'applied' });
  });
});

describe('windows', () => {
  const daily = 'windows: [{ cron: "0 9 * * *", duration: 1h }]';

  test('hold a commit back, say when the next one opens, and let it go on then', async () => {
    const { git, join } = await open();
    await git.commit({ 'pawl.yaml': settings({ one: {} }).replace('apply: auto', `apply: auto, ${daily}`) });
    const { plane, lines: _lines } = await join();
    const hours = (hour: number) => () => {
      const now = new Date();
      return new Date(now).setUTCHours(hour, 30, 0, 0) - now.getTime();
    };
    let ahead = hours(12);
    let now = 0;
    const log = {
      info: () => undefined,
      warn: () => undefined,
      error: () => undefined,
      debug: () => undefined,
    } as never;
    const controller = new Controller({ plane, actor: 'controller', log, now: () => now, aheadMs: () => ahead() });
    const [first] = await controller.tick();
    expect(first?.outcome).toMatchObject({ kind: 'closed', opensAt: expect.any(Date) });
    const applied = (await readConditions(plane.database.db, ['one']))
      .get('one')
      ?.find(({ type }) => type === 'Applied');
    expect(applied).toMatchObject({ status: 'False', reason: 'OutsideWindow' });
    expect(applied?.message).toContain('T09:00:00.000Z');
    expect((await controller.tick())[0]?.outcome).toEqual({ kind: 'unchanged' });
    [ahead, now] = [hours(9), 24 * 3_600_000];
    expect(['applied', 'unacknowledged']).toContain((await controller.tick())[0]?.outcome.kind);
  });
});

describe('several controllers', () => {
  test('leave an environment to the repository that came first', async () => {
    const { join } = await open();
    const [first, second] = [await join(), await join()];
    await first.tick();
    const other = createControlPlane(second.plane.repository, second.plane.database, 'github.com/acme/other');
    const log = {
      info: () => undefined,
      warn: () => undefined,
      error: () => undefined,
      debug: () => undefined,
    } as never;
    const controller = new Controller({ plane: other, actor: 'controller', log });
    expect((await controller.tick())[0]?.outcome).toMatchObject({ kind: 'failed', code: 'environment.claimed' });
    expect(await conditions(first)).toMatchObject(well);
  });

  test('that stall in one environment do not hold up the others, and change nothing later', async () => {
    const { join } = await open({ bad: {}, good: {} });
    const { plane } = await join();
    const { repository } = plane;
    const bound = new Proxy(repository, {
      get: (target, name: keyof typeof repository) => {
        if (name === 'entries') {
          return (commit: string, paths: readonly string[]) =>
            paths.includes('bad') ? new Promise(() => undefined) : repository.entries(commit, paths);
        }
        const own: unknown = target[name];
        return typeof own === 'function' ? (own.bind(target) as unknown) : own;
      },
    });
    const log = {
      info: () => undefined,
      warn: () => undefined,
      error: () => undefined,
      debug: () => undefined,
    } as never;
    const controller = new Controller({
      plane: createControlPlane(bound, plane.database),
      actor: 'controller',
      log,
      patienceMs: 20_000,
      passMs: 4_000,
    });
    const passes = await controller.tick();
    expect(passes.map(({ environment, outcome }) => [environment, 'code' in outcome ? outcome.code : ''])).toEqual([
      ['bad', 'sync.timed_out'],
      ['good', 'plan.unacknowledged'],
    ]);
    expect(await lastAttempt(plane.database.db, 'bad')).toMatchObject({ outcome: 'failed', code: 'sync.timed_out' });
  });
});
