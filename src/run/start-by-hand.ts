import { exitCodes, TerminalError } from '../errors.ts';
import type { JsonObject } from '../manifest/json.ts';
import { didYouMean } from '../manifest/nearest.ts';
import type { TaskSchedule } from '../manifest/types.gen.ts';
import { addressAt } from '../policy/typed.ts';
import { databaseClock } from '../store/clock.ts';
import type { Database } from '../store/database-port.ts';
import { recordEvent } from '../store/event.ts';
import { holdRevision, readContents } from '../store/live-content.ts';
import type { RunRow } from '../store/run.ts';
import { recordTick } from '../store/schedule.ts';
import { inTransaction, type StoreTransaction } from '../store/transaction.ts';
import { namesOf, takeSchedule } from '../store/trigger-list.ts';
import { type LiveTask, mergedInput, readTask, specIn, startTask, taskOf, taskUnknown } from './task.ts';
import type { taskCodes } from './task-codes.ts';

export interface StartByHand {
  readonly environment: string;
  readonly kind: 'Task' | 'TaskSchedule';
  /** `name` or `namespace/name`. */
  readonly name: string;
  /** Members that stand in place of the task's own. */
  readonly input: JsonObject;
  readonly idempotencyKey?: string;
  readonly actor: string;
}

/**
 * Starts a task because a person says so. Of a schedule: now, beside its times and whatever is under way; its next time
 * sees the run as one of its own.
 */
export function startByHand(database: Database, start: StartByHand): Promise<RunRow> {
  return inTransaction(database, async (trx) => {
    const { environment, kind, idempotencyKey, actor } = start;
    await holdRevision(trx, environment);
    const name = await qualified(trx, start);
    const schedule = kind === 'Task' ? undefined : await takeSchedule(trx, environment, name);
    const task = kind === 'Task' ? await readTask(trx, environment, name) : await scheduled(trx, environment, name);
    if (task === undefined) throw unknown(start, []);
    const run = await startTask(trx, {
      environment,
      task,
      input: mergedInput(task, start.input),
      cause: { kind: 'task', ...(kind === 'Task' ? {} : { schedule: name }) },
      submittedBy: actor,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    });
    const detail = { run: run.id, task: `${kind}/${name}` };
    await recordEvent(trx, { environment, actor, action: 'task.started', detail });
    if (schedule !== undefined) {
      const tick = await databaseClock(trx);
      await recordTick(trx, { schedule, tick, outcome: 'started', times: 1, run: run.id, by: actor });
    }
    return run;
  });
}

async function scheduled(trx: StoreTransaction, environment: string, name: string): Promise<LiveTask | undefined> {
  const address = addressAt('TaskSchedule', name);
  const spec = specIn<TaskSchedule['spec']>((await readContents(trx, environment, [address])).get(address));
  const [namespace = ''] = name.split('/');
  return spec && taskOf(trx, spec, { environment, namespace });
}

/** A bare name is enough where one namespace alone has it. */
async function qualified(trx: StoreTransaction, start: StartByHand): Promise<string> {
  const { environment, kind, name } = start;
  if (name.includes('/')) return name;
  const known = await namesOf(trx, environment, kind);
  const [match, ...others] = known.filter((path) => path.endsWith(`/${name}`));
  if (match !== undefined && others.length === 0) return match;
  if (match === undefined) throw unknown(start, known);
  const code = 'task.ambiguous' satisfies keyof typeof taskCodes;
  throw new TerminalError(`Several namespaces have a ${kind} "${name}": ${[match, ...others].join(', ')}.`, {
    code,
    help: 'Name it with its namespace.',
    exit: exitCodes.usage,
  });
}

function unknown({ environment, kind, name }: StartByHand, known: readonly string[]): TerminalError {
  if (kind === 'Task' && known.length === 0) return taskUnknown(environment, name);
  const code = kind === 'Task' ? ('task.unknown' as const) : ('schedule.unknown' as const);
  const names = [...known, ...known.map((path) => path.split('/')[1] ?? '')];
  return new TerminalError(`No ${kind} "${name}" is live in the environment ${environment}.`, {
    code: code satisfies keyof typeof taskCodes,
    help: didYouMean(name, names) ?? `Look at \`pawl get ${kind === 'Task' ? 'tasks' : 'schedules'}\`.`,
  });
}
