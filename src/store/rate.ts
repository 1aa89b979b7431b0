import type { Kysely } from 'kysely';
import { type Bucket, giveBack, type RateAnswer, type RateAsk, type RateLimits, take } from '../run/rate.ts';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';
import { inTransaction } from './transaction.ts';

interface RateRow {
  readonly revision: number;
  readonly limits: RateLimits;
  readonly requests: number;
  readonly tokens: number;
  readonly refilled: number;
  readonly waiting: number;
  readonly now: number;
}

const ms = (time: string): string => `(extract(epoch from ${time}) * 1000)::double precision`;

const lockText = `select revision, limits, requests, tokens, ${ms('refilled_at')} as refilled,
  ${ms('waiting_until')} as waiting, ${ms('clock_timestamp()')} as now
  from rate where key = $1 for update`;

/** Decides on calls under one key, in their order, by the database's clock and under the lock of the key's row. */
export async function takeRate(database: Database, asks: readonly [RateAsk, ...RateAsk[]]): Promise<RateAnswer[]> {
  const [{ key, revision, limits }] = asks;
  return inTransaction(database, async (trx) => {
    const row = (await locked(trx, key)) ?? (await made(trx, { key, revision, limits }));
    let bucket = row === undefined ? undefined : bucketOf(row);
    const answers = asks.map((ask) => {
      const taken = take(bucket, ask, row?.now ?? Date.now());
      bucket = taken.bucket;
      return taken.answer;
    });
    if (bucket !== undefined) await write(trx, key, bucket);
    return answers;
  });
}

/** Settles what calls under a key were allowed against what they used. */
export async function giveBackRate(
  database: Database,
  key: string,
  { tokens, requests = 0 }: { readonly tokens: number; readonly requests?: number },
): Promise<void> {
  await inTransaction(database, async (trx) => {
    const row = await locked(trx, key);
    if (row !== undefined) await write(trx, key, giveBack(bucketOf(row), tokens, requests));
  });
}

async function locked(db: Kysely<Tables>, key: string): Promise<RateRow | undefined> {
  return (await rowsOf<RateRow>(db, { name: 'lock_rate', text: lockText }, [key]))[0];
}

/** The row of a key that was never used: as full as the first call finds it. */
async function made(
  db: Kysely<Tables>,
  { key, revision, limits }: Pick<RateAsk, 'key' | 'revision' | 'limits'>,
): Promise<RateRow | undefined> {
  const text = `insert into rate (key, revision, limits, requests, tokens, refilled_at, waiting_until)
    values ($1, $2, $3::jsonb, 1e9, 1e15, clock_timestamp(), to_timestamp(0))
    on conflict (key) do nothing`;
  await rowsOf(db, { name: 'make_rate', text }, [key, revision, JSON.stringify(limits)]);
  return locked(db, key);
}

function bucketOf({ revision, limits, requests, tokens, refilled, waiting }: RateRow): Bucket {
  return { revision, limits, requests, tokens, refilledAt: refilled, waitingUntil: waiting };
}

async function write(db: Kysely<Tables>, key: string, bucket: Bucket): Promise<void> {
  const { revision, limits, requests, tokens, refilledAt, waitingUntil } = bucket;
  const text = `update rate set revision = $2, limits = $3::jsonb, requests = $4, tokens = $5,
    refilled_at = to_timestamp($6::double precision / 1000), waiting_until = to_timestamp($7::double precision / 1000)
    where key = $1`;
  const values = [key, revision, JSON.stringify(limits), requests, tokens, refilledAt, waitingUntil];
  await rowsOf(db, { name: 'write_rate', text }, values);
}

/** A bucket that nobody has asked for so long is full: the next who asks makes it anew. */
export async function dropIdleRates({ db }: Database): Promise<void> {
  const text = `delete from rate where requests >= 0 and tokens >= 0 and waiting_until < now()
    and refilled_at < now() - interval '1 day' - coalesce((limits -> 'calls' ->> 'windowMs')::bigint, 0) * interval '1 millisecond'`;
  await rowsOf(db, { name: 'drop_idle_rates', text }, []);
}
