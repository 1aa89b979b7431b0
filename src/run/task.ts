import { exitCodes, TerminalError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { longDurationMs } from '../manifest/duration.ts';
import { qualify } from '../manifest/reference.ts';
import type { TaskTemplate } from '../manifest/types.gen.ts';
import { retryOf } from '../policy/compile-retry.ts';
import { addressAt } from '../policy/typed.ts';
import { prepareRun } from '../store/prepare-run.ts';
import type { RunRow } from '../store/run.ts';
import { readContents } from '../store/live-content.ts';
import { submitRunIn } from '../store/submit.ts';
import type { StoreTransaction } from '../store/transaction.ts';
import { acceptInput } from './accept.ts';
import type { taskCodes } from './task-codes.ts';
import { newRunId } from './run-id.ts';

/** A task template, and the namespace that its references are meant in. */
export interface LiveTask {
  readonly template: TaskTemplate;
  readonly namespace: string;
  /** `namespace/name` of the Task; absent where it stands in its schedule or webhook. */
  readonly name?: string;
}

export interface TaskStart {
  readonly environment: string;
  readonly task: LiveTask;
  readonly input: Json;
  readonly cause: JsonObject;
  readonly submittedBy: string;
  readonly idempotencyKey?: string;
  /** The run's, where its cause names it already. */
  readonly id?: string;
}

/** Submits a run of the task within the transaction of what caused it. */
export async function startTask(trx: StoreTransaction, start: TaskStart): Promise<RunRow> {
  const { id = newRunId(), environment, task, input, cause, submittedBy, idempotencyKey } = start;
  const { systemRef, priority, deadline, requires } = task.template;
  const retry = runRetryOf(task.template);
  const system = qualify(systemRef, task.namespace);
  if (!isJsonObject(input)) throw inputIsNoMap(system);
  const route = await acceptInput({ db: trx }, { environment, system, input, id, idempotencyKey });
  if (route === undefined) throw systemUnknown(environment, system);
  const prepared = await prepareRun(trx, {
    id,
    environment,
    system,
    input,
    submittedBy,
    priority,
    cause: {
      ...cause,
      ...(task.name === undefined ? {} : { task: task.name }),
      ...(retry === undefined ? {} : { retry }),
    },
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(requires === undefined ? {} : { requires }),
    ...(route.pin === undefined ? {} : { pin: route.pin }),
    ...(deadline === undefined ? {} : { deadlineMs: longDurationMs(deadline) }),
  });
  return submitRunIn(trx, prepared);
}

/** What becomes of the run when it fails: it keeps it, whatever the template says by then. */
function runRetryOf({ retry, deadline }: TaskTemplate): JsonObject | undefined {
  if (retry === undefined || retry.maxAttempts < 2) return undefined;
  const { maxAttempts, backoff, on } = retryOf(retry);
  const policy = { maxAttempts, backoff: { ...backoff }, on: [...on] };
  return deadline === undefined ? policy : { ...policy, deadlineMs: longDurationMs(deadline) };
}

/** What a schedule or a webhook runs: the task that stands in it, or the live Task that it names. */
export async function taskOf(
  trx: StoreTransaction,
  spec: { readonly task?: TaskTemplate; readonly taskRef?: string },
  at: { readonly environment: string; readonly namespace: string },
): Promise<LiveTask> {
  if (spec.task !== undefined) return { template: spec.task, namespace: at.namespace };
  const name = qualify(spec.taskRef ?? '', at.namespace);
  const task = await readTask(trx, at.environment, name);
  if (task === undefined) throw taskUnknown(at.environment, name);
  return task;
}

/** The Task as the current revision has it. */
export async function readTask(
  trx: StoreTransaction,
  environment: string,
  name: string,
): Promise<LiveTask | undefined> {
  const address = addressAt('Task', name);
  const template = specIn<TaskTemplate>((await readContents(trx, environment, [address])).get(address));
  const [namespace = ''] = name.split('/');
  return template && { template, namespace, name };
}

/** The spec of a stored manifest: it was validated against the schema that the type is generated from. */
export function specIn<Spec>(content: unknown): Spec | undefined {
  return isJsonObject(content) ? (content['spec'] as unknown as Spec) : undefined;
}

/** The template's input with single members given anew. */
export function mergedInput({ template }: LiveTask, given: JsonObject): Json {
  const { input = {} } = template;
  if (Object.keys(given).length === 0) return input;
  return isJsonObject(input) ? { ...input, ...given } : given;
}

export function taskUnknown(environment: string, name: string): TerminalError {
  const code = 'task.unknown' satisfies keyof typeof taskCodes;
  return new TerminalError(`No Task "${name}" is live in the environment ${environment}.`, {
    code,
    help: 'Look at `pawl get tasks`, and apply the commit that declares it.',
  });
}

function systemUnknown(environment: string, system: string): TerminalError {
  return new TerminalError(`No AgentSystem "${system}" is live in the environment ${environment}.`, {
    code: 'run.system_unknown',
    help: 'Look at `pawl get AgentSystem`, and apply the commit that declares it.',
  });
}

function inputIsNoMap(system: string): TerminalError {
  return new TerminalError(`The input for AgentSystem ${system} is no map.`, {
    code: 'run.input_invalid',
    help: 'Give each input by its name.',
    exit: exitCodes.usage,
  });
}
