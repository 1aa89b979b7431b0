import { type Kysely, sql } from 'kysely';
import { exitCodes, TerminalError } from '../errors.ts';
import type { Database } from './database-port.ts';
import { lockEnvironment } from './environment.ts';
import { recordEvent } from './event.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';
import { inTransaction, type StoreTransaction } from './transaction.ts';

/** What a tick compares with what it saw last: while none of it moves, nothing has to be looked at. */
export interface Standing {
  readonly environment: string;
  /** Whose environment it is. */
  readonly repository: string;
  readonly wanted: number;
  readonly handled: number;
  readonly isSuspended: boolean;
  /** 0: there is nothing yet. */
  readonly revision: number;
  readonly writes: number;
  readonly quarantineWrites: number;
  /** The last acknowledgement that was given; 0: none was. */
  readonly acknowledgement: number;
  /** The time of an override is up. */
  readonly isOverrideDue: boolean;
  /** Somebody said that the repository cannot be used, and nobody since that it can. */
  readonly isUnready: boolean;
  /** By the database's clock, milliseconds since 1970. */
  readonly nowMs: number;
}

const suspended = `(s.suspended_at is not null and coalesce(s.suspended_until > clock_timestamp(), true))`;

const standingsText = `
select n.name as environment, s.repository, s.wanted, s.handled, ${suspended} as "isSuspended",
  coalesce(e.revision, 0) as revision, coalesce(e.writes, 0) as writes,
  coalesce(e.quarantine_writes, 0) as "quarantineWrites",
  coalesce((select max(a.id) from acknowledgement a where a.environment = n.name), 0) as acknowledgement,
  exists (select from override o where o.environment = n.name and o.ended_at is null
    and o.expires_at <= clock_timestamp()) as "isOverrideDue",
  exists (select from condition c where c.environment = n.name and c.type = 'SourceReady'
    and c.status = 'False') as "isUnready",
  extract(epoch from clock_timestamp())::double precision * 1000 as "nowMs"
from unnest($1::text[]) as n (name)
join sync s on s.environment = n.name
left join environment e on e.name = n.name`;

/** Of all environments of a tick in one statement, whatever their number. */
export async function readStandings(
  db: Kysely<Tables>,
  environments: readonly string[],
): Promise<ReadonlyMap<string, Standing>> {
  const rows = await rowsOf<Standing>(db, { name: 'standings', text: standingsText }, [environments]);
  return new Map(rows.map((row) => [row.environment, row]));
}

/** Makes the repository the one that declares them, where no other is; whoever came first stays. */
export async function claimEnvironments(
  db: Kysely<Tables>,
  repository: string,
  environments: readonly string[],
): Promise<void> {
  await sql`
    insert into sync (environment, repository)
    select name, ${repository} from unnest(${environments}::text[]) as n (name)
    on conflict (environment) do update set repository = excluded.repository where sync.repository = ''`.execute(db);
}

/** Whether a repository declares any environment, so that somebody looks after it. */
export async function isDeclaring(db: Kysely<Tables>, repository: string): Promise<boolean> {
  const { rows } = await sql<{ declares: boolean }>`
    select exists (select from sync where lower(repository) = lower(${repository})) as declares`.execute(db);
  return rows[0]?.declares === true;
}

/** Hands an environment that another repository declares over to this one. */
export async function takeOver(
  database: Database,
  { repository, environment, by }: { readonly repository: string; readonly environment: string; readonly by: string },
): Promise<void> {
  await inTransaction(database, async (trx) => {
    await lockEnvironment(trx, environment);
    await sql`
      insert into sync (environment, repository) values (${environment}, ${repository})
      on conflict (environment) do update set repository = excluded.repository, wanted = sync.wanted + 1`.execute(trx);
    await recordEvent(trx, { environment, actor: by, action: 'sync.claim', detail: { repository } });
  });
}

/** Asks for a look; gives the number that `handled` has to reach. Undefined: no controller knows the environment yet. */
export async function wantEnvironment(db: Kysely<Tables>, environment: string): Promise<number | undefined> {
  const { rows } = await sql<{ wanted: number }>`
    update sync set wanted = wanted + 1 where environment = ${environment} returning wanted`.execute(db);
  return rows[0]?.wanted;
}

export interface PassLease {
  readonly environment: string;
  readonly owner: string;
}

/** Takes the pass, for a time, unless another controller has it: then undefined. Gives the database's time. */
export async function beginPass(
  db: Kysely<Tables>,
  { environment, owner, leaseMs }: PassLease & { readonly leaseMs: number },
): Promise<Date | undefined> {
  const text = `update sync set pass_owner = $2, pass_until = clock_timestamp() + $3 * interval '1 millisecond'
    where environment = $1
      and (pass_owner is null or pass_owner = $2 or pass_until <= clock_timestamp())
    returning clock_timestamp() as at`;
  const values = [environment, owner, leaseMs];
  const [row] = await rowsOf<{ at: Date }>(db, { name: 'begin_pass', text }, values);
  return row?.at;
}

/**
 * Everything that was wanted before the repository was asked is handled; the next controller may look. Whose pass was taken over
 * has handled nothing: what they saw may be older than the wish, and whoever took it over says so themselves.
 */
export async function endPass(
  db: Kysely<Tables>,
  { environment, owner, handled, took }: PassLease & { readonly handled: number; readonly took: PassTimes },
): Promise<void> {
  const text = `with
    swept as (delete from pass where environment = $1 and at < now() - interval '1 day'),
    timed as (insert into pass (environment, pass_ms, plan_ms, apply_ms) values ($1, $4, $5, $6))
    update sync set handled = greatest(handled, $3), handled_at = clock_timestamp(),
      pass_owner = null, pass_until = null
    where environment = $1 and pass_owner = $2`;
  const values = [environment, owner, handled, took.passMs, took.planMs ?? null, took.applyMs ?? null];
  await rowsOf(db, { name: 'end_pass', text }, values);
}

/** How long a pass took, and what of it was planning and applying. */
export interface PassTimes {
  readonly passMs: number;
  readonly planMs?: number | undefined;
  readonly applyMs?: number | undefined;
}

export interface Suspension {
  readonly by: string;
  readonly reason: string;
  readonly at: string;
  /** Absent: until somebody resumes. */
  readonly until?: string;
}

export interface SyncState {
  readonly environment: string;
  readonly repository: string;
  readonly wanted: number;
  readonly handled: number;
  readonly handledAt: string | undefined;
  readonly suspension: Suspension | undefined;
}

/** How far controllers are with the environments that they know. */
export async function readSyncStates(db: Kysely<Tables>): Promise<readonly SyncState[]> {
  const rows = await rowsOf<{
    environment: string;
    repository: string;
    wanted: number;
    handled: number;
    handled_at: Date | null;
    in_force: boolean;
    suspended_at: Date | null;
    suspended_by: string | null;
    suspend_reason: string | null;
    suspended_until: Date | null;
  }>(db, { name: 'sync_states', text: `select s.*, ${suspended} as in_force from sync s order by s.environment` }, []);
  return rows.map((row) => ({
    environment: row.environment,
    repository: row.repository,
    wanted: row.wanted,
    handled: row.handled,
    handledAt: row.handled_at?.toISOString(),
    suspension:
      row.in_force && row.suspended_at !== null
        ? {
            by: row.suspended_by ?? '',
            reason: row.suspend_reason ?? '',
            at: row.suspended_at.toISOString(),
            ...(row.suspended_until === null ? {} : { until: row.suspended_until.toISOString() }),
          }
        : undefined,
  }));
}

export interface Suspending {
  readonly environment: string;
  readonly by: string;
  readonly reason: string;
  /** Absent: until somebody resumes. */
  readonly forMs?: number;
}

/**
 * From here on no controller changes anything of the environment. It waits for the environment's row, so that an apply
 * which has begun is over when this returns. An environment that no controller has seen is nobody's until one does.
 */
export async function suspendSync(database: Database, order: Suspending): Promise<void> {
  const { environment, by, reason, forMs } = order;
  await inTransaction(database, async (trx) => {
    await lockEnvironment(trx, environment);
    const until = forMs === undefined ? null : forMs / 1_000;
    await sql`
      insert into sync (environment, repository, suspended_at, suspended_by, suspend_reason, suspended_until)
      values (${environment}, '', clock_timestamp(), ${by}, ${reason},
        clock_timestamp() + ${until}::double precision * interval '1 second')
      on conflict (environment) do update set suspended_at = excluded.suspended_at,
        suspended_by = excluded.suspended_by, suspend_reason = excluded.suspend_reason,
        suspended_until = excluded.suspended_until, wanted = sync.wanted + 1`.execute(trx);
    const detail = { reason, ...(forMs === undefined ? {} : { forMs }) };
    await recordEvent(trx, { environment, actor: by, action: 'sync.suspend', detail });
  });
}

/** False: it was not suspended. */
export async function resumeSync(
  database: Database,
  { environment, by }: { readonly environment: string; readonly by: string },
): Promise<boolean> {
  return await inTransaction(database, async (trx) => {
    const { rows } = await sql`
      update sync as s set suspended_at = null, suspended_by = null, suspend_reason = null, suspended_until = null,
        wanted = wanted + 1
      where environment = ${environment} and ${sql.raw(suspended)} returning environment`.execute(trx);
    if (rows.length === 0) return false;
    await recordEvent(trx, { environment, actor: by, action: 'sync.resume', detail: {} });
    return true;
  });
}

/** Who suspended an environment's sync, and why. */
export interface Suspension {
  readonly by: string;
  readonly reason: string;
}

/** What selects the suspension that is in force, as JSON; null: none is. `environment` is an expression. */
export function suspensionOf(environment: string): string {
  return `select json_build_object('by', s.suspended_by, 'reason', s.suspend_reason) from sync s
    where s.environment = ${environment} and ${suspended}`;
}

/** Asked inside the transaction that would change something, under the environment's lock. */
export async function assertNotSuspended(trx: StoreTransaction, environment: string): Promise<void> {
  const statement = { name: 'suspended', text: `select (${suspensionOf('$1')}) as suspension` };
  const [row] = await rowsOf<{ suspension: Suspension | null }>(trx, statement, [environment]);
  if (row?.suspension) throw syncSuspended(environment, row.suspension);
}

export function syncSuspended(environment: string, { by, reason }: Suspension): TerminalError {
  return new TerminalError(`Sync of ${environment} is suspended by ${by}: ${reason}`, {
    code: 'sync.suspended',
    help: `Run \`pawl sync resume --env ${environment}\` when it may go on.`,
    exit: exitCodes.conflict,
  });
}
