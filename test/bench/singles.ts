import { randomUUID } from 'node:crypto';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import type { ClaimedRun, ClaimRequest, RunWrite, WriteAnswer } from '../../src/run/executor.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { bundleOf, install, submit, workerOn } from '../support/runs.ts';
import { chain, firstStep, type StepPayload } from './chain.ts';
import type { BenchContext } from './context.ts';
import { assertGraphile, type WorkerUtils } from './graphile.ts';
import { keepAndGoOnText, keepText, createResults, silently } from './graphile-chain.ts';
import type { Singles } from './latency.ts';
import { workOf } from './pawl.ts';

const slots = 16;
const loaded = 'default/load';

/** Who waits for what becomes of a run or a job. */
interface Watched {
  readonly reached: Record<string, number>;
  readonly ended: () => void;
}

class Watch {
  readonly #watched = new Map<string, Watched>();

  /** Resolves at the run's end. */
  begin(run: string): Promise<Readonly<Record<string, number>>> {
    return new Promise((resolve) => {
      const reached: Record<string, number> = {};
      this.#watched.set(run, { reached, ended: () => resolve(reached) });
    });
  }

  reach(run: string, what: string): void {
    const watched = this.#watched.get(run);
    if (watched !== undefined) watched.reached[what] ??= performance.now();
  }

  end(run: string): void {
    this.#watched.get(run)?.ended();
    this.#watched.delete(run);
  }
}

/** pawl: one worker in this process, woken as in production. */
export async function openPawlSingles(url: string): Promise<Singles> {
  const database = await openDatabase({ url });
  await migrate(database);
  await install(database, bundleOf({ nodes: { only: {} }, timeoutMs: 600_000 }));
  await install(database, { ...workOf(chain).bundle, system: loaded });
  const watch = new Watch();
  const worker = workerOn(database, { executor: watching(database, watch), slots });
  await worker.start();
  return {
    async single() {
      const from = performance.now();
      const id = randomUUID();
      const ended = watch.begin(id);
      await submit(database, { id, input: chain.input });
      return since(from, await ended);
    },
    async load() {
      const id = randomUUID();
      const ended = watch.begin(id);
      await submit(database, { id, system: loaded, input: chain.input });
      await ended;
    },
    async close() {
      await worker.stop();
      await database.close();
    },
  };
}

function since(from: number, reached: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(reached).map(([name, at]) => [name, at - from]));
}

function watching(database: Database, watch: Watch): DatabaseExecutor {
  class Watching extends DatabaseExecutor {
    override async claim(request: ClaimRequest): Promise<readonly ClaimedRun[]> {
      const claimed = await super.claim(request);
      for (const { id } of claimed) watch.reach(id, 'start');
      return claimed;
    }

    override async journal(write: RunWrite): Promise<WriteAnswer> {
      const answer = await super.journal(write);
      watch.reach(write.run, 'first call');
      return answer;
    }

    override async complete(write: Parameters<DatabaseExecutor['complete']>[0]): Promise<WriteAnswer> {
      const answer = await super.complete(write);
      watch.end(write.run);
      return answer;
    }
  }
  return new Watching(database);
}

/** graphile-worker: a runner in this process; a job of one step, and chains as in W1. */
export async function openGraphileSingles(url: string, context: BenchContext): Promise<Singles> {
  const peer = await context.peer('graphile-worker');
  assertGraphile(peer);
  const connection = silently(peer, url);
  await peer.runMigrations(connection);
  await createResults(url);
  const watch = new Watch();
  const runner = await peer.run({
    ...connection,
    concurrency: slots,
    noHandleSignals: true,
    pollInterval: 1_000,
    taskList: {
      single: async ({ run, step, text }, helpers) => {
        watch.reach(run, 'start');
        await helpers.query(keepText, [run, step, JSON.stringify({ text })]);
      },
      step: async ({ run, step, text }, helpers) => {
        const result = [run, step, JSON.stringify({ text })];
        if (step === chain.stepsPerRun) await helpers.query(keepText, result);
        else await helpers.query(keepAndGoOnText, [...result, JSON.stringify({ run, step: step + 1, text })]);
      },
    },
  });
  runner.events.on('job:complete', ({ job: { task_identifier: task, payload } }) => {
    if (task === 'single' || payload.step === chain.stepsPerRun) watch.end(payload.run);
  });
  const utils = await peer.makeWorkerUtils(connection);
  const started = (task: string): Promise<Readonly<Record<string, number>>> => sent({ utils, watch }, task);
  return {
    async single() {
      const from = performance.now();
      return since(from, await started('single'));
    },
    load: async () => void (await started('step')),
    async close() {
      await runner.stop();
      await utils.release();
    },
  };
}

async function sent(
  { utils, watch }: { readonly utils: WorkerUtils; readonly watch: Watch },
  task: string,
): Promise<Readonly<Record<string, number>>> {
  const payload: StepPayload = firstStep();
  const ended = watch.begin(payload.run);
  await utils.addJob(task, payload);
  return ended;
}
