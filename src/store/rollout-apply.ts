import { sql } from 'kysely';
import type { Json } from '../manifest/json.ts';
import type { RolloutPlan } from '../policy/rollout.ts';
import { readOpenRollouts, type RolloutRow, type Side } from './rollout.ts';
import type { StoreTransaction } from './transaction.ts';

/** A system that an apply changes. */
export interface ChangedSystem {
  /** Digest of the bundle that was current before; undefined: it is new. */
  readonly bundle: string | undefined;
  /** `spec.rollout` as the new revision has it; undefined: it has none, or the system is gone. */
  readonly declared: Json | undefined;
  /** The rollout that is under way. */
  readonly open: RolloutRow | undefined;
}

/** Reads them once the contents and the bundles of the revision are written. */
export async function readChangedSystems(
  trx: StoreTransaction,
  { environment, revision }: { readonly environment: string; readonly revision: number },
  systems: readonly string[],
): Promise<ReadonlyMap<string, ChangedSystem>> {
  const { rows } = await sql<{ system: string; bundle: string | null; declared: Json | null; is_any_open: boolean }>`
    select s.system, b.digest as bundle, c.body::json #> '{spec,rollout}' as declared,
      exists (select from rollout where environment = ${environment} and ended_at is null) as is_any_open
    from unnest(${systems}::text[]) as s (system)
    -- Each is looked up one by one. Joined, every bundle of the environment was held against every system while nobody
    -- had counted them, and all bodies there are were searched for the word.
    left join lateral (
      select digest from bundle_history where environment = ${environment} and system = s.system
        and from_revision < ${revision} and (to_revision is null or to_revision = ${revision})
      order by from_revision desc limit 1
    ) b on true
    left join lateral (
      select digest from resource_history
      where environment = ${environment} and address = 'AgentSystem/' || s.system and to_revision is null offset 0
    ) h on true
    -- Most systems declare none, and their bodies need not be parsed.
    left join lateral (select body from spec where spec.digest = h.digest offset 0) c on c.body like '%"rollout"%'`.execute(
    trx,
  );
  // Mostly none is under way, and none is asked for.
  const open = rows.some((row) => row.is_any_open) ? await readOpenRollouts(trx, environment) : [];
  const byName = new Map(open.map((row) => [row.system, row]));
  return new Map(
    rows.map(({ system, bundle, declared }) => [
      system,
      { bundle: bundle ?? undefined, declared: declared ?? undefined, open: byName.get(system) },
    ]),
  );
}

export interface BegunRollout {
  readonly environment: string;
  readonly system: string;
  readonly plan: RolloutPlan;
  readonly from: Side;
  readonly to: Side;
}

/** Begins a rollout, in the place of the system's last one. */
export async function beginRollout(trx: StoreTransaction, begun: BegunRollout): Promise<void> {
  const { environment, system, plan, from, to } = begun;
  const weight = plan.steps[0]?.weight ?? 0;
  await sql`
    insert into rollout as r (environment, system, plan, from_bundle, from_revision, to_bundle, to_revision, weight, state)
    values (${environment}, ${system}, ${JSON.stringify(plan)}::jsonb, ${from.bundle}, ${from.revision},
      ${to.bundle}, ${to.revision}, ${weight}, 'progressing')
    on conflict (environment, system) do update set plan = excluded.plan,
      from_bundle = excluded.from_bundle, from_revision = excluded.from_revision,
      to_bundle = excluded.to_bundle, to_revision = excluded.to_revision,
      step = 0, weight = excluded.weight, state = excluded.state, reason = '', changes = r.changes + 1,
      started_at = now(), step_since = now(), ended_at = null`.execute(trx);
}

/** Gives a rollout another plan or, where the system is compiled otherwise, another bundle; it stays where it is. */
export async function retargetRollout(
  trx: StoreTransaction,
  row: RolloutRow,
  { plan, to }: { readonly plan: RolloutPlan; readonly to: Side },
): Promise<void> {
  const step = Math.min(row.step, plan.steps.length - 1);
  const weight = row.state === 'aborted' ? 0 : (plan.steps[step]?.weight ?? 0);
  await sql`
    update rollout set plan = ${JSON.stringify(plan)}::jsonb, to_bundle = ${to.bundle}, to_revision = ${to.revision},
      step = ${step}, weight = ${weight}, changes = changes + 1, step_since = now()
    where environment = ${row.environment} and system = ${row.system}`.execute(trx);
}

/** Ends a rollout: new runs see the newest revision, which may be the old one again. */
export async function endRollout(
  trx: StoreTransaction,
  row: RolloutRow,
  { state, reason }: { readonly state: 'reverted' | 'superseded' | 'removed'; readonly reason: string },
): Promise<void> {
  await sql`
    update rollout set state = ${state}, reason = ${reason}, changes = changes + 1, ended_at = now()
    where environment = ${row.environment} and system = ${row.system}`.execute(trx);
}
