import { RetryableError } from '../errors.ts';
import type { Database } from './database-port.ts';
import type { queueCodes } from '../run/queue-codes.ts';
import type { RunRow } from './run.ts';
import { rowsOf } from './statement.ts';
import { inTransaction, type StoreTransaction } from './transaction.ts';

/** What a run is counted by, and what happens when one too many is submitted. */
export interface Concurrency {
  /** The value of the key's expression, as text. */
  readonly key: string;
  readonly limit: number;
  readonly policy: 'queue' | 'reject' | 'replace';
  /** Runs of the key that may be blocked. */
  readonly maxQueued?: number;
}

/** The key that some runs are counted by. */
export interface Key {
  readonly environment: string;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly key: string;
}

const maxQueuedDefault = 1_000;

/**
 * Lets a run of a key in: it is inserted blocked, and whoever of the key comes next begins, which may be another. All
 * of it happens under the key's lock, so that what ends at the same time is either seen here or looked at afterwards.
 */
export async function admitKeyed(
  trx: StoreTransaction,
  run: {
    readonly id: string;
    readonly environment: string;
    readonly system: string;
    readonly concurrency: Concurrency;
  },
  insertion: { readonly earlier: () => Promise<RunRow | undefined>; readonly insert: () => Promise<RunRow> },
): Promise<RunRow> {
  const { concurrency } = run;
  const key = { environment: run.environment, system: run.system, key: concurrency.key };
  await lockKey(trx, key, concurrency.limit);
  const earlier = await insertion.earlier();
  if (earlier !== undefined) return earlier;
  await assertRoom(trx, key, concurrency);
  const row = await insertion.insert();
  if (row.id !== run.id) return row;
  if (concurrency.policy === 'replace') await replaceOlder(trx, key, { by: run.id, limit: concurrency.limit });
  await letBegin(trx, key, concurrency.limit);
  return row;
}

async function lockKey(trx: StoreTransaction, key: Key, slots: number): Promise<void> {
  const text = `insert into concurrency (environment, system, key, slots) values ($1, $2, $3, $4)
    on conflict (environment, system, key) do update set slots = excluded.slots`;
  await rowsOf(trx, { name: 'lock_key', text }, [...valuesOf(key), slots]);
}

function valuesOf({ environment, system, key }: Key): readonly [string, string, string] {
  return [environment, system, key];
}

async function assertRoom(trx: StoreTransaction, key: Key, concurrency: Concurrency): Promise<void> {
  const { limit, policy, maxQueued = maxQueuedDefault } = concurrency;
  if (policy === 'replace') return;
  const text = `select
    (select count(*) from slot where environment = $1 and system = $2 and key = $3 and not released) >= $4 as taken,
    $5::bigint = 0 or exists (select from run where environment = $1 and system = $2 and concurrency_key = $3
      and state = 'Queued' and blocked offset greatest($5::bigint - 1, 0) limit 1) as full`;
  const statement = { name: 'key_has_room', text, planned: 'always' } as const;
  const [row] = await rowsOf<{ readonly taken: boolean; readonly full: boolean }>(trx, statement, [
    ...valuesOf(key),
    limit,
    maxQueued,
  ]);
  if (row?.taken !== true) return;
  const many = limit === 1 ? 'A run' : `${limit} runs`;
  if (policy === 'reject') {
    const code = 'concurrency.rejected' satisfies keyof typeof queueCodes;
    const message = `${many} of AgentSystem/${key.system} with this concurrency key ${limit === 1 ? 'has' : 'have'} not ended.`;
    throw new RetryableError(message, { code, help: 'Try again when one has ended.', exit: 6, retryAfterMs });
  }
  if (!row.full) return;
  const code = 'queue.full' satisfies keyof typeof queueCodes;
  const message = `${maxQueued} runs of AgentSystem/${key.system} wait for this concurrency key, as many as its maxQueued allows.`;
  throw new RetryableError(message, { code, help: 'Try again when some have ended.', exit: 6, retryAfterMs });
}

const retryAfterMs = 5_000;

/**
 * Cancels the oldest until no more than the limit are left, those that are being cancelled aside. Runs of the key have a
 * slot or are blocked, and are found by that: a system may have many more. Rows are locked in the order of their ids, as
 * the journal locks them.
 */
const replaceText = `
with open as materialized (
  select run as id from slot where environment = $1 and system = $2 and key = $3 and not released
  union all
  select id from run where environment = $1 and system = $2 and concurrency_key = $3 and state = 'Queued' and blocked
), kept as materialized (
  select id from run where id = any (array(select id from open)) and ended_at is null and cancel_requested_at is null
  order by id = $4 desc, created_at desc, id desc limit $5
), old as materialized (
  select r.id from run r
  where r.id = any (array(select id from open except select id from kept)) and r.ended_at is null
    and r.cancel_requested_at is null
  order by r.id for no key update
)
update run r set
  cancel_requested_at = now(),
  replaced_by = $4,
  state = case when r.state = 'Running' then r.state else 'Cancelled' end,
  ended_at = case when r.state = 'Running' then null else now() end,
  run_at = null,
  error = case when r.state = 'Running' then null else ${replacedError('$4::uuid')} end
from old where r.id = old.id and r.ended_at is null`;

/** How a run ends that a later one of its key took the place of. */
export function replacedError(by: string): string {
  return `json_build_object('code', 'run.replaced', 'message', format('Run %s of the same concurrency key took its place.', ${by}))`;
}

async function replaceOlder(
  trx: StoreTransaction,
  key: Key,
  { by, limit }: { readonly by: string; readonly limit: number },
): Promise<void> {
  const statement = { name: 'replace_older', text: replaceText, planned: 'always' } as const;
  await rowsOf(trx, statement, [...valuesOf(key), by, limit]);
}

async function dropReleased(trx: StoreTransaction, key: Key): Promise<void> {
  const text = 'delete from slot where environment = $1 and system = $2 and key = $3 and released';
  await rowsOf(trx, { name: 'drop_released', text }, valuesOf(key));
}

/** Gives free slots to those who wait, by priority, then in the order in which they came. The caller has the lock. */
const beginText = `
with next as materialized (
  select q.id, row_number() over (order by q.priority desc, q.created_at, q.id) as place
  from (
    select id, priority, created_at from run
    where environment = $1 and system = $2 and concurrency_key = $3 and state = 'Queued' and blocked
    order by priority desc, created_at, id
    limit greatest(0, $4::bigint - (select count(*) from slot where environment = $1 and system = $2 and key = $3))
    for no key update
  ) q
), free as materialized (
  select f.n, row_number() over (order by f.n) as place from (
    select g.n from generate_series(1, $4::integer) as g (n)
    where not exists (select from slot s where s.environment = $1 and s.system = $2 and s.key = $3 and s.n = g.n)
    order by g.n limit (select count(*) from next)
  ) f
), taken as (
  insert into slot (environment, system, key, n, run)
  select $1, $2, $3, free.n, next.id from next join free using (place)
  returning run
)
update run r set blocked = false, fair_key = next_fair_key(r.pool, r.priority, r.namespace)
from taken where r.id = taken.run
returning r.pool`;

async function letBegin(trx: StoreTransaction, key: Key, slots: number): Promise<readonly string[]> {
  await dropReleased(trx, key);
  const statement = { name: 'let_begin', text: beginText, planned: 'always' } as const;
  const rows = await rowsOf<{ readonly pool: string }>(trx, statement, [...valuesOf(key), slots]);
  return rows.map(({ pool }) => pool);
}

const keysMax = 100;

/** Keys of which a run has ended, each locked unless somebody has the lock: who has it looks after it, or comes later. */
const freedText = `
with freed as materialized (
  select distinct environment, system, key from slot where released limit ${keysMax}
)
select c.environment, c.system, c.key, c.slots from concurrency c
where (c.environment, c.system, c.key) in (select environment, system, key from freed)
order by c.environment, c.system, c.key for update skip locked`;

/**
 * Lets those begin who waited for a slot that was freed, and gives the pools in which there is something to do. Looks
 * after the lock was had, in a statement of its own, so that a run which was submitted meanwhile is seen.
 */
export async function promoteFreed(database: Database): Promise<readonly string[]> {
  return inTransaction(database, async (trx) => {
    const statement = { name: 'freed_keys', text: freedText, planned: 'always' } as const;
    const keys = await rowsOf<Key & { readonly slots: number }>(trx, statement, []);
    const pools = new Set<string>();
    for (const key of keys) {
      for (const pool of await letBegin(trx, key, key.slots)) pools.add(pool);
      await forget(trx, key);
    }
    return [...pools];
  });
}

/** Keys come from inputs: one that nobody uses any more leaves nothing behind. */
async function forget(trx: StoreTransaction, key: Key): Promise<void> {
  const text = `delete from concurrency c where environment = $1 and system = $2 and key = $3
    and not exists (select from slot s where s.environment = $1 and s.system = $2 and s.key = $3)
    and not exists (select from run r where r.environment = $1 and r.system = $2 and r.concurrency_key = $3
      and r.state = 'Queued' and r.blocked)`;
  await rowsOf(trx, { name: 'forget_key', text, planned: 'always' }, valuesOf(key));
}

/** Counts a run again that had ended: it is blocked, and begins when it is its turn. The caller has queued it so. */
export async function readmitKeyed(trx: StoreTransaction, key: Key): Promise<void> {
  const text = `insert into concurrency (environment, system, key, slots) values ($1, $2, $3, 1)
    on conflict (environment, system, key) do update set slots = concurrency.slots returning slots`;
  const [row] = await rowsOf<{ readonly slots: number }>(trx, { name: 'lock_key_again', text }, valuesOf(key));
  await letBegin(trx, key, row?.slots ?? 1);
}
