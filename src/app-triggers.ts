import { channels } from './bus/bus.ts';
import type { Closers } from './closers.ts';
import { type Log, subsystemLog } from './log.ts';
import { progressRollouts } from './run/rollouts.ts';
import { EventRelay } from './run/event-relay.ts';
import { Periodic } from './run/periodic.ts';
import { deliver, type WebhookAnswer, type WebhookRequest } from './run/delivery.ts';
import { Scheduler } from './run/scheduler.ts';
import { foldAudit } from './store/audit-fold.ts';
import type { Database } from './store/database.ts';
import type { SecretSource } from './tools/secret-reading.ts';

const rolloutsMs = 5_000;
/** Until a record is folded, nobody could tell that it was cut off. */
const auditMs = 1_000;
const foldTurnsMax = 100;

/** Starts the runs of schedules, moves rollouts on and tells of runs, beside a worker: any number of processes may, and one does each. */
export async function startScheduler(database: Database, log: Log, stack: Closers): Promise<void> {
  const scheduler = new Scheduler({ database, bus: database, log: subsystemLog(log, 'scheduler') });
  await scheduler.start();
  stack.add(() => scheduler.stop());
  const rolloutLog = subsystemLog(log, 'rollouts');
  const work = () => progressRollouts(database, rolloutLog);
  const rollouts = new Periodic({ name: 'rollouts', everyMs: rolloutsMs, log: rolloutLog, work });
  rollouts.start();
  stack.add(() => rollouts.stop());
  const audit = new Periodic({
    name: 'audit',
    everyMs: auditMs,
    log: subsystemLog(log, 'audit'),
    work: () => fold(database),
  });
  audit.start();
  stack.add(() => audit.stop());
  const relay = new EventRelay({ database, bus: database, log: subsystemLog(log, 'events') });
  relay.start();
  stack.add(() => relay.stop());
}

async function fold(database: Database): Promise<void> {
  for (let turn = 0; turn < foldTurnsMax && (await foldAudit(database)); turn += 1);
}

/** Takes requests to webhooks, and wakes a worker for the run that one starts. */
export function webhookDoor(
  database: Database,
  secrets: SecretSource,
): (request: WebhookRequest) => Promise<WebhookAnswer> {
  return async (request) => {
    const answer = await deliver({ database, secrets }, request);
    if (answer.status === 'started') {
      await database.notify(channels.ready, answer.pool ?? '').catch(() => undefined);
    }
    return answer;
  };
}
