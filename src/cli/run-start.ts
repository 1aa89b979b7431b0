import type { RunRecord } from '../api/operations.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { Door } from './app-port.ts';
import { chooseEnvironment } from './context.ts';

export interface RunStart {
  /** A system, or one of the two others. */
  readonly system?: string | undefined;
  readonly task?: string;
  readonly schedule?: string;
  readonly key?: string;
  readonly session?: string;
  readonly env?: string;
}

/** Submits what is named: a system, a task, or what a schedule runs. */
export async function startRun(door: Door, start: RunStart, input: JsonObject): Promise<RunRecord> {
  const { system, task, schedule, key, session } = start;
  const named = [system, task, schedule].filter((name) => name !== undefined);
  if (named.length !== 1) throw nothingNamed(named.length);
  const environment = await chooseEnvironment(door, start.env);
  const given = { environment, input, ...(key === undefined ? {} : { idempotencyKey: key }) };
  if (system !== undefined)
    return door.operations.submit({ ...given, system, ...(session === undefined ? {} : { session }) });
  if (session !== undefined) throw usage('--session is for systems.', 'Leave --session out.');
  if (task !== undefined) return door.operations.startTask({ ...given, kind: 'Task', name: task });
  return door.operations.startTask({ ...given, kind: 'TaskSchedule', name: schedule ?? '' });
}

function nothingNamed(count: number): TerminalError {
  const message = count === 0 ? 'Nothing is named that could run.' : 'Several things are named, and one can run.';
  return usage(message, 'Name a system, or --task NAME, or --schedule NAME.');
}

function usage(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'cli.usage', help, exit: exitCodes.usage });
}
