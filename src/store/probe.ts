import type { Kysely } from 'kysely';
import type { Bundle } from '../manifest/bundle.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

/** What a worker found of one thing outside. */
export interface Finding {
  readonly subject: 'endpoint' | 'model' | 'secret';
  readonly name: string;
  readonly state: 'ok' | 'failing' | 'unknown';
  readonly reason: string;
  readonly detail: string;
}

export interface ProbeTurn {
  readonly worker: string;
  readonly leaseMs: number;
}

const takeText = `
with known as (
  insert into probe_turn (environment, due_at)
  -- Those that appear together are not looked at together.
  select name, now() + random() * interval '30 seconds' from environment
  where revision > 0 and not exists (select from probe_turn t where t.environment = name)
  on conflict do nothing
), due as materialized (
  select environment from probe_turn
  where due_at <= now() and (lease_until is null or lease_until < now())
  order by due_at limit 1 for update skip locked
)
update probe_turn t set worker = $1, lease_until = now() + $2 * interval '1 millisecond'
from due where t.environment = due.environment returning t.environment`;

/** Takes the turn of one environment that is due; undefined: none is, or others have them. */
export async function takeProbeTurn(db: Kysely<Tables>, { worker, leaseMs }: ProbeTurn): Promise<string | undefined> {
  const statement = { name: 'take_probe_turn', text: takeText, planned: 'always' } as const;
  const [row] = await rowsOf<{ environment: string }>(db, statement, [worker, leaseMs]);
  return row?.environment;
}

const recordText = `
with turn as materialized (
  update probe_turn set worker = null, lease_until = null, due_at = now() + $4 * interval '1 millisecond'
  where environment = $1 and worker = $2 returning environment
), found as (
  select f.* from json_to_recordset($3::json)
    as f (subject text, name text, state text, reason text, detail text), turn
), gone as (
  delete from probe p using turn where p.environment = $1
    and not exists (select from found f where f.subject = p.subject and f.name = p.name)
)
insert into probe as p (environment, subject, name, state, reason, detail, worker)
select $1, subject, name, state, reason, detail, $2 from found
on conflict (environment, subject, name) do update set
  state = excluded.state, reason = excluded.reason, detail = excluded.detail, worker = excluded.worker, at = now(),
  streak = case when p.state = excluded.state then p.streak + 1 else 1 end,
  since = case when p.state = excluded.state then p.since else now() end
returning name`;

/** Writes what was found and gives the turn back, if it still was this worker's; what nothing needs any more goes. */
export async function recordProbes(
  db: Kysely<Tables>,
  { environment, worker }: { readonly environment: string; readonly worker: string },
  { findings, nextInMs }: { readonly findings: readonly Finding[]; readonly nextInMs: number },
): Promise<void> {
  const values = [environment, worker, JSON.stringify(findings), nextInMs];
  await rowsOf(db, { name: 'record_probes', text: recordText }, values);
}

/** The content of every system of an environment's current revision. */
export async function readCurrentBundles(db: Kysely<Tables>, environment: string): Promise<readonly Bundle[]> {
  const text = `select distinct b.digest, b.content from bundle_history h join bundle b on b.digest = h.digest
    where h.environment = $1 and h.to_revision is null order by b.digest`;
  const rows = await rowsOf<{ content: string }>(db, { name: 'current_bundles', text }, [environment]);
  return rows.map(({ content }) => JSON.parse(content) as Bundle);
}

export interface ProbeRow extends Finding {
  readonly environment: string;
  readonly since: Date;
  readonly at: Date;
  readonly worker: string;
  /** Nobody has looked for so long that nobody knows. */
  readonly isStale: boolean;
}

/** Three turns were missed. */
const staleText = `p.at < now() - interval '20 minutes'`;

/** What workers found, the worst first. */
export async function readProbes(db: Kysely<Tables>, environment: string): Promise<readonly ProbeRow[]> {
  const text = `select p.environment, p.subject, p.name, p.state, p.reason, p.detail, p.since, p.at, p.worker,
      ${staleText} as "isStale" from probe p where p.environment = $1
    order by p.state = 'failing' desc, p.state = 'unknown' desc, p.subject, p.name limit 10000`;
  return rowsOf<ProbeRow>(db, { name: 'read_probes', text }, [environment]);
}
