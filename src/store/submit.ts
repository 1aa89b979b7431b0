import type { Kysely } from 'kysely';
import { RetryableError, TerminalError } from '../errors.ts';
import { canonicalText } from '../manifest/digest.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { Requirements } from '../run/pool.ts';
import type { queueCodes } from '../run/queue-codes.ts';
import { admitKeyed, type Concurrency } from './concurrency.ts';
import type { Database } from './database-port.ts';
import type { Pin } from './route.ts';
import { type RunRow, runColumns } from './run.ts';
import { rowsOf, type Statement } from './statement.ts';
import type { Tables } from './tables.gen.ts';
import { inTransaction, type StoreTransaction } from './transaction.ts';

export interface NewRun {
  readonly id: string;
  readonly environment: string;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  /** Fits the input schema of the bundle: the caller checked it. */
  readonly input: JsonObject;
  readonly idempotencyKey?: string;
  readonly submittedBy: string;
  readonly pool?: string;
  /** What it was given its pool for. */
  readonly requires?: Requirements;
  /** Runs that may wait for the pool. */
  readonly maxQueued?: number;
  /** 0 to 9; 9 is highest. */
  readonly priority?: number;
  /** How long after now it must be over; the system's own timeout holds too. */
  readonly deadlineMs?: number;
  readonly concurrency?: Concurrency;
  readonly session?: string;
  /** What started it, where that was no person. */
  readonly cause?: JsonObject;
  readonly retriedFrom?: string;
  /** What it is pinned to in the place of the newest revision: the old side of a rollout. */
  readonly pin?: Pin;
}

/**
 * Pins the revision and the bundle that are current now, or those given; the system must be live all the same. A run
 * that is counted by a key gets its turn with its slot. Submissions to a bounded pool do not see each other at the same
 * moment, so that there may be as many more runs as there are of them.
 */
const submitText = (isBounded: boolean, pin = { revision: 'e.revision', bundle: 'h.digest' }): string => `
insert into run as r (id, environment, namespace, system, revision, bundle, pool, priority, fair_key, deadline_at,
  idempotency_key, submitted_by, input, requires, concurrency_key, blocked, session, cause, retried_from)
select $1, e.name, split_part($3, '/', 1), $3, ${pin.revision}, b.digest, $7, $8,
  case when $11::text is null then next_fair_key($7, $8, split_part($3, '/', 1)) else 0 end,
  now() + least(b.timeout_ms, $9::bigint) * interval '1 millisecond',
  $4, $5, $6::json, $10::jsonb, $11, $11::text is not null, $12, $13::jsonb, $14::uuid
from environment e
join bundle_history h on h.environment = e.name and h.system = $3 and h.to_revision is null
join bundle b on b.digest = ${pin.bundle}
where e.name = $2${isBounded ? ' and not pool_full($7, $15)' : ''}
on conflict (environment, system, idempotency_key) where idempotency_key is not null do nothing
returning ${runColumns}`;

const submit: Statement = { name: 'submit_run', text: submitText(false) };
const submitBounded: Statement = { name: 'submit_run_bounded', text: submitText(true) };
const submitPinned: Statement = {
  name: 'submit_run_pinned',
  text: submitText(false, { revision: '$15::bigint', bundle: '$16' }),
};
const submitPinnedBounded: Statement = {
  name: 'submit_run_pinned_bounded',
  text: submitText(true, { revision: '$16::bigint', bundle: '$17' }),
};

/** Queues a run; the same idempotency key gives back the run that is there, whatever became of it. */
export async function submitRun(database: Database, run: NewRun): Promise<RunRow> {
  if (run.concurrency === undefined) return insertRun(database.db, run);
  return inTransaction(database, (trx) => submitRunIn(trx, run));
}

/** The same within a transaction, with what it is the effect of. */
export async function submitRunIn(trx: StoreTransaction, run: NewRun): Promise<RunRow> {
  const { concurrency } = run;
  if (concurrency === undefined) return insertRun(trx, run);
  return admitKeyed(
    trx,
    { ...run, concurrency },
    {
      earlier: () => sameRun(trx, run),
      insert: () => insertRun(trx, run),
    },
  );
}

async function insertRun(db: Kysely<Tables>, run: NewRun): Promise<RunRow> {
  const { pool = 'default', maxQueued } = run;
  const [made] = await rowsOf<RunRow>(db, statementOf(run), [
    ...valuesOf(run),
    ...(maxQueued === undefined ? [] : [maxQueued]),
    ...(run.pin === undefined ? [] : [run.pin.revision, run.pin.bundle]),
  ]);
  if (made !== undefined) return made;
  const earlier = await sameRun(db, run);
  if (earlier !== undefined) return earlier;
  if (maxQueued !== undefined && (await isFull(db, pool, maxQueued))) throw poolFull(pool, maxQueued);
  throw new TerminalError(`AgentSystem/${run.system} is not live in the environment ${run.environment}.`, {
    code: 'run.system_unknown',
    help: 'Look at `pawl get AgentSystem`, and apply the commit that declares it.',
  });
}

function statementOf({ maxQueued, pin }: NewRun): Statement {
  if (pin === undefined) return maxQueued === undefined ? submit : submitBounded;
  return maxQueued === undefined ? submitPinned : submitPinnedBounded;
}

function valuesOf(run: NewRun): readonly unknown[] {
  const { id, environment, system, idempotencyKey, submittedBy, input, pool = 'default', priority = 5 } = run;
  const { deadlineMs, requires, concurrency, session, cause, retriedFrom } = run;
  const asks = requires !== undefined && Object.keys(requires).length > 0;
  return [
    id,
    environment,
    system,
    idempotencyKey ?? null,
    submittedBy,
    JSON.stringify(input),
    pool,
    priority,
    deadlineMs ?? null,
    asks ? JSON.stringify(requires) : null,
    concurrency?.key ?? null,
    session ?? null,
    cause === undefined ? null : JSON.stringify(cause),
    retriedFrom ?? null,
  ];
}

/** The run that was submitted under the same idempotency key, if its input is the same. */
async function sameRun(db: Kysely<Tables>, run: NewRun): Promise<RunRow | undefined> {
  const { environment, system, idempotencyKey } = run;
  if (idempotencyKey === undefined) return undefined;
  const text = `select ${runColumns} from run r where r.environment = $1 and r.system = $2 and r.idempotency_key = $3`;
  const values = [environment, system, idempotencyKey];
  const [earlier] = await rowsOf<RunRow>(db, { name: 'run_of_key', text }, values);
  if (earlier === undefined || canonicalText(earlier.input) === canonicalText(run.input)) return earlier;
  throw new TerminalError(`The idempotency key was used for run ${earlier.id}, which has another input.`, {
    code: 'run.idempotency_mismatch',
    help: 'Use a new key for a new input.',
    exit: 6,
  });
}

async function isFull(db: Kysely<Tables>, pool: string, maxQueued: number): Promise<boolean> {
  const text = `select pool_full($1, $2) as full`;
  const values = [pool, maxQueued];
  const [row] = await rowsOf<{ readonly full: boolean }>(db, { name: 'pool_full', text }, values);
  return row?.full === true;
}

function poolFull(pool: string, maxQueued: number): RetryableError {
  const code = 'queue.full' satisfies keyof typeof queueCodes;
  return new RetryableError(`The pool ${pool} has ${maxQueued} runs queued, as many as its maxQueued allows.`, {
    code,
    help: 'Try again in some seconds. If it stays full, start more workers of the pool or raise its `maxQueued`.',
    exit: 6,
    retryAfterMs: 5_000,
  });
}
