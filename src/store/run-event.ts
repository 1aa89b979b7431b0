import { type Kysely, sql } from 'kysely';
import { TerminalError } from '../errors.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { Database } from './database-port.ts';
import { sqlStateOf } from './failure.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';
import { inTransaction } from './transaction.ts';

/** What became of a run, as it is told to whoever follows: names, states and codes, no contents. */
export interface RunEventRow {
  readonly position: number;
  readonly environment: string;
  readonly system: string;
  readonly run: string;
  readonly event: string;
  readonly detail: JsonObject;
  readonly at: Date;
}

/** Whether changes of runs are kept as events, and which of them are there. */
export interface RunEventFeed {
  readonly isOn: boolean;
  /** Of the newest event that has a position. */
  readonly position: number;
  /** Events up to here were given to the bus. */
  readonly published: number;
  /** Events up to here were kept for long enough, and removed. */
  readonly removed: number;
}

/** Triggers that are on only while somebody wants events: a run that nobody follows pays nothing for them. */
const triggers = [
  ['run', 'run_submitted_tells'],
  ['run', 'run_changed_tells'],
  ['wait', 'wait_opened_tells'],
  ['wait', 'wait_resolved_tells'],
  ['approval', 'approval_asked_tells'],
  ['approval', 'approval_decided_tells'],
] as const;

const insufficientPrivilege = '42501';
/** Whoever writes runs at this moment ends soon; nobody new may queue up behind a switch that waits for long. */
const lockWaitMs = 2_000;

/** Begins to keep events, or ends it. Takes the account that owns the tables. True: it was otherwise before. */
export async function switchRunEvents(database: Database, isOn: boolean): Promise<boolean> {
  try {
    return await inTransaction(database, async (trx) => {
      await sql.raw(`set local lock_timeout = ${lockWaitMs}`).execute(trx);
      for (const [table, trigger] of triggers)
        await sql.raw(`alter table ${table} ${isOn ? 'enable' : 'disable'} trigger ${trigger}`).execute(trx);
      const text = `update run_event_feed set is_on = $1 where is_on <> $1 returning is_on`;
      return (await rowsOf(trx, { name: 'run_event_switch', text }, [isOn])).length > 0;
    });
  } catch (cause) {
    if (sqlStateOf(cause) !== insufficientPrivilege) throw cause;
    throw new TerminalError('This account may not switch events: it does not own the tables.', {
      code: 'event.not_owner',
      help: 'Run it with the account that `pawl migrate` runs with.',
      cause,
    });
  }
}

export async function readRunEventFeed(db: Kysely<Tables>): Promise<RunEventFeed> {
  const text = `select is_on as "isOn", position, published, removed from run_event_feed`;
  const [row] = await rowsOf<RunEventFeed>(db, { name: 'run_event_feed', text }, []);
  return row ?? { isOn: false, position: 0, published: 0, removed: 0 };
}

const numberText = `
with feed as materialized (
  select position from run_event_feed
), picked as materialized (
  select id, row_number() over (order by id) as n from run_event where position is null order by id limit $1
), numbered as (
  update run_event e set position = feed.position + picked.n from picked, feed where e.id = picked.id
  returning e.position
)
update run_event_feed f set position = n.newest
from (select max(position) as newest, count(*)::integer as events from numbered) n where n.newest is not null
returning n.events`;

/**
 * Gives the events that became visible since the last turn their positions, which readers go by: the order in which ids
 * were drawn is not the order in which transactions end. Of one run the two are the same, because whoever changes a run
 * holds its row. One process at a time; others find the lock taken and leave it. Gives how many there were.
 */
export function numberRunEvents(database: Database, limit: number): Promise<number> {
  return inTransaction(database, async (trx) => {
    const { rows } = await sql<{ mine: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended('pawl run events', 0)) as mine`.execute(trx);
    if (rows[0]?.mine !== true) return 0;
    const statement = { name: 'run_event_number', text: numberText, planned: 'always' } as const;
    const [row] = await rowsOf<{ events: number }>(trx, statement, [limit]);
    return row?.events ?? 0;
  });
}

const columns = `position, environment, system, run, kind as event, detail, at`;

/** Events after a position, in their order, of every environment. */
export async function readRunEventsAfter(
  db: Kysely<Tables>,
  after: number,
  limit: number,
): Promise<readonly RunEventRow[]> {
  const text = `select ${columns} from run_event where position > $1 order by position limit $2`;
  return rowsOf<RunEventRow>(db, { name: 'run_event_after', text }, [after, limit]);
}

/** Takes the turn to feed the bus, for so long; gives up to which event it has them. Undefined: another process does. */
export async function takeFeed(
  db: Kysely<Tables>,
  { owner, forMs }: { readonly owner: string; readonly forMs: number },
): Promise<number | undefined> {
  const text = `update run_event_feed set fed_by = $1, fed_until = now() + $2 * interval '1 millisecond'
    where fed_by is null or fed_by = $1 or fed_until < now() returning published`;
  const [row] = await rowsOf<{ published: number }>(db, { name: 'run_event_take', text }, [owner, forMs]);
  return row?.published;
}

/** Says up to which event the bus has them: less than before only where it lost what it had. */
export async function markPublished(
  db: Kysely<Tables>,
  { owner, published }: { readonly owner: string; readonly published: number },
): Promise<void> {
  const text = `update run_event_feed set published = $2 where fed_by = $1`;
  await rowsOf(db, { name: 'run_event_published', text }, [owner, published]);
}

export async function leaveFeed(db: Kysely<Tables>, owner: string): Promise<void> {
  const text = `update run_event_feed set fed_by = null, fed_until = null where fed_by = $1`;
  await rowsOf(db, { name: 'run_event_leave', text }, [owner]);
}

export interface RunEventsWanted {
  readonly environment: string;
  /** Absent: the newest. */
  readonly after?: number;
  readonly limit: number;
  readonly run?: string;
  /** Of whose systems; absent: of all. */
  readonly namespaces?: readonly string[];
}

const newestText = `
select * from (
  select ${columns} from run_event
  where environment = $1 and position is not null and ($3::uuid is null or run = $3)
    and ($4::text[] is null or namespace = any ($4))
  order by position desc limit $2
) newest order by position`;

const nextText = `
select ${columns} from run_event
where environment = $1 and position > $5 and ($3::uuid is null or run = $3)
  and ($4::text[] is null or namespace = any ($4))
order by position limit $2`;

/** Events of one environment, the oldest first. */
export async function readRunEvents(
  db: Kysely<Tables>,
  { environment, after, limit, run, namespaces }: RunEventsWanted,
): Promise<readonly RunEventRow[]> {
  const values = [environment, limit, run ?? null, namespaces ?? null];
  if (after === undefined)
    return rowsOf<RunEventRow>(db, { name: 'run_event_newest', text: newestText, planned: 'always' }, values);
  return rowsOf<RunEventRow>(db, { name: 'run_event_next', text: nextText, planned: 'always' }, [...values, after]);
}

const sweepText = `
with old as (
  select id from run_event where position is not null and at < now() - $1 * interval '1 day' order by position limit $2
), gone as (
  delete from run_event where id in (select id from old) returning position
)
update run_event_feed f set removed = greatest(f.removed, g.newest)
from (select max(position) as newest from gone) g where g.newest is not null`;

/** Removes events that are older than they are kept, so many at a time. */
export async function sweepRunEvents(db: Kysely<Tables>, keepDays: number, limit: number): Promise<void> {
  await rowsOf(db, { name: 'run_event_sweep', text: sweepText, planned: 'always' }, [keepDays, limit]);
}
