import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { Health } from '../../src/controller/health.ts';
import { excused, healthOf } from '../../src/controller/health-verdict.ts';
import { registries } from '../../src/codes.ts';
import { createLog } from '../../src/log.ts';
import { ordinaryHealth } from '../../src/manifest/rules.ts';
import { Alerts } from '../../src/controller/alerts.ts';
import { readConditions } from '../../src/store/condition.ts';
import { type CallersRuns, type Observed, recordVerdict } from '../../src/store/health.ts';
import { listRevisions } from '../../src/store/revision.ts';
import { rowsOf } from '../../src/store/statement.ts';
import { suspendSync } from '../../src/store/sync.ts';
import { sound } from '../support/small-repository.ts';
import { createEstate, type Estate, type TestController } from './fixture.ts';

const start = new Date('2026-03-01T12:00:00Z');
const rollingBack = { ...ordinaryHealth, onFailure: 'rollback' } as const;

function observed(more: Partial<Observed> & { readonly minutes?: number } = {}): Observed {
  const { minutes = 5, ...others } = more;
  return {
    environment: 'one',
    revision: 5,
    commit: 'abc',
    appliedAt: start,
    appliedBy: 'controller',
    now: new Date(start.getTime() + minutes * 60_000),
    settings: rollingBack,
    isSuspended: false,
    rollback: null,
    owed: null,
    lastHealthy: 3,
    ...others,
  };
}

function runs(caller: string, count: number, failed: number, side: CallersRuns['side'] = 'since'): CallersRuns {
  return { environment: 'one', side, caller, runs: count, failed };
}

const pool = { environment: 'one', pool: 'default', isNeeded: false, live: 2, heard: 2 };

function said(rows: readonly CallersRuns[], more: Parameters<typeof observed>[0] = {}): string {
  const { condition, verdict } = healthOf(observed(more), { runs: rows, pools: [pool] });
  return [condition.status, condition.reason, verdict?.verdict, verdict?.rollback].filter(Boolean).join(' ');
}

const several = [runs('ada', 10, 5), runs('bob', 10, 5), runs('eve', 10, 5)];

describe('what is said of a revision', () => {
  test('is unknown until enough runs ended and the time is over', () => {
    expect(said([runs('ada', 19, 19)])).toBe('Unknown Observing');
    expect(said([runs('ada', 40, 0)])).toBe('Unknown Observing');
    expect(said([runs('ada', 19, 19)], { minutes: 11 })).toBe('Unknown NoRuns unknown none');
    expect(said([runs('ada', 40, 4)], { minutes: 11 })).toBe('True Healthy healthy none');
  });

  test('is held against what failed before', () => {
    expect(said([...several, runs('ada', 40, 20, 'before')])).toBe('Unknown Observing');
    expect(said([...several, runs('ada', 40, 10, 'before')])).toBe('False ErrorRate unhealthy owed');
    expect(said([...several, runs('ada', 19, 19, 'before')])).toBe('False ErrorRate unhealthy owed');
  });

  test('goes over to a revision that changes no system', () => {
    expect(said([], { minutes: 11, lastHealthy: 4 })).toBe('True Healthy healthy none');
    expect(said([], { minutes: 11, lastHealthy: 3 })).toBe('Unknown NoRuns unknown none');
    expect(said([runs('', 0, 0)], { minutes: 11, lastHealthy: 4 })).toBe('Unknown NoRuns unknown none');
  });

  test('names a pool that nobody works for, after a minute', () => {
    const empty = { ...pool, pool: 'team/gpu', isNeeded: true, live: 0, heard: 0 };
    const at = (minutes: number) => healthOf(observed({ minutes }), { runs: [], pools: [empty] }).condition;
    expect(at(0.5)).toMatchObject({ status: 'Unknown', reason: 'Observing' });
    expect(at(20)).toMatchObject({
      status: 'False',
      reason: 'NoWorkers',
      message: 'No worker takes runs of team/gpu.',
    });
  });
});

describe('a rollback is owed', () => {
  test.each<[string, readonly CallersRuns[], Partial<Observed>]>([
    ['where nobody asked for it', several, { settings: null }],
    ['by the runs of one caller', [runs('eve', 100, 100)], {}],
    ['by one caller beside others whose runs go well', [runs('eve', 1_000, 900), runs('ada', 50, 0)], {}],
    ['by one caller and one failure of another', [runs('eve', 50, 50), runs('ada', 10, 1)], {}],
    ['while sync is suspended', several, { isSuspended: true }],
    [
      'of what a rollback brought back',
      several,
      { rollback: { to: 3, from: 4, commit: null, reason: 'r', runs: 'finish' } },
    ],
  ])('never %s', (_, rows, more) => {
    expect(said(rows, more)).toBe('False ErrorRate unhealthy none');
  });

  test('where runs of several callers fail', () => {
    expect(said(several)).toBe('False ErrorRate unhealthy owed');
  });
});

test('what is excused are codes that there are', () => {
  const codes = registries.flatMap((registry) => Object.keys(registry));
  const areas = new Set(codes.map((code) => code.split('.')[0]));
  expect(excused.codes.filter((code) => !codes.includes(code))).toEqual([]);
  expect(excused.areas.filter((area) => !areas.has(area))).toEqual([]);
});

describe('an environment', () => {
  let estate: Estate | undefined;
  afterEach(() => estate?.close());

  const pawlYaml = (onFailure: string): string =>
    `apiVersion: pawl/v1\nenvironments: [{ name: production, branch: main, paths: [agents], apply: auto, health: { minRuns: 6, onFailure: ${onFailure} } }]\n`;
  const health = ({ plane }: TestController) => new Health({ plane, actor: 'controller', log: createLog('silent') });
  const query = (one: TestController, text: string, values: readonly unknown[] = []) =>
    rowsOf<Record<string, unknown>>(one.plane.database.db, { name: `test_${randomUUID()}`, text }, values);
  const prompt = (text: string) => ({
    'agents/clerk.yaml': (sound['agents/clerk.yaml'] ?? '').replace('Be kind.', text),
  });
  const conditionOf = async (one: TestController) =>
    (await readConditions(one.plane.database.db, ['production']))
      .get('production')
      ?.find(({ type }) => type === 'Healthy');

  /** Runs of the live revision that have ended. */
  async function end(one: TestController, state: 'Succeeded' | 'Failed', code = 'tool.failed'): Promise<void> {
    await query(
      one,
      `insert into run (id, environment, namespace, system, revision, bundle, state, submitted_by, input, error, ended_at)
       select gen_random_uuid(), 'production', 'default', b.system, e.revision, b.digest, $1, 'person-' || n % 3, '{}',
         case when $1 = 'Failed' then json_build_object('code', $2::text, 'message', '') end, clock_timestamp()
       from environment e join bundle_history b on b.environment = e.name and b.to_revision is null,
         generate_series(1, 9) n where e.name = 'production'`,
      [state, code],
    );
  }

  /** Revision 1 is healthy, and revision 2 is live. */
  async function open(onFailure: string): Promise<readonly [TestController, TestController]> {
    estate = await createEstate();
    await estate.git.commit({ ...sound, 'pawl.yaml': pawlYaml(onFailure) });
    const [one, two] = [await estate.join(), await estate.join()];
    await one.tick();
    await end(one, 'Succeeded');
    await health(one).tick();
    expect(await conditionOf(one)).toMatchObject({ status: 'Unknown', reason: 'Observing' });
    const first = { environment: 'production', revision: 1, message: '', rollback: 'none' } as const;
    await recordVerdict(one.plane.database.db, { ...first, verdict: 'healthy' });
    expect(await health(one).tick()).toBe(0);
    await estate.git.commit(prompt('Be rude.'));
    await one.tick();
    return [one, two];
  }

  test('goes back once, whoever looks, and what it goes back to is never taken back', async () => {
    const [one, two] = await open('rollback');
    await end(one, 'Failed', 'budget.exhausted');
    await health(one).tick();
    expect(await conditionOf(one)).toMatchObject({ status: 'Unknown', reason: 'Observing' });
    await end(one, 'Failed');
    await Promise.all([health(one).tick(), health(two).tick()]);
    await Promise.all([health(one).tick(), health(two).tick()]);
    const { db } = one.plane.database;
    const revisions = await listRevisions(db, 'production', { limit: 10 });
    expect(revisions.map(({ revision, applied_by: by, summary }) => [revision, by, summary.rollback?.to])).toEqual([
      [3, 'controller', 1],
      [2, 'controller', undefined],
      [1, 'controller', undefined],
    ]);
    expect(revisions[0]?.summary.rollback?.reason).toContain('9 of 9 runs failed since');
    expect(await conditionOf(one)).toMatchObject({ status: 'Unknown', reason: 'RolledBack' });
    await end(one, 'Failed');
    await health(two).tick();
    expect(await conditionOf(one)).toMatchObject({ status: 'False', reason: 'ErrorRate' });
    expect(await listRevisions(db, 'production', { limit: 10 })).toHaveLength(3);
    expect((await one.tick())[0]?.outcome).toMatchObject({ kind: 'held', code: 'plan.quarantined' });
  });

  test('that only tells fires one alert, and a suspended one stays as it is', async () => {
    const [one] = await open('rollback');
    await suspendSync(one.plane.database, { environment: 'production', by: 'ops', reason: 'incident 7' });
    await end(one, 'Failed');
    await health(one).tick();
    expect((await conditionOf(one))?.message).toContain('not rolled back: sync is suspended');
    const alerts = new Alerts({ plane: one.plane, log: createLog('silent') });
    expect((await alerts.tick()).filter(({ key }) => key === 'healthy')).toHaveLength(1);
    await health(one).tick();
    expect(await alerts.tick()).toEqual([]);
    expect(await listRevisions(one.plane.database.db, 'production', { limit: 10 })).toHaveLength(2);
  });

  test('is not taken back across what a person overrode', async () => {
    const [one] = await open('rollback');
    await query(
      one,
      `insert into override (id, environment, address, patch, reason, set_by, expires_at, revision, base_root, base_commit)
       values ('0a0a0a0a', 'production', 'Agent/default/clerk', '{}', 'incident', 'ada', now() + interval '1 hour', 2, '', '')`,
    );
    await end(one, 'Failed');
    await health(one).tick();
    expect((await conditionOf(one))?.message).toContain('somebody overrode something since revision 1');
    expect(await health(one).tick()).toBe(0);
  });
});
