import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rolloutsUnderWay } from '../../src/api/local-rollout.ts';
import { apply } from '../../src/apply/apply.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import { acceptInput } from '../../src/run/accept.ts';
import { orderRollout, progressRollouts, type RolloutOrder } from '../../src/run/rollouts.ts';
import type { Database } from '../../src/store/database.ts';
import { ensureEnvironment } from '../../src/store/environment.ts';
import { listEvents } from '../../src/store/event.ts';
import { readLive } from '../../src/store/live.ts';
import { prepareRun } from '../../src/store/prepare-run.ts';
import { runAgain } from '../../src/store/retry.ts';
import { listRollouts } from '../../src/store/rollout.ts';
import { submitRun } from '../../src/store/submit.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { planFor } from '../support/plans.ts';
import { silent } from '../support/runs.ts';

const system = 'default/work';
const analysis = { minRuns: 4, maxErrorRate: 0.25 };
const canary = {
  strategy: 'canary',
  key: 'input.customer',
  steps: [{ weight: 25, pause: '1h', analysis }, { weight: 50 }, { weight: 100 }],
};

describe.each(databaseKinds)('a rollout on %s', (kind) => {
  let opened: OpenedDatabase;
  let database: Database;
  let environment = '';
  let count = 0;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    database = opened.database;
  });
  afterAll(() => opened.close());

  /** Applies a system of this content, in an environment of its own unless it goes on with one. */
  async function live(value: string | undefined, rollout: JsonObject | undefined = canary): Promise<number> {
    const target =
      value === undefined
        ? []
        : [{ name: 'work', kind: 'AgentSystem', value, ...(rollout === undefined ? {} : { rollout }) } as const];
    const plan = planFor(await readLive(database.db, environment), target, `c-${value ?? 'none'}`);
    return (await apply(database, plan, 'tester')).revision;
  }

  async function began(first = 'a', second = 'b', rollout: JsonObject = canary): Promise<void> {
    count += 1;
    environment = `env-${count}`;
    await ensureEnvironment(database.db, environment);
    await live(first, rollout);
    await live(second, rollout);
  }

  async function start(customer: string): Promise<{ readonly id: string; readonly revision: number }> {
    const asked = { id: randomUUID(), environment, system, input: { customer } };
    const route = await acceptInput(database, asked);
    const pin = route?.pin === undefined ? {} : { pin: route.pin };
    const prepared = await prepareRun(database.db, { ...asked, submittedBy: 'ada', ...pin });
    return submitRun(database, prepared);
  }

  /** Which revisions runs of 24 customers get. */
  async function revisions(): Promise<Record<number, number>> {
    const counted: Record<number, number> = {};
    for (let n = 0; n < 24; n += 1) {
      const { revision } = await start(`customer-${n}`);
      counted[revision] = (counted[revision] ?? 0) + 1;
    }
    return counted;
  }

  async function end(revision: number, states: readonly string[]): Promise<void> {
    for (const state of states) {
      await sql`update run set state = ${state}, started_at = clock_timestamp(), ended_at = clock_timestamp()
        where id = (select id from run where environment = ${environment} and revision = ${revision}
          and state = 'Queued' limit 1)`.execute(database.db);
    }
  }

  async function row() {
    const [found] = await listRollouts(database.db, environment);
    return found && { state: found.state, step: found.step, weight: found.weight, from: found.from.revision };
  }

  const order = (action: RolloutOrder['action'], full = false) =>
    orderRollout(database, { environment, system: 'work', action, full, reason: '', actor: 'ada' });
  const backdate = () =>
    sql`update rollout set step_since = step_since - interval '2 hours' where environment = ${environment}`.execute(
      database.db,
    );
  const progress = () => progressRollouts(database, silent);
  const actions = async () =>
    (await listEvents(database.db, environment, 50))
      .map(({ action }) => action)
      .filter((action) => action.startsWith('rollout.'))
      .reverse();

  test('grows step by step as its runs keep to what is asked, and is done at 100', async () => {
    await began();
    expect(await row()).toEqual({ state: 'progressing', step: 0, weight: 25, from: 1 });
    const first = await revisions();
    expect(first[1]).toBeGreaterThan(first[2] ?? 0);
    expect(first[2]).toBeGreaterThan(3);
    await backdate();
    await progress();
    expect(await row()).toMatchObject({ step: 0 });
    await end(2, ['Succeeded', 'Succeeded', 'Succeeded', 'Failed']);
    await Promise.all([progress(), progress()]);
    expect(await row()).toMatchObject({ state: 'progressing', step: 1, weight: 50 });
    const second = await revisions();
    expect(second[2]).toBeGreaterThan(first[2] ?? 24);
    await backdate();
    await progress();
    expect(await row()).toMatchObject({ step: 1 });
    const standing = {
      system,
      strategy: 'canary',
      state: 'progressing',
      step: 2,
      steps: 3,
      weight: 50,
      from: 1,
      to: 2,
    };
    expect(await rolloutsUnderWay(database, environment)).toMatchObject({ rollouts: [standing] });
    await order('promote');
    expect(await row()).toMatchObject({ step: 2, weight: 100 });
    await progress();
    expect(await row()).toMatchObject({ state: 'done' });
    expect(await rolloutsUnderWay(database, environment)).toEqual({});
    expect(await revisions()).toEqual({ 2: 24 });
    expect(await actions()).toEqual(['rollout.began', 'rollout.stepped', 'rollout.promoted', 'rollout.done']);
  });

  test('is aborted where its runs fail, and then gives every new run the old revision', async () => {
    await began();
    const running = await revisions();
    await end(2, ['Failed', 'Failed', 'Succeeded', 'DeadLetter']);
    await progress();
    expect(await row()).toEqual({ state: 'aborted', step: 0, weight: 0, from: 1 });
    expect(await revisions()).toEqual({ 1: 24 });
    // What ran on the new side goes on there.
    const { rows } = await sql<{ n: number }>`select count(*)::integer as n from run
      where environment = ${environment} and revision = 2`.execute(database.db);
    expect(rows[0]?.n).toBe(running[2]);
    await backdate();
    await progress();
    expect(await row()).toMatchObject({ state: 'aborted' });
    await expect(order('promote')).rejects.toMatchObject({ code: 'rollout.state' });
    await expect(order('resume')).rejects.toMatchObject({ code: 'rollout.state' });
    await order('promote', true);
    expect(await revisions()).toEqual({ 2: 24 });
    await expect(order('abort')).rejects.toMatchObject({ code: 'rollout.none' });
  });

  test('gives way to a newer revision, from the side that all runs saw last, and ends where that comes back', async () => {
    await began();
    await live('c');
    expect(await row()).toEqual({ state: 'progressing', step: 0, weight: 25, from: 1 });
    const seen = await revisions();
    expect(Object.keys(seen)).toEqual(['1', '3']);
    await live('a');
    expect(await row()).toMatchObject({ state: 'reverted' });
    expect(await revisions()).toEqual({ 4: 24 });
    await live('d');
    expect(await row()).toMatchObject({ state: 'progressing', from: 4 });
    await sql`update run set state = 'Cancelled', ended_at = now() where environment = ${environment}`.execute(
      database.db,
    );
    await live(undefined);
    expect(await row()).toMatchObject({ state: 'removed' });
    await expect(start('acme')).rejects.toMatchObject({ code: 'run.system_unknown' });
  });

  test('of blue-green waits for a person, who may pause and resume it', async () => {
    await began('a', 'b', { strategy: 'blueGreen' });
    expect(await revisions()).toEqual({ 1: 24 });
    await backdate();
    await progress();
    await order('pause');
    await expect(order('pause')).rejects.toMatchObject({ code: 'rollout.state' });
    await order('resume');
    expect(await row()).toMatchObject({ state: 'progressing', weight: 0 });
    const old = await start('acme');
    expect((await runAgain(database, { run: old.id, by: 'ada' }, randomUUID())).revision).toBe(1);
    await order('promote');
    expect(await row()).toMatchObject({ state: 'done' });
    expect((await runAgain(database, { run: old.id, by: 'ada' }, randomUUID())).revision).toBe(2);
  });
});
