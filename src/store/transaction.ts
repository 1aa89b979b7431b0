import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { sql, type Transaction } from 'kysely';
import { RetryableError, TerminalError } from '../errors.ts';
import type { Database } from './database-port.ts';
import { storeError } from './failure.ts';
import type { Tables } from './tables.gen.ts';

/** What a verb needs that must run inside a transaction. */
export type StoreTransaction = Transaction<Tables>;

export interface TransactionOptions {
  /** Whole attempts, the first included. */
  readonly attempts?: number;
  readonly signal?: AbortSignal;
  /** Runs right before COMMIT is sent. */
  readonly beforeCommit?: () => void | Promise<void>;
}

const attemptsDefault = 5;
const backoffMs = 20;
const backoffMaxMs = 1_000;

/**
 * Runs `work` in one transaction, and all of it again when the database says that trying again may help.
 * A COMMIT whose answer was lost throws `store.commit_unknown` and is never retried here.
 */
export async function inTransaction<T>(
  database: Database,
  work: (trx: StoreTransaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const attempts = options.attempts ?? attemptsDefault;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(database, work, options.beforeCommit);
    } catch (error) {
      const failure = storeError(error);
      const again = failure instanceof RetryableError && failure.code !== 'store.commit_unknown' && attempt < attempts;
      if (!again) throw failure;
      await delay(jitteredMs(attempt), undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  }
}

/** Full jitter: many that failed together do not come back together. */
export function jitteredMs(attempt: number): number {
  return Math.random() * Math.min(backoffMaxMs, backoffMs * 2 ** attempt);
}

async function once<T>(
  database: Database,
  work: (trx: StoreTransaction) => Promise<T>,
  beforeCommit: TransactionOptions['beforeCommit'],
): Promise<T> {
  assertNotNested();
  const trx = await database.db.startTransaction().execute();
  const frame = { open: true };
  let committing = false;
  try {
    const result = await frames.run(frame, () => work(trx));
    await beforeCommit?.();
    committing = true;
    await trx.commit().execute();
    return result;
  } catch (error) {
    // The first error says what happened; a rollback that fails too means only that the server has rolled back itself.
    await trx
      .rollback()
      .execute()
      .catch(() => undefined);
    const failure = storeError(error);
    if (committing && failure.code === 'store.unavailable') throw commitUnknown(failure);
    throw failure;
  } finally {
    frame.open = false;
  }
}

/** An apply waits for a rehearsal as for another apply, so neither may take long. */
const rehearsalLimits = ["set local lock_timeout = '2s'", "set local statement_timeout = '10s'"];

/** Runs `work` once, in a transaction that is rolled back whatever comes of it; gives up soon where it has to wait. */
export async function inRolledBackTransaction<T>(
  database: Database,
  work: (trx: StoreTransaction) => Promise<T>,
): Promise<T> {
  assertNotNested();
  const trx = await database.db.startTransaction().execute();
  const frame = { open: true };
  try {
    for (const limit of rehearsalLimits) await sql.raw(limit).execute(trx);
    return await frames.run(frame, () => work(trx));
  } catch (error) {
    throw storeError(error);
  } finally {
    frame.open = false;
    // A rollback that fails means that the connection is gone, and with it the transaction.
    await trx
      .rollback()
      .execute()
      .catch(() => undefined);
  }
}

function commitUnknown(cause: RetryableError | TerminalError): RetryableError {
  return new RetryableError('The connection was lost during COMMIT, so nobody knows whether it was committed.', {
    code: 'store.commit_unknown',
    cause,
  });
}

interface Frame {
  open: boolean;
}

const frames = new AsyncLocalStorage<Frame>();

/**
 * Throws when called from inside a transaction of this process: the embedded database has one session, so asking
 * the pool there waits for itself for ever, and on a server it does when the pool is full.
 */
export function assertNotNested(): void {
  if (frames.getStore()?.open !== true) return;
  throw new TerminalError('A transaction asked the pool for another connection and would have waited for itself.', {
    code: 'store.nested',
    help: 'Pass the transaction down instead of the database.',
  });
}
