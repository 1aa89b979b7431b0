import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { taskOperations } from '../../src/api/local-task.ts';
import { localPerson } from '../../src/policy/person.ts';
import { Scheduler } from '../../src/run/scheduler.ts';
import type { Database } from '../../src/store/database.ts';
import { readRun } from '../../src/store/run.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { bundleOf, environment, install, silent } from '../support/runs.ts';
import { applyTriggers, scheduleSpec, ticksOf } from '../support/triggers.ts';

const ada = localPerson('ada');
const noon = new Date('2026-03-02T12:00:00Z');

function after(minutes: number, seconds = 0): Date {
  return new Date(noon.getTime() + minutes * 60_000 + seconds * 1_000);
}

describe('a schedule', () => {
  let opened: OpenedDatabase;
  let database: Database;
  let scheduler: Scheduler;

  beforeAll(async () => {
    opened = await openTestDatabase('embedded');
    database = opened.database;
    scheduler = new Scheduler({ database, bus: database, log: silent });
    await install(database, bundleOf({ nodes: { only: { tool: 'echo' } } }));
  });
  afterAll(() => opened.close());
  beforeEach(async () => {
    await sql`delete from schedule`.execute(database.db);
    await sql`delete from run`.execute(database.db);
  });

  /** Brings a schedule at noon and lets the scheduler see it. */
  async function bring(name: string, cron: string, rest = {}): Promise<void> {
    await applyTriggers(database, { set: { [`TaskSchedule/${name}`]: scheduleSpec(cron, rest) }, at: noon });
    expect(await scheduler.tick(noon)).toEqual([{ name: `default/${name}`, outcome: 'nothing' }]);
  }

  async function outcomes(now: Date): Promise<readonly string[]> {
    return (await scheduler.tick(now)).map(({ outcome }) => outcome);
  }

  async function end(run: string | null): Promise<void> {
    await sql`update run set state = 'Succeeded', ended_at = now() where id = ${run}`.execute(database.db);
  }

  test('starts one run for each of its times, and says in the run which', async () => {
    await bring('often', '*/10 * * * *', { task: { systemRef: 'work', priority: 8, deadline: '1h', input: { a: 1 } } });
    expect(await outcomes(after(9, 59))).toEqual([]);
    expect(await outcomes(after(10))).toEqual(['started']);
    expect(await outcomes(after(10))).toEqual([]);
    const [tick] = await ticksOf(database, 'often');
    expect(tick).toMatchObject({ tick: '2026-03-02T12:10:00.000Z', outcome: 'started', times: 1 });
    const { rows } = await sql`select system, priority, input, cause, submitted_by,
      deadline_at <= created_at + interval '1 hour' as bounded from run`.execute(database.db);
    expect(rows).toEqual([
      {
        system: 'default/work',
        priority: 8,
        input: { a: 1 },
        cause: { kind: 'schedule', schedule: 'default/often', tick: '2026-03-02T12:10:00.000Z' },
        submitted_by: 'TaskSchedule/default/often',
        bounded: true,
      },
    ]);
  });

  test('does not fire for a time before it was live', async () => {
    await applyTriggers(database, { set: { 'TaskSchedule/new': scheduleSpec('59 11 * * *') }, at: noon });
    expect(await outcomes(after(0))).toEqual(['nothing']);
    expect(await ticksOf(database, 'new')).toEqual([]);
  });

  test('every minute after three hours without a scheduler: one run, and the rest recorded as missed', async () => {
    await bring('minutely', '* * * * *');
    expect(await outcomes(after(180, 30))).toEqual(['started']);
    expect(await ticksOf(database, 'minutely')).toMatchObject([
      { tick: '2026-03-02T14:55:00.000Z', outcome: 'missed', times: 175 },
      { tick: '2026-03-02T15:00:00.000Z', outcome: 'started', times: 5 },
    ]);
    const { rows } = await sql`select missed, next_at, timing from schedule`.execute(database.db);
    expect(rows).toEqual([{ missed: 175, next_at: after(181), timing: '* * * * * UTC' }]);
  });

  test('forbid leaves a time out while the run before it is open', async () => {
    await bring('one', '* * * * *');
    expect(await outcomes(after(1))).toEqual(['started']);
    expect(await outcomes(after(2))).toEqual(['skipped']);
    await end((await ticksOf(database, 'one'))[0]?.run ?? null);
    expect(await outcomes(after(3))).toEqual(['started']);
    expect((await ticksOf(database, 'one')).map(({ outcome }) => outcome)).toEqual(['started', 'skipped', 'started']);
  });

  test('lists as many of its ended runs as it says, the newest of those that succeeded and of the others', async () => {
    await bring('listed', '* * * * *', { historyLimits: { succeeded: 2, failed: 1 } });
    for (const [minute, state] of ['Succeeded', 'Failed', 'Succeeded', 'TimedOut', 'Succeeded'].entries()) {
      await scheduler.tick(after(minute + 1));
      await sql`update run set state = ${state}, ended_at = now() where ended_at is null`.execute(database.db);
    }
    const listed = async () => {
      const [schedule] = await taskOperations({ database }, ada, (name) => Promise.resolve(name)).schedules(
        environment,
      );
      return schedule?.ended.map(({ state, tick }) => `${state} ${tick.slice(11, 16)}`);
    };
    expect(await listed()).toEqual(['Succeeded 12:05', 'TimedOut 12:04', 'Succeeded 12:03']);
    const none = scheduleSpec('* * * * *', { historyLimits: { succeeded: 0, failed: 0 } });
    await applyTriggers(database, { set: { 'TaskSchedule/listed': none }, at: after(6) });
    expect(await listed()).toEqual([]);
    // No run is deleted for it.
    const { rows } = await sql<{ runs: number }>`select count(*)::int as runs from run`.execute(database.db);
    expect(rows).toEqual([{ runs: 5 }]);
  });

  test('allow starts beside it, and replace cancels it', async () => {
    await bring('many', '* * * * *', { concurrency: 'allow' });
    expect([await outcomes(after(1)), await outcomes(after(2))]).toEqual([['started'], ['started']]);
    await applyTriggers(database, {
      set: { 'TaskSchedule/many': scheduleSpec('* * * * *', { concurrency: 'replace' }) },
      at: after(2, 10),
    });
    expect(await outcomes(after(2, 10))).toEqual(['nothing']);
    expect(await outcomes(after(3))).toEqual(['started']);
    const runs = (await ticksOf(database, 'many')).map(({ run }) => run ?? '');
    const states = await Promise.all(runs.map(async (run) => (await readRun(database, run)).state));
    expect(states).toEqual(['Cancelled', 'Cancelled', 'Queued']);
  });

  test('suspended it does not come, and resumed it does not make up for the time between', async () => {
    const suspended = scheduleSpec('*/10 * * * *', { suspend: true, startingDeadline: '1h' });
    await bring('quiet', '*/10 * * * *', { startingDeadline: '1h' });
    await applyTriggers(database, { set: { 'TaskSchedule/quiet': suspended }, at: after(5) });
    expect(await outcomes(after(15))).toEqual(['nothing']);
    expect(await outcomes(after(25))).toEqual([]);
    await applyTriggers(database, {
      set: { 'TaskSchedule/quiet': scheduleSpec('*/10 * * * *', { startingDeadline: '1h' }) },
      at: after(27),
    });
    expect(await outcomes(after(28))).toEqual(['nothing']);
    expect(await outcomes(after(30))).toEqual(['started']);
    expect(await ticksOf(database, 'quiet')).toHaveLength(1);
  });

  test('changed between two times it follows the new ones, from the change on', async () => {
    await bring('moving', '0 * * * *');
    await applyTriggers(database, { set: { 'TaskSchedule/moving': scheduleSpec('4,20 * * * *') }, at: after(5) });
    expect(await outcomes(after(6))).toEqual(['nothing']);
    expect(await outcomes(after(20))).toEqual(['started']);
    expect(await outcomes(after(60))).toEqual([]);
  });

  test('changed in something else it keeps a time that had come', async () => {
    await bring('kept', '*/10 * * * *');
    const other = scheduleSpec('*/10 * * * *', { description: 'Said better.' });
    await applyTriggers(database, { set: { 'TaskSchedule/kept': other }, at: after(10, 1) });
    expect(await outcomes(after(10, 2))).toEqual(['started']);
  });

  test('renamed it goes on where it was, also when two trade their names', async () => {
    await bring('left', '*/10 * * * *');
    await bring('right', '*/15 * * * *');
    expect(await outcomes(after(10))).toEqual(['started']);
    await applyTriggers(database, {
      moved: { 'TaskSchedule/left': 'right', 'TaskSchedule/right': 'left' },
      at: after(11),
    });
    expect(await outcomes(after(11))).toEqual(['nothing', 'nothing']);
    expect(await ticksOf(database, 'right')).toHaveLength(1);
    expect(await outcomes(after(15))).toEqual(['started']);
    expect((await ticksOf(database, 'left')).map(({ tick }) => tick.slice(14, 16))).toEqual(['15']);
  });

  test('removed it stops, and comes again after a revert without a time twice', async () => {
    await bring('gone', '*/10 * * * *');
    expect(await outcomes(after(10))).toEqual(['started']);
    await applyTriggers(database, { removed: ['TaskSchedule/gone'], at: after(10, 1) });
    expect(await outcomes(after(10, 1))).toEqual(['nothing']);
    expect(await outcomes(after(20))).toEqual([]);
    await applyTriggers(database, { set: { 'TaskSchedule/gone': scheduleSpec('*/10 * * * *') }, at: after(20, 30) });
    expect(await outcomes(after(20, 30))).toEqual(['nothing']);
    expect(await outcomes(after(30))).toEqual(['skipped']);
  });

  test('names a Task of its own namespace, read when it fires', async () => {
    await applyTriggers(database, {
      set: { 'Task/nightly': { systemRef: 'work', priority: 2, input: { of: 'Task' } } },
    });
    await bring('by-name', '* * * * *', { taskRef: 'nightly' });
    expect(await outcomes(after(1))).toEqual(['started']);
    const { rows } = await sql`select input, priority, cause ->> 'task' as task from run`.execute(database.db);
    expect(rows).toEqual([{ input: { of: 'Task' }, priority: 2, task: 'default/nightly' }]);
  });

  test('whose system is not there says so in the record, and goes on with its next time', async () => {
    await bring('lost', '* * * * *', { task: { systemRef: 'nowhere', priority: 5 } });
    expect(await outcomes(after(1))).toEqual(['failed']);
    expect(await ticksOf(database, 'lost')).toMatchObject([
      { outcome: 'failed', code: 'run.system_unknown', run: null },
    ]);
    expect(await outcomes(after(2))).toEqual(['failed']);
  });

  test('a scheduler whose host has another time goes by the database', async () => {
    await applyTriggers(database, { set: { 'TaskSchedule/now': scheduleSpec('* * * * *') } });
    // Decided by the clock of the database alone: what is due is looked up, decided and written with it.
    expect((await scheduler.tick()).map(({ outcome }) => outcome)).toEqual(['nothing']);
    const { rows } = await sql<{ soon: boolean }>`
      select next_at > now() and next_at <= now() + interval '60 seconds' as soon from schedule`.execute(database.db);
    expect(rows).toEqual([{ soon: true }]);
  });
});

test('of four schedulers at once on a server, one starts each run', async () => {
  const opened = await openTestDatabase('postgres');
  try {
    const { database } = opened;
    await install(database, bundleOf({ nodes: { only: { tool: 'echo' } } }));
    const names = Array.from({ length: 20 }, (_, at) => `s${at}`);
    const set = Object.fromEntries(
      names.map((name) => [`TaskSchedule/${name}`, scheduleSpec('* * * * *', { concurrency: 'allow' })]),
    );
    await applyTriggers(database, { set, at: noon });
    const four = Array.from({ length: 4 }, () => new Scheduler({ database, bus: database, log: silent }));
    await Promise.all(four.map((one) => one.tick(noon)));
    for (const minute of [1, 2, 3]) await Promise.all(four.map((one) => one.tick(after(minute))));
    const { rows } = await sql`
      select (select count(*)::int from run) as runs, (select count(*)::int from tick where outcome = 'started') as started,
        (select count(distinct (schedule, tick))::int from tick) as times`.execute(database.db);
    expect(rows).toEqual([{ runs: 60, started: 60, times: 60 }]);
  } finally {
    await opened.close();
  }
});
