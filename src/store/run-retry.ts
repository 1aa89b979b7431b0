import type { JsonObject } from '../manifest/json.ts';
import { decideRetry, type FailedRun, type RetryDecision, type RunRetry } from '../run/run-retry.ts';
import { readmitKeyed } from './concurrency.ts';
import type { Database } from './database-port.ts';
import { ownDeadline, requeuedText } from './retry.ts';
import { awaitsRetry } from './run.ts';
import { rowsOf } from './statement.ts';
import { inTransaction, type StoreTransaction } from './transaction.ts';

interface FailedRow extends FailedRun {
  readonly id: string;
  readonly environment: string;
  readonly system: string;
  readonly fence: number;
  readonly key: string | null;
  readonly policy: RunRetry;
  /** The next attempt was decided on, and its time has come. */
  readonly due: boolean;
  readonly stopped: 'stopped' | 'removed' | 'withdrawn' | 'replaced' | null;
}

/**
 * A run that somebody stopped, whose system is gone, which a rollback withdrew, or whose place a later one of its key
 * has taken is not started again, any more than it would have gone on.
 */
const failedText = `
select r.id, r.environment, r.system, r.fence, r.concurrency_key as key, r.state, r.error, r.attempt,
  r.cause -> 'retry' as policy, r.retry_at is not null as due,
  (extract(epoch from now() - r.created_at) * 1000)::double precision as "elapsedMs",
  case
    when r.cancel_requested_at is not null or r.drain_requested_at is not null or r.replaced_by is not null
      then 'stopped'
    when not exists (select from bundle_history h
      where h.environment = r.environment and h.system = r.system and h.to_revision is null) then 'removed'
    when exists (select from revision v where v.environment = r.environment and v.revision > r.revision
      and v.summary #>> '{rollback,runs}' in ('drain', 'cancel')
      and (v.summary #>> '{rollback,to}')::bigint < r.revision
      and (v.summary #>> '{rollback,from}')::bigint >= r.revision
      and not exists (select from bundle_history h where h.environment = r.environment and h.system = r.system
        and h.digest = r.bundle and h.from_revision <= v.revision
        and (h.to_revision is null or h.to_revision > v.revision))) then 'withdrawn'
    when b.content::json #>> '{concurrency,policy}' = 'replace' and exists (select from slot s
      where s.environment = r.environment and s.system = r.system and s.key = r.concurrency_key
        and not s.released) then 'replaced'
  end as stopped
from run r join bundle b on b.digest = r.bundle
where ${awaitsRetry('r')} and (r.retry_at is null or r.retry_at <= now())
order by r.retry_at nulls first limit $1`;

const postponeText = `
update run r set retry_at = r.ended_at + $3::double precision * interval '1 millisecond'
where r.id = $1 and r.fence = $2 and r.retry_at is null and ${awaitsRetry('r')}`;

const giveUpText = `
update run r set retry_at = null, retry_over = true
where r.id = $1 and r.fence = $2 and ${awaitsRetry('r')}
returning r.id`;

const startText = `
update run r set ${requeuedText}, retry_at = null, attempt = r.attempt + 1,
  deadline_at = least(${ownDeadline},
    r.created_at + (r.cause #>> '{retry,deadlineMs}')::bigint * interval '1 millisecond')
from bundle b
where r.id = $1 and r.fence = $2 and r.retry_at <= now() and ${awaitsRetry('r')} and b.digest = r.bundle
returning r.pool, r.attempt`;

const eventText = `insert into event (environment, actor, action, detail) values ($1, 'pawl', $2, $3::jsonb)`;

const batchMax = 100;

/**
 * Decides what follows on failed runs of tasks, and starts again those whose pause is over, by the database's clock. Any
 * number of processes may do so at once: each write holds for the failed attempt that was read, or does nothing. Gives
 * the pools in which something begins.
 */
export async function retryFailed(database: Database): Promise<readonly string[]> {
  const statement = { name: 'failed_runs', text: failedText, planned: 'always' } as const;
  const pools = new Set<string>();
  for (const row of await rowsOf<FailedRow>(database.db, statement, [batchMax])) {
    const pool = await follow(database, row, decisionOn(row));
    if (pool !== undefined) pools.add(pool);
  }
  return [...pools];
}

type Followed = RetryDecision | { readonly kind: 'start' } | { readonly kind: 'over'; readonly why: string };

function decisionOn(row: FailedRow): Followed {
  if (row.stopped !== null) return { kind: 'over', why: row.stopped };
  if (!row.due) return decideRetry(row.policy, row, Math.random());
  const { deadlineMs = Number.POSITIVE_INFINITY } = row.policy;
  return row.elapsedMs < deadlineMs ? { kind: 'start' } : { kind: 'over', why: 'deadline' };
}

async function follow(database: Database, row: FailedRow, decision: Followed): Promise<string | undefined> {
  switch (decision.kind) {
    case 'again':
      await rowsOf(database.db, { name: 'postpone_run', text: postponeText }, [row.id, row.fence, decision.delayMs]);
      return undefined;
    case 'over':
      await inTransaction(database, async (trx) => {
        const gaveUp = await rowsOf(trx, { name: 'give_up_run', text: giveUpText }, [row.id, row.fence]);
        if (gaveUp.length === 0) return;
        const { id: run, attempt, error } = row;
        const detail = { run, attempt, why: decision.why, code: error.code };
        await record(trx, row, { action: 'run.given_up', detail });
      });
      return undefined;
    case 'start':
      return inTransaction(database, (trx) => start(trx, row));
  }
}

async function start(trx: StoreTransaction, row: FailedRow): Promise<string | undefined> {
  const statement = { name: 'start_again', text: startText, planned: 'always' } as const;
  const values = [row.id, row.fence];
  const [started] = await rowsOf<{ readonly pool: string; readonly attempt: number }>(trx, statement, values);
  if (started === undefined) return undefined;
  const { id: run, environment, system, key, error } = row;
  await record(trx, row, { action: 'run.retried', detail: { run, attempt: started.attempt, code: error.code } });
  if (key !== null) await readmitKeyed(trx, { environment, system, key });
  return started.pool;
}

async function record(
  trx: StoreTransaction,
  { environment }: FailedRow,
  event: { readonly action: 'run.retried' | 'run.given_up'; readonly detail: JsonObject },
): Promise<void> {
  const values = [environment, event.action, JSON.stringify(event.detail)];
  await rowsOf(trx, { name: 'record_run_retry', text: eventText }, values);
}
