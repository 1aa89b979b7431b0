import type { Kysely } from 'kysely';
import type { Bundle } from '../manifest/bundle.ts';
import { rowsOf } from './statement.ts';
import { storable } from './storable.ts';
import type { Tables } from './tables.gen.ts';

/** What a worker found of one thing outside. */
export interface Finding {
  readonly subject: 'endpoint' | 'model' | 'secret' | 'server';
  readonly name: string;
  readonly state: 'ok' | 'failing' | 'unknown';
  readonly reason: string;
  readonly detail: string;
}

/** Who looks, and for how long nobody else does. */
export interface ProbeTaker {
  readonly worker: string;
  readonly leaseMs: number;
}

/** What is looked at in one turn. */
export interface ProbeTurn {
  readonly environment: string;
  /** `namespace/name` of an McpServer; empty: endpoints, models and secrets. */
  readonly server: string;
}

const takeText = `
with wanted as materialized (
  select name as environment, '' as server, '' as asked from environment where revision > 0
  union all
  select e.name, r.namespace || '/' || r.name, h.digest
  from environment e
  join resource r on r.environment = e.name and r.kind = 'McpServer'
  join resource_history h on h.environment = r.environment and h.address = r.address and h.to_revision is null
  where e.revision > 0
), known as (
  insert into probe_turn (environment, server, due_at)
  -- Those that appear together are not looked at together.
  select environment, server, now() + random() * interval '30 seconds' from wanted w
  where not exists (select from probe_turn t where t.environment = w.environment and t.server = w.server)
  on conflict do nothing
), gone as (
  delete from probe_turn t
  where not exists (select from wanted w where w.environment = t.environment and w.server = t.server)
), gone_rows as (
  delete from probe p where p.subject = 'server'
    and not exists (select from wanted w where w.environment = p.environment and w.server = p.name)
), gone_looks as (
  delete from server_look l
  where not exists (select from wanted w where w.environment = l.environment and w.server = l.server)
), due as materialized (
  select t.environment, t.server, w.asked
  from probe_turn t join wanted w on w.environment = t.environment and w.server = t.server
  where (t.due_at <= now() or t.asked <> w.asked) and (t.lease_until is null or t.lease_until < now())
  order by t.due_at limit 1 for update of t skip locked
)
-- Due until somebody has looked: one that dies meanwhile does not take the turn along.
update probe_turn t set worker = $1, lease_until = now() + $2 * interval '1 millisecond', due_at = now(),
  asked = due.asked
from due where t.environment = due.environment and t.server = due.server
returning t.environment, t.server`;

/** Takes one turn that is due; undefined: none is, or others have them. */
export async function takeProbeTurn(
  db: Kysely<Tables>,
  { worker, leaseMs }: ProbeTaker,
): Promise<ProbeTurn | undefined> {
  const statement = { name: 'take_probe_turn', text: takeText, planned: 'always' } as const;
  const [row] = await rowsOf<ProbeTurn>(db, statement, [worker, leaseMs]);
  return row;
}

const recordText = `
with turn as materialized (
  update probe_turn set worker = null, lease_until = null, due_at = now() + $5 * interval '1 millisecond'
  where environment = $1 and server = $4 and worker = $2 returning environment
), found as (
  select f.* from json_to_recordset($3::json)
    as f (subject text, name text, state text, reason text, detail text), turn
), gone as (
  delete from probe p using turn where p.environment = $1 and $4 = '' and p.subject <> 'server'
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
  { environment, server, worker }: ProbeTurn & { readonly worker: string },
  { findings, nextInMs }: { readonly findings: readonly Finding[]; readonly nextInMs: number },
): Promise<void> {
  const rows = findings.map((finding) => ({ ...finding, detail: storable(finding.detail) }));
  const values = [environment, worker, JSON.stringify(rows), server, nextInMs];
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

/** One look that failed may have been the network's. */
export const probeStreakMin = 2;

/** Three turns were missed: a server's come less often. */
const staleText = `p.at < now() - case p.subject when 'server' then interval '50 minutes' else interval '20 minutes' end`;

/** What workers found, the worst first. */
export async function readProbes(db: Kysely<Tables>, environment: string): Promise<readonly ProbeRow[]> {
  const text = `select p.environment, p.subject, p.name, p.state, p.reason, p.detail, p.since, p.at, p.worker,
      ${staleText} as "isStale" from probe p where p.environment = $1
    order by p.state = 'failing' desc, p.state = 'unknown' desc, p.subject, p.name limit 10000`;
  return rowsOf<ProbeRow>(db, { name: 'read_probes', text }, [environment]);
}
