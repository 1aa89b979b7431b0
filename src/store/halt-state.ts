import { sql } from 'kysely';
import { isJsonObject, type Json } from '../manifest/json.ts';
import { type Halt, haltKinds, type HaltScope } from '../policy/halt-scope.ts';
import type { HaltState } from '../run/executor.ts';
import type { Database } from './database-port.ts';
import { aloneWithHalts } from './halt-lock.ts';
import { rowsOf } from './statement.ts';
import { inTransaction } from './transaction.ts';

/** The halts of one environment in force, as JSON, for a statement in which `e` is the environment. */
export const haltsText = `(
  select coalesce(json_agg(json_build_object('id', t.id, 'kind', t.kind, 'name', t.name, 'reason', t.reason,
    'by', t.created_by, 'aborts', t.aborts, 'denies', t.denies) order by t.created_at, t.id), '[]')
  from halt t
  where (t.environment is null or t.environment = e.name) and t.ended_at is null
    and (t.expires_at is null or t.expires_at > now())
)`;

/** Rows as they came; undefined: one of them is nothing that this version knows, so that all count as unreadable. */
export function haltsFrom(rows: unknown): readonly Halt[] | undefined {
  if (!Array.isArray(rows)) return undefined;
  const halts = rows.map((row: Json) => haltFrom(row));
  const known = halts.filter((halt) => halt !== undefined);
  return known.length === halts.length ? known : undefined;
}

function haltFrom(row: Json): Halt | undefined {
  if (!isJsonObject(row)) return undefined;
  const { id, kind, name, reason, by, aborts, denies } = row;
  const scope = scopeFrom(kind, name);
  if (scope === undefined || typeof id !== 'string' || typeof reason !== 'string' || typeof by !== 'string') {
    return undefined;
  }
  if (typeof aborts !== 'boolean' || typeof denies !== 'boolean') return undefined;
  return { id, scope, reason, by, aborts, denies };
}

function scopeFrom(kind: unknown, name: unknown): HaltScope | undefined {
  const known = haltKinds.find((one) => one === kind);
  if (known === undefined || typeof name !== 'string') return undefined;
  return known === 'global' ? { kind: known } : { kind: known, name };
}

export interface HaltPulse {
  readonly epoch: number;
  /** One is past its time, or runs that waited for one are not ready yet. */
  readonly due: boolean;
}

/** Whether anything of halts has changed; what workers ask again and again. */
export async function readHaltPulse(database: Database): Promise<HaltPulse> {
  const text = `select epoch, exists (select from halt where not released and (ended_at is not null or expires_at <= now()))
    as due from halt_epoch`;
  const [row] = await rowsOf<HaltPulse>(database.db, { name: 'halt_pulse', text }, []);
  return row ?? { epoch: -1, due: false };
}

/** The halts in force in every environment. */
export async function readHaltState(database: Database): Promise<HaltState> {
  const text = `select e.name, (select epoch from halt_epoch) as epoch, ${haltsText} as halts from environment e`;
  interface Row {
    readonly name: string;
    readonly epoch: number;
    readonly halts: unknown;
  }
  const rows = await rowsOf<Row>(database.db, { name: 'halt_state', text }, []);
  const known = new Map(rows.map(({ name, halts }) => [name, haltsFrom(halts)]));
  return { epoch: rows[0]?.epoch ?? 0, of: (environment) => known.get(environment) };
}

/** The halts of one environment in force; undefined: they cannot be read, and count as active. */
export async function readHaltsOf(database: Database, environment: string): Promise<readonly Halt[] | undefined> {
  const text = `select ${haltsText} as halts from environment e where e.name = $1`;
  const [row] = await rowsOf<{ readonly halts: unknown }>(database.db, { name: 'halts_of', text }, [environment]);
  return haltsFrom(row?.halts);
}

/** Ends what is past its time by the database's clock, and has those decide anew who knew it. */
export async function expireHalts(database: Database): Promise<void> {
  await inTransaction(database, async (trx) => {
    // A run that is just parking because of it would else be missed by who makes ready what waited.
    await aloneWithHalts(trx);
    await sql`with over as (
      update halt set ended_at = expires_at where ended_at is null and expires_at <= now() returning id
    ) update halt_epoch set epoch = epoch + 1 where exists (select from over)`.execute(trx);
  });
}

const releaseText = `
with over as materialized (
  select id from halt where not released and ended_at is not null order by id for update skip locked
), waited as materialized (
  select w.run, w.path from wait w join over o on o.id::text = w.detail ->> 'halt'
  where w.kind = 'halt' and w.resolution is null
), due as materialized (
  select r.id from run r
  where r.state = 'Waiting' and r.id in (select run from waited) order by r.id limit $1 for no key update of r
), lifted as (
  update wait w set resolution = '{"as":"lifted"}' from waited t join due d on d.id = t.run
  where w.run = t.run and w.path = t.path
), woken as (
  update run r set state = 'Queued', run_at = null, asked_at = null,
    deadline_at = r.deadline_at + coalesce(now() - r.asked_at, interval '0')
  from due where r.id = due.id returning r.pool
), finished as (
  update halt h set released = true from over o where h.id = o.id and (select count(*) from due) < $1
)
select pool, count(*)::integer as runs from woken group by pool`;

const releasedMax = 1_000;

/** Makes ready what waited for halts that have ended; gives the pools of those runs. */
export async function releaseHalted(database: Database): Promise<readonly string[]> {
  const pools = new Set<string>();
  for (let round = 0; round < 100; round += 1) {
    const statement = { name: 'release_halted', text: releaseText, planned: 'always' } as const;
    interface Row {
      readonly pool: string;
      readonly runs: number;
    }
    const rows = await rowsOf<Row>(database.db, statement, [releasedMax]);
    for (const { pool } of rows) pools.add(pool);
    if (rows.reduce((sum, { runs }) => sum + runs, 0) < releasedMax) break;
  }
  return [...pools];
}

/** Whether a name is one that live has, or that a run which has not ended has still. */
export async function isKnownToHalt(database: Database, environment: string, scope: HaltScope): Promise<boolean> {
  if (scope.kind === 'global') return true;
  const { kind, name } = scope;
  const values = [environment, kind, name, quotedText(scope)];
  const [row] = await rowsOf<{ readonly known: boolean }>(
    database.db,
    { name: 'known_to_halt', text: knownText },
    values,
  );
  return row?.known === true;
}

const knownText = `
select case $2
  when 'environment' then $3 = $1 and exists (select from environment where name = $1)
  when 'namespace' then exists (select from resource where environment = $1 and namespace = $3)
  when 'provider' then exists (select from resource
    where environment = $1 and kind = 'ModelEndpoint' and body #>> '{spec,provider}' = $3)
  else exists (select from resource where environment = $1 and address = case $2 when 'system' then 'AgentSystem/'
    when 'agent' then 'Agent/' when 'server' then 'McpServer/' when 'tool' then 'Tool/' else 'ModelEndpoint/' end || $3)
  end or exists (
    select from (select distinct bundle from run where environment = $1 and ended_at is null) open
    join bundle b on b.digest = open.bundle where position($4 in b.content) > 0
  ) as known`;

/** How a bundle writes the name: what runs have that live lost is looked for as text. */
function quotedText(scope: Exclude<HaltScope, { kind: 'global' }>): string {
  switch (scope.kind) {
    case 'namespace':
      return `"${scope.name}/`;
    case 'provider':
      return `"provider":"${scope.name}"`;
    default:
      return `"${scope.name}"`;
  }
}
