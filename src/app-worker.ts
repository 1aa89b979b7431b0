import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Operations } from './api/operations.ts';
import { secretsOf } from './app-secrets.ts';
import type { Config } from './config.ts';
import { createLog, type Log, subsystemLog } from './log.ts';
import { memoriesOn } from './memory/memories.ts';
import { DatabaseExecutor } from './run/database-executor.ts';
import { defaultPool } from './run/pool.ts';
import { Worker } from './run/worker.ts';
import { foldAudit } from './store/audit-fold.ts';
import type { Database } from './store/database.ts';
import { McpSessions } from './tools/mcp/sessions.ts';
import { provedTiers } from './tools/isolation/proved-tiers.ts';
import { packageVersion } from './version.ts';

/** How often a command that works on its own run looks whether it has ended. */
const workPollMs = 50;

/** Works on what is queued until one run has ended or waits for a person. */
export async function workUntil(
  config: Config,
  { database, operations, id, signal }: { database: Database; operations: Operations; id: string; signal: AbortSignal },
): Promise<void> {
  const worker = createWorker(config, { database, log: logOf(config, 'warn'), slots: config.workerSlots });
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

/** A worker of this process, as the configuration has it. */
export function createWorker(
  config: Config,
  { database, log, slots, pool = defaultPool }: { database: Database; log: Log; slots: number; pool?: string },
): Worker {
  const isolation = provedTiers(config.programs);
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

/** A command says little by itself; what the operator asked to hear comes first. */
function logOf(config: Config, otherwise: Config['logLevel']): Log {
  return createLog(config.logLevel === 'info' ? otherwise : config.logLevel);
}
