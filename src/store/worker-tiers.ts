import type { Tier } from '../manifest/bundle-world.ts';
import type { TierOffer } from '../run/executor.ts';
import { defaultPool, poolAddress } from '../run/pool.ts';
import type { TierStanding } from '../run/tier-standing.ts';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';

const demandText = `
select e.name as environment, array(
  select distinct t.tier from jsonb_array_elements_text(r.body #> '{spec,isolation}') as t (tier) order by 1
) as wanted
from environment e
join resource r on r.environment = e.name and r.address = $1
order by 1`;

/** The tiers that workers of a pool must have proved, by the environment that declares it: workers serve all of them. */
export async function readTierDemand(database: Database, pool: string): Promise<ReadonlyMap<string, readonly Tier[]>> {
  const statement = { name: 'tier_demand', text: demandText };
  const rows = await rowsOf<Pick<TierStanding, 'environment' | 'wanted'>>(database.db, statement, [poolAddress(pool)]);
  return new Map(rows.map(({ environment, wanted }) => [environment, wanted]));
}

/** Says in a worker's row what it offers. */
export async function offerTiers(database: Database, worker: string, { tiers, withheld }: TierOffer): Promise<void> {
  const text = 'update worker set tiers = $2::text[], withheld = $3::jsonb where id = $1';
  const values = [worker, tiers, JSON.stringify(withheld)];
  await rowsOf(database.db, { name: 'offer_tiers', text }, values);
}

/** A worker that has not tried yet meets no demand. */
const standingText = `
select p.environment, p.pool, d.wanted, count(w.id)::integer as workers,
  (count(w.id) filter (where w.tiers is null))::integer as untried,
  (count(w.id) filter (where w.tiers @> d.wanted))::integer as meeting,
  coalesce((select array_agg(distinct t.tier order by t.tier) from worker o cross join unnest(o.tiers) as t (tier)
    where o.pool = p.pool and o.lease_until > now()), '{}') as offered
from unnest($1::text[], $2::text[], $3::text[]) as p (environment, pool, address)
cross join lateral (
  select array(select distinct t.tier from resource r
    cross join jsonb_array_elements_text(r.body #> '{spec,isolation}') as t (tier)
    where r.environment = p.environment and r.address = p.address order by 1) as wanted
) d
left join worker w on w.pool = p.pool and w.lease_until > now()
group by p.environment, p.pool, d.wanted`;

/** A pool, as an environment declares it. */
interface PoolOf {
  readonly environment: string;
  readonly pool: string;
}

/** What workers offer to runs of an environment that require nothing, whatever their tools need. */
export async function readPlainStanding(database: Database, environment: string): Promise<TierStanding | undefined> {
  const plain = { environment, pool: defaultPool };
  return (await readTierStandings(database, [plain]))(plain);
}

/** What environments demand of the workers of pools, and how many of those that live offer it. */
export async function readTierStandings(
  database: Database,
  pools: readonly PoolOf[],
): Promise<(of: PoolOf) => TierStanding | undefined> {
  if (pools.length === 0) return () => undefined;
  const asked = [...new Map(pools.map((of) => [keyOf(of), of])).values()];
  const statement = { name: 'tier_standings', text: standingText };
  const rows = await rowsOf<TierStanding>(database.db, statement, [
    asked.map(({ environment }) => environment),
    asked.map(({ pool }) => pool),
    asked.map(({ pool }) => poolAddress(pool)),
  ]);
  const found = new Map(rows.map((row) => [keyOf(row), row]));
  return (of) => found.get(keyOf(of));
}

function keyOf({ environment, pool }: PoolOf): string {
  return `${environment} ${pool}`;
}
