import type { StepPayload } from './chain.ts';

/** What the benchmark uses of graphile-worker, which is not among pawl's own packages and so has no types here. */
export interface GraphileWorker {
  readonly Logger: new (factory: () => () => undefined) => object;
  runMigrations(options: Connection): Promise<void>;
  makeWorkerUtils(options: Connection): Promise<WorkerUtils>;
  run(options: RunnerOptions): Promise<Runner>;
}

export interface Connection {
  readonly connectionString: string;
  readonly maxPoolSize: number;
  readonly logger: object;
}

interface Runner {
  stop(): Promise<void>;
  readonly events: { on(event: 'job:complete', listener: (event: { readonly job: Job }) => void): unknown };
}

interface Job {
  readonly task_identifier: string;
  readonly payload: StepPayload;
}

export interface WorkerUtils {
  addJob(identifier: string, payload: StepPayload): Promise<unknown>;
  addJobs(jobs: readonly { readonly identifier: string; readonly payload: StepPayload }[]): Promise<unknown>;
  release(): Promise<void>;
}

interface RunnerOptions extends Connection {
  readonly concurrency: number;
  readonly noHandleSignals: boolean;
  readonly pollInterval: number;
  readonly taskList: Readonly<Record<string, (payload: StepPayload, helpers: TaskHelpers) => Promise<void>>>;
}

interface TaskHelpers {
  query(text: string, values: readonly unknown[]): Promise<unknown>;
}

/** Checks what an import gave; a package of another version may export other things. */
export function assertGraphile(peer: unknown): asserts peer is GraphileWorker {
  for (const name of ['Logger', 'runMigrations', 'makeWorkerUtils', 'run']) {
    const member: unknown = typeof peer === 'object' && peer !== null ? Reflect.get(peer, name) : undefined;
    if (typeof member !== 'function') throw new TypeError(`graphile-worker has no ${name}`);
  }
}
