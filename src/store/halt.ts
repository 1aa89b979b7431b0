import { sql } from 'kysely';
import type { HaltScope } from '../policy/halt-scope.ts';
import type { Database } from './database-port.ts';
import { sqlStateOf } from './failure.ts';
import { aloneWithHalts } from './halt-lock.ts';
import { rowsOf } from './statement.ts';
import { inTransaction, type StoreTransaction } from './transaction.ts';

/** Roles that set and lift halts, by what they may do in the halt's scope. */
export type HaltRole = 'operator' | 'admin';

export interface HaltRow {
  readonly id: string;
  /** Null: in all. */
  readonly environment: string | null;
  readonly kind: HaltScope['kind'];
  readonly name: string;
  readonly reason: string;
  readonly created_by: string;
  /** The role that they set it by. */
  readonly set_as: HaltRole;
  readonly aborts: boolean;
  readonly denies: boolean;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly ended_at: Date | null;
  /** Null of one that has ended: its time was over. */
  readonly ended_by: string | null;
  readonly end_reason: string | null;
  /** By the database's clock. */
  readonly in_force: boolean;
  /** Runs that wait for it. */
  readonly waiting: number;
}

export interface NewHalt {
  readonly environment: string;
  readonly scope: HaltScope;
  readonly reason: string;
  readonly by: string;
  /** Absent: as an operator. */
  readonly as?: HaltRole;
  readonly aborts: boolean;
  readonly denies: boolean;
  /** Absent: until it is lifted. */
  readonly forMs?: number;
}

const columns = `h.id, h.environment, h.kind, h.name, h.reason, h.created_by, h.set_as, h.aborts, h.denies, h.created_at, h.expires_at,
  h.ended_at, h.ended_by, h.end_reason, h.ended_at is null and (h.expires_at is null or h.expires_at > now()) as in_force,
  (select count(distinct w.run) from wait w join run r on r.id = w.run and r.state = 'Waiting'
    where w.kind = 'halt' and w.resolution is null and w.detail ->> 'halt' = h.id::text)::integer as waiting`;

const inForce = 'ended_at is null and (expires_at is null or expires_at > now())';

/**
 * Puts a switch in force. When it returns, every intent that the journal held before it is durable, and no other one is
 * written that was decided without it.
 */
export async function beginHalt(database: Database, halt: NewHalt): Promise<HaltRow> {
  const begin = async (trx: StoreTransaction) => {
    const id = await insert(trx, halt);
    await raiseEpoch(trx);
    const { reason, aborts, denies } = halt;
    await tell(trx, 'halt.begin', {
      id,
      environment: halt.environment,
      by: halt.by,
      ...scopeOf(halt),
      reason,
      aborts,
      denies,
    });
    return id;
  };
  let id: string;
  try {
    id = await inTransaction(database, async (trx) => aloneWithHalts(trx).then(() => begin(trx)), { attempts: 1 });
  } catch (cause) {
    if (sqlStateOf(cause) !== '55P03') throw cause;
    // Batches that hang are then decided without it, and nothing after them.
    id = await inTransaction(database, begin);
  }
  const [row] = await readById(database, [id]);
  if (row === undefined) throw new TypeError('the halt that was written a moment ago is not there');
  return row;
}

async function insert(trx: StoreTransaction, halt: NewHalt): Promise<string> {
  const { environment, reason, by, aborts, denies, forMs = null, as = 'operator' } = halt;
  const { kind, name } = scopeOf(halt);
  const text = `insert into halt (environment, kind, name, reason, created_by, aborts, denies, set_as, created_at, expires_at)
    select $1, $2, $3, $4, $5, $6, $7, $9, at, at + $8 * interval '1 millisecond' from clock_timestamp() as at returning id`;
  const values = [kind === 'global' ? null : environment, kind, name, reason, by, aborts, denies, forMs, as];
  const [row] = await rowsOf<{ readonly id: string }>(trx, { name: 'insert_halt', text }, values);
  if (row === undefined) throw new TypeError('the database gave no id for a halt');
  return row.id;
}

function scopeOf({ scope }: Pick<NewHalt, 'scope'>): { readonly kind: HaltScope['kind']; readonly name: string } {
  return scope.kind === 'global' ? { kind: scope.kind, name: '' } : scope;
}

async function raiseEpoch(trx: StoreTransaction): Promise<void> {
  await sql`update halt_epoch set epoch = epoch + 1`.execute(trx);
}

interface Told {
  readonly id: string;
  readonly environment: string | null;
  readonly kind: HaltScope['kind'];
  readonly name: string;
  readonly by: string;
  readonly reason: string;
  readonly aborts?: boolean;
  readonly denies?: boolean;
}

/** What stops everything is told of each environment. */
async function tell(trx: StoreTransaction, action: string, told: Told): Promise<void> {
  const { environment, by, kind, name, ...rest } = told;
  const detail = JSON.stringify({ ...rest, scope: name === '' ? kind : `${kind}/${name}` });
  const text = `insert into event (environment, actor, action, detail)
    select name, $2, $3, $4::jsonb from environment where $1::text is null or name = $1 order by name`;
  await rowsOf(trx, { name: 'tell_halt', text }, [kind === 'global' ? null : environment, by, action, detail]);
}

export interface EndingHalts {
  /** `global` halts are every environment's. */
  readonly environment: string;
  /** One by its id, or all in force of one scope. */
  readonly which: { readonly id: string } | { readonly scope: HaltScope };
  readonly by: string;
  /** Absent: as an operator, who lifts none that an admin set. */
  readonly as?: HaltRole;
  readonly reason: string;
}

/** Lifts switches in force; runs that waited for them are made ready by `releaseHalted`. */
export async function endHalts(database: Database, ending: EndingHalts): Promise<readonly HaltRow[]> {
  const { environment, which, by, reason, as = 'operator' } = ending;
  const { kind, name } = 'scope' in which ? scopeOf(which) : { kind: null, name: null };
  const text = `update halt set ended_at = clock_timestamp(), ended_by = $1, end_reason = $2
    where ${inForce} and (environment is null or environment = $3)
      and (set_as = 'operator' or $7 = 'admin')
      and case when $4::uuid is null then kind = $5 and name = $6 else id = $4 end
    returning id, environment, kind, name`;
  const values = [by, reason, environment, 'id' in which ? which.id : null, kind, name, as];
  const ended = await inTransaction(database, async (trx) => {
    await aloneWithHalts(trx);
    type Ended = Pick<HaltRow, 'id' | 'environment' | 'kind' | 'name'>;
    const rows = await rowsOf<Ended>(trx, { name: 'end_halts', text }, values);
    if (rows.length > 0) await raiseEpoch(trx);
    for (const row of rows) await tell(trx, 'halt.end', { ...row, by, reason });
    return rows.map(({ id }) => id);
  });
  return ended.length === 0 ? [] : readById(database, ended);
}

/** Those of an environment and of all, the newest first; `all`: with those that have ended. */
export async function listHalts(
  database: Database,
  {
    environment,
    all = false,
    limit = 100,
  }: { readonly environment: string; readonly all?: boolean; readonly limit?: number },
): Promise<readonly HaltRow[]> {
  const text = `select ${columns} from halt h
    where (h.environment is null or h.environment = $1)
      and ($2 or h.ended_at is null and (h.expires_at is null or h.expires_at > now()))
    order by h.created_at desc, h.id limit $3`;
  return rowsOf<HaltRow>(database.db, { name: 'list_halts', text }, [environment, all, limit]);
}

/** Those that were in force at a moment of the past, by the database's clock. */
export async function haltsAt(
  database: Database,
  { environment, at }: { readonly environment: string; readonly at: string },
): Promise<readonly HaltRow[]> {
  const text = `select ${columns} from halt h
    where (h.environment is null or h.environment = $1) and h.created_at <= $2
      and (h.ended_at is null or h.ended_at > $2) and (h.expires_at is null or h.expires_at > $2)
    order by h.created_at, h.id limit 1000`;
  return rowsOf<HaltRow>(database.db, { name: 'halts_at', text }, [environment, at]);
}

async function readById(database: Database, ids: readonly string[]): Promise<readonly HaltRow[]> {
  const text = `select ${columns} from halt h where h.id = any ($1::uuid[]) order by h.created_at desc, h.id`;
  return rowsOf<HaltRow>(database.db, { name: 'halts_by_id', text }, [ids]);
}
