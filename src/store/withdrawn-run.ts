import { type Kysely, sql, type Transaction } from 'kysely';
import type { Bundle } from '../manifest/bundle.ts';
import { rowsOf } from './statement.ts';
import { stoppedText } from './stopped-run.ts';
import type { Tables } from './tables.gen.ts';

/** Revisions after `to` and up to `from`, which a rollback withdraws. */
export interface WithdrawnRevisions {
  readonly environment: string;
  readonly to: number;
  readonly from: number;
}

/**
 * Runs that a rollback leaves behind: pinned to a withdrawn revision, and to other content than their system has at the
 * revision that is brought back. They were made after the first of those revisions was, which an index finds.
 */
const withdrawnRuns = `
  select r.* from run r
  where r.environment = $1 and r.revision > $2 and r.revision <= $3
    and r.created_at >= coalesce(
      (select applied_at from revision v where v.environment = $1 and v.revision = $2 + 1), '-infinity')
    and r.bundle is distinct from (
      select h.digest from bundle_history h where h.environment = $1 and h.system = r.system
        and h.from_revision <= $2 and (h.to_revision is null or h.to_revision > $2))`;

const textOf = (how: 'drain' | 'cancel'): string => `
with withdrawn as materialized (
  select w.id from (${withdrawnRuns}) w where w.ended_at is null order by w.id
), locked as materialized (
  select r.id from run r join withdrawn using (id) where r.ended_at is null order by r.id for no key update of r
)
update run r set ${stoppedText(how, { code: '$4', message: '$5' })}
from locked where r.id = locked.id and r.ended_at is null
returning r.id`;

const texts = { drain: textOf('drain'), cancel: textOf('cancel') } as const;

/**
 * Ends what nobody executes and asks the workers of the others to stop: before their next step, or at once. The rows
 * are locked in the order of their ids, as the journal locks them.
 */
export async function stopWithdrawnRuns(
  trx: Transaction<Tables>,
  withdrawn: WithdrawnRevisions,
  how: { readonly runs: 'drain' | 'cancel'; readonly error: { readonly code: string; readonly message: string } },
): Promise<number> {
  const { environment, to, from } = withdrawn;
  const values = [environment, to, from, how.error.code, how.error.message];
  return (await rowsOf(trx, { name: `${how.runs}_withdrawn`, text: texts[how.runs] }, values)).length;
}

export interface InFlight {
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly runs: number;
}

/** Runs under way that a rollback would leave behind, by system. */
export async function withdrawnInFlight(
  db: Kysely<Tables>,
  { environment, to, from }: WithdrawnRevisions,
): Promise<readonly InFlight[]> {
  const text = `select w.system, count(*) as runs from (${withdrawnRuns}) w where w.ended_at is null
    group by w.system order by w.system`;
  return await rowsOf<InFlight>(db, { name: 'withdrawn_in_flight', text }, [environment, to, from]);
}

/** A call that did something outside, or may have: no rollback takes it back. */
export interface Effect {
  readonly run: string;
  readonly system: string;
  readonly revision: number;
  readonly path: string;
  /** The tool's `namespace/name`. */
  readonly tool: string;
  readonly operations: readonly string[];
  readonly at: Date;
  /** `running`: no outcome is recorded yet. */
  readonly outcome: 'done' | 'failed' | 'unknown' | 'running';
}

export interface Effects {
  /** The newest first, bounded. */
  readonly calls: readonly Effect[];
  /** Of all there are. */
  readonly total: number;
}

const effectsText = `
with tool as materialized (
  select * from json_to_recordset($4::json) as t (bundle text, target text)
)
select w.id as run, w.system, w.revision, w.bundle, i.path, i.target, i.at, coalesce(res.outcome, 'running') as outcome,
  count(*) over () as total
from (${withdrawnRuns}) w
join step i on i.run = w.id and i.phase = 'intent' and i.kind = 'tool'
join tool t on t.bundle = w.bundle and t.target = i.target
left join step res on res.run = i.run and res.path = i.path and res.phase = 'result'
where coalesce(res.error ->> 'code', '') <> 'call.not_made'
order by i.at desc, w.id, i.path limit $5`;

type EffectRow = Omit<Effect, 'tool' | 'operations'> & {
  readonly bundle: string;
  readonly target: string;
  readonly total: number;
};

const effectful = new Set(['write', 'delete', 'execute', 'admin']);

/** What such runs, ended ones too, already did with tools that do more than read. */
export async function withdrawnEffects(
  db: Kysely<Tables>,
  { environment, to, from }: WithdrawnRevisions,
  limit: number,
): Promise<Effects> {
  const { rows } = await sql<{ digest: string; tools: Bundle['tools'] }>`
    select digest, content::json -> 'tools' as tools from bundle where digest in (
      select digest from bundle_history
      where environment = ${environment} and from_revision > ${to} and from_revision <= ${from})`.execute(db);
  const operations = new Map<string, readonly string[]>();
  for (const { digest, tools } of rows) {
    for (const [target, tool] of Object.entries(tools)) {
      if (tool.operations.some((one) => effectful.has(one))) operations.set(`${digest} ${target}`, tool.operations);
    }
  }
  if (operations.size === 0) return { calls: [], total: 0 };
  const wanted = Array.from(operations.keys(), (key) => {
    const [bundle, target] = key.split(' ');
    return { bundle, target };
  });
  const values = [environment, to, from, JSON.stringify(wanted), limit];
  const found = await rowsOf<EffectRow>(db, { name: 'withdrawn_effects', text: effectsText }, values);
  return {
    calls: found.map(({ bundle, target, total: _total, ...call }) => ({
      ...call,
      tool: target,
      operations: operations.get(`${bundle} ${target}`) ?? [],
    })),
    total: found[0]?.total ?? 0,
  };
}
