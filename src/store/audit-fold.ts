import { sql } from 'kysely';
import { canonicalText } from '../manifest/digest.ts';
import type { JsonObject } from '../manifest/json.ts';
import { linkHash } from '../policy/audit-link.ts';
import { batches } from './batch.ts';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';
import { inTransaction, type StoreTransaction } from './transaction.ts';

/** So many runs that are named make a turn full. It ends behind a whole transaction, of which one of pawl's names 256 at most. */
const rowsMax = 5_000;

/**
 * Folds what became durable since the last turn into the environments' chains: where the record of each run has come
 * to, and what people did. One folder at a time; others find the lock taken and leave it. True: there is more.
 */
export function foldAudit(database: Database): Promise<boolean> {
  return inTransaction(database, async (trx) => {
    const { rows } = await sql<{ mine: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended('pawl audit fold', 0)) as mine`.execute(trx);
    if (rows[0]?.mine !== true) return false;
    const range = await nextRange(trx);
    const links = [...(await headsIn(trx, range)), ...(await eventsIn(trx, range))];
    await append(trx, links, range.now);
    await sql`update audit_fold set xid = ${range.to}::xid8, folded_at = now()`.execute(trx);
    return range.more;
  });
}

interface Range {
  /** Transactions, from the first of these to before the other. */
  readonly from: string;
  readonly to: string;
  readonly more: boolean;
  readonly now: Date;
}

/**
 * What is older than the oldest transaction that is still open is complete. A database that was restored into another
 * server counts transactions anew: then all of it is looked at again, and what is folded already is left out.
 */
async function nextRange(trx: StoreTransaction): Promise<Range> {
  await sql`insert into audit_fold (xid) values ('0') on conflict do nothing`.execute(trx);
  const text = `
with mark as (
  select case when xid <= pg_snapshot_xmax(pg_current_snapshot()) then xid else '0'::xid8 end as first,
    pg_snapshot_xmin(pg_current_snapshot()) as before
  from audit_fold
), cut as (
  select xid from (
    -- Read in the order of the index, as far as the first one behind what is enough. The first of all has nothing
    -- before it: a turn that took none would be followed by the same one for ever.
    select xid, sum(cardinality(runs)) over (
      order by xid groups between unbounded preceding and 1 preceding) as earlier
    from audit, mark
    where runs is not null and xid >= mark.first and xid < mark.before
  ) x where earlier >= $1 order by xid limit 1
)
select mark.first::text as first, coalesce((select xid from cut), mark.before)::text as last,
  exists (select from cut) as more, now() as now
from mark`;
  type Row = { readonly first: string; readonly last: string; readonly more: boolean; readonly now: Date };
  const [row] = await rowsOf<Row>(trx, { name: 'audit_range', text }, [rowsMax]);
  if (row === undefined) throw new TypeError('the mark was written above');
  return { from: row.first, to: row.last, more: row.more, now: row.now };
}

/** What a link binds, without what its place in the chain says. */
interface Link {
  readonly environment: string;
  readonly says: JsonObject;
  readonly run?: { readonly id: string; readonly seq: number };
  readonly event?: number;
}

const headsText = `
select h.run, h.seq, encode(h.hash, 'hex') as hash, r.environment
from (select distinct unnest(runs) as run from audit where runs is not null and xid >= $1::xid8 and xid < $2::xid8) w
cross join lateral (select run, seq, hash from audit where run = w.run order by seq desc limit 1) h
join run r on r.id = h.run
where not exists (select from audit_chain c where c.kind = 'run' and c.run = h.run and c.run_seq >= h.seq)
order by h.run`;

async function headsIn(trx: StoreTransaction, { from, to }: Range): Promise<readonly Link[]> {
  type Row = { readonly run: string; readonly seq: number; readonly hash: string; readonly environment: string };
  const rows = await rowsOf<Row>(trx, { name: 'audit_heads', text: headsText, planned: 'always' }, [from, to]);
  return rows.map(({ run, seq, hash, environment }) => {
    return { environment, run: { id: run, seq }, says: { kind: 'run', run, to: seq, head: hash } };
  });
}

const eventsText = `
select e.id, e.environment, e.at, e.actor, e.action, e.detail from event e
where e.xid >= $1::xid8 and e.xid < $2::xid8
  and not exists (select from audit_chain c where c.kind = 'event' and c.event = e.id)
order by e.id`;

/** One event of people as the table has it. */
export interface EventRow {
  readonly id: number;
  readonly environment: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly detail: JsonObject;
}

async function eventsIn(trx: StoreTransaction, { from, to }: Range): Promise<readonly Link[]> {
  const rows = await rowsOf<EventRow>(trx, { name: 'audit_events', text: eventsText, planned: 'always' }, [from, to]);
  return rows.map((row) => ({ environment: row.environment, event: row.id, says: eventSays(row) }));
}

/** What a link says of an event; read from the row again it must be the same. */
export function eventSays({ id, at, actor, action, detail }: EventRow): JsonObject {
  return { kind: 'event', event: id, by: actor, action, detail, happened: at.toISOString() };
}

async function append(trx: StoreTransaction, links: readonly Link[], now: Date): Promise<void> {
  const heads = await chainHeads(trx, [...new Set(links.map(({ environment }) => environment))]);
  const rows = links.map(({ environment, says, run, event }) => {
    const { seq: last, hash: before } = heads.get(environment) ?? { seq: 0, hash: '' };
    const seq = last + 1;
    const text = canonicalText({ ...says, at: now.toISOString(), environment, seq });
    const hash = linkHash(before, text);
    heads.set(environment, { seq, hash });
    return { environment, seq, kind: says['kind'], run: run?.id, run_seq: run?.seq, event, text, hash };
  });
  for (const batch of batches(rows)) {
    await sql`
      insert into audit_chain (environment, seq, kind, run, run_seq, event, text, hash)
      select environment, seq, kind, run, run_seq, event, text, decode(hash, 'hex')
      from json_to_recordset(${batch}) as x (environment text, seq bigint, kind text, run uuid, run_seq integer,
        event bigint, text text, hash text)`.execute(trx);
  }
}

/** Where the chains of some environments have come to. */
export async function chainHeads(
  trx: StoreTransaction | Database['db'],
  environments: readonly string[],
): Promise<Map<string, { readonly seq: number; readonly hash: string }>> {
  const text = `
select c.environment, c.seq, encode(c.hash, 'hex') as hash from unnest($1::text[]) as e (name)
cross join lateral (select environment, seq, hash from audit_chain where environment = e.name order by seq desc limit 1) c`;
  type Row = { readonly environment: string; readonly seq: number; readonly hash: string };
  const rows = await rowsOf<Row>(trx, { name: 'chain_heads', text }, [environments]);
  return new Map(rows.map(({ environment, seq, hash }) => [environment, { seq, hash }]));
}
