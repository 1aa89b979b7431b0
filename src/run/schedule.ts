import { isPawlError, RetryableError, TerminalError } from '../errors.ts';
import { parseDuration } from '../manifest/duration.ts';
import type { TaskSchedule } from '../manifest/types.gen.ts';
import { addressAt } from '../policy/typed.ts';
import type { Database } from '../store/database-port.ts';
import { cancelRun, type RunRow } from '../store/run.ts';
import {
  type DueSchedule,
  isDecided,
  type LockedSchedule,
  lockSchedule,
  type NewTick,
  openRunsOfSchedule,
  recordTick,
  settleSchedule,
} from '../store/schedule.ts';
import { readContents } from '../store/live-content.ts';
import { inTransaction, type StoreTransaction } from '../store/transaction.ts';
import { type Due, type DueTime, dueTimes, type ScheduleTimes } from './due.ts';
import { specIn, startTask, taskOf } from './task.ts';

type ScheduleSpec = TaskSchedule['spec'];

/** What came of looking at one schedule. */
export interface Fired {
  readonly name: string;
  readonly outcome: NewTick['outcome'] | 'nothing' | 'later';
  readonly tick?: Date;
  readonly run?: RunRow;
  readonly error?: { readonly code: string; readonly message: string };
}

/** After a refusal that may pass, such as a full queue, a time is tried again as long as it is not too late. */
const laterMs = 5_000;

/**
 * Decides what has come of one schedule's times, in one transaction: the time's row, the run that it starts and when to
 * look again are written together or not at all. Undefined: somebody else is at it, or it is not due after all.
 */
export function fireSchedule(database: Database, due: DueSchedule, now?: Date): Promise<Fired | undefined> {
  return inTransaction(database, async (trx) => {
    const locked = await lockSchedule(trx, due, now);
    if (locked === undefined) return undefined;
    const spec = await liveSpec(trx, locked);
    // Times before a change of the times are the old schedule's, as are those before it was there or resumed.
    const timing = spec === undefined || spec.suspend ? undefined : `${spec.cron} ${spec.timeZone}`;
    const { decided_at: decided, changed_at: changed } = locked;
    const after = (timing ?? null) === locked.timing || decided > changed ? decided : changed;
    if (spec === undefined || timing === undefined) {
      await settleSchedule(trx, { id: locked.id, decidedAt: after, timing, next: undefined, missed: 0 });
      return { name: locked.name, outcome: 'nothing' };
    }
    return settle(trx, { locked, spec, timing, due: dueTimes(timesOf(locked, spec), { after, now: locked.now }) });
  });
}

interface Looked {
  readonly locked: LockedSchedule;
  readonly spec: ScheduleSpec;
  readonly timing: string;
  readonly due: Due;
}

async function liveSpec(
  trx: StoreTransaction,
  { environment, name }: LockedSchedule,
): Promise<ScheduleSpec | undefined> {
  const address = addressAt('TaskSchedule', name);
  return specIn<ScheduleSpec>((await readContents(trx, environment, [address])).get(address));
}

function timesOf({ environment, name }: LockedSchedule, spec: ScheduleSpec): ScheduleTimes {
  return {
    cron: spec.cron,
    timeZone: spec.timeZone,
    schedule: `${environment}/${name}`,
    jitterMs: parseDuration(spec.jitter ?? '') ?? 0,
    deadlineMs: parseDuration(spec.startingDeadline) ?? 0,
  };
}

async function settle(trx: StoreTransaction, { locked, spec, timing, due }: Looked): Promise<Fired> {
  const { id, name } = locked;
  let missed = 0;
  if (due.missed !== undefined && (await recordTick(trx, { schedule: id, outcome: 'missed', ...due.missed }))) {
    missed = due.missed.times;
  }
  const fired: Fired =
    due.start === undefined
      ? { name, outcome: due.missed === undefined ? 'nothing' : 'missed' }
      : await fireTick(trx, { locked, spec, start: due.start });
  if (fired.outcome === 'later' && due.start !== undefined) {
    const again = { tick: due.start.tick, at: new Date(locked.now.getTime() + laterMs) };
    await settleSchedule(trx, { id, decidedAt: due.missed?.tick ?? locked.decided_at, timing, next: again, missed });
    return fired;
  }
  await settleSchedule(trx, { id, decidedAt: due.decidedAt, timing, next: due.next, missed });
  return fired;
}

interface Firing {
  readonly locked: LockedSchedule;
  readonly spec: ScheduleSpec;
  readonly start: DueTime;
}

async function fireTick(trx: StoreTransaction, firing: Firing): Promise<Fired> {
  const { locked, spec, start } = firing;
  const tick = { schedule: locked.id, ...start };
  const said = { name: locked.name, tick: start.tick };
  if (await isDecided(trx, tick)) return { ...said, outcome: 'nothing' };
  const open = spec.concurrency === 'allow' ? [] : await openRunsOfSchedule(trx, locked.id);
  if (spec.concurrency === 'forbid' && open.length > 0) {
    await recordTick(trx, { ...tick, outcome: 'skipped' });
    return { ...said, outcome: 'skipped' };
  }
  try {
    const run = await startRun(trx, firing);
    await recordTick(trx, { ...tick, outcome: 'started', run: run.id });
    for (const earlier of open) await cancel(trx, earlier);
    return { ...said, outcome: 'started', run };
  } catch (cause) {
    if (!isPawlError(cause) || cause.code.startsWith('store.')) throw cause;
    const error = { code: cause.code, message: cause.message };
    if (cause instanceof RetryableError) return { ...said, outcome: 'later', error };
    await recordTick(trx, { ...tick, outcome: 'failed', error });
    return { ...said, outcome: 'failed', error };
  }
}

async function startRun(trx: StoreTransaction, { locked, spec, start }: Firing): Promise<RunRow> {
  const { environment, name } = locked;
  const [namespace = ''] = name.split('/');
  const task = await taskOf(trx, spec, { environment, namespace });
  return startTask(trx, {
    environment,
    task,
    input: task.template.input ?? {},
    cause: { kind: 'schedule', schedule: name, tick: start.tick.toISOString() },
    submittedBy: addressAt('TaskSchedule', name),
    idempotencyKey: `schedule ${locked.id} ${start.tick.toISOString()}`,
  });
}

async function cancel(trx: StoreTransaction, run: string): Promise<void> {
  try {
    await cancelRun({ db: trx }, run);
  } catch (cause) {
    // It came to its end by itself meanwhile.
    if (!(cause instanceof TerminalError) || cause.code !== 'run.ended') throw cause;
  }
}
