import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Operations } from './api/operations.ts';
import { secretsOf } from './app-secrets.ts';
import type { Config } from './config.ts';
import { createLog, type Log, subsystemLog } from './log.ts';
import { memoriesOn } from './memory/memories.ts';
import { DatabaseExecutor } from './run/database-executor.ts';
import { defaultPool } from './run/pool.ts';
import { PoolWorkers } from './run/pool-workers.ts';
import { Worker } from './run/worker.ts';
import { foldAudit } from './store/audit-fold.ts';
import { readPools } from './store/pool.ts';
import type { Database } from './store/database.ts';
import { McpSessions } from './tools/mcp/sessions.ts';
import type { Isolation, Reached } from './tools/isolation/isolated.ts';
import { provedTiers } from './tools/isolation/proved-tiers.ts';
import { packageVersion } from './version.ts';

/** How often a command that works on its own run looks whether it has ended. */
const workPollMs = 50;

/** Works on what is queued until one run has ended or waits for a person. */
export async function workUntil(
  config: Config,
  { database, operations, id, signal }: { database: Database; operations: Operations; id: string; signal: AbortSignal },
): Promise<void> {
  const { pool } = await operations.standing(id);
  const worker = createWorker(config, { database, log: logOf(config, 'warn'), slots: config.workerSlots, pool });
  await worker.start();
  try {
    while (!signal.aborted) {
      const { state, waits } = await operations.run(id);
      const isWorkedOn =
        state === 'Queued' ||
        state === 'Running' ||
        (state === 'Waiting' && waits.every(({ kind }) => kind === 'timer' || kind === 'rate'));
      if (!isWorkedOn) return;
      await delay(workPollMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await worker.stop();
    // Nobody else is there to do it; what is left is folded by whoever comes next.
    await foldAudit(database).catch(() => undefined);
  }
}

/**
 * Workers of one process: of every pool where no other process can open the database, else of the default one alone,
 * because others may be meant for other machines.
 */
export function createWorkers(
  config: Config,
  { database, log }: { readonly database: Database; readonly log: Log },
): PoolWorkers {
  const pools = async (): Promise<ReadonlyMap<string, number>> => {
    if (database.kind !== 'embedded') return new Map();
    return new Map((await readPools(database.db)).map(({ name, concurrency }) => [name, concurrency]));
  };
  return new PoolWorkers({
    bus: database,
    log: subsystemLog(log, 'worker'),
    pools,
    worker: (pool, slots = config.workerSlots) => createWorker(config, { database, log, slots, pool }),
  });
}

/** A worker of this process, as the configuration has it. */
export function createWorker(
  config: Config,
  { database, log, slots, pool = defaultPool }: { database: Database; log: Log; slots: number; pool?: string },
): Worker {
  const isolation = isolationOf(config, log);
  return new Worker({
    executor: new DatabaseExecutor(database),
    bus: database,
    log: subsystemLog(log, 'worker'),
    secrets: secretsOf(config, database),
    memories: memoriesOn(database),
    isolation,
    sessions: new McpSessions({ log: subsystemLog(log, 'mcp'), isolation }),
    slots,
    pool,
    host: hostname(),
    version: packageVersion(),
  });
}

/** What programs of this worker run in, and where their declared networks took them: calls may share a program. */
function isolationOf(config: Config, log: Log): () => Promise<Isolation> {
  const proved = provedTiers(config.programs);
  const network = subsystemLog(log, 'network');
  const reached: Reached = (program, hosts) => network.info({ program, hosts }, 'a program reached hosts');
  return async () => ({ ...(await proved()), reached });
}

/** A command says little by itself; what the operator asked to hear comes first. */
function logOf(config: Config, otherwise: Config['logLevel']): Log {
  return createLog(config.logLevel === 'info' ? otherwise : config.logLevel);
}
