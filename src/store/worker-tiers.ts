import type { Tier } from '../manifest/bundle-world.ts';
import type { TierOffer } from '../run/executor.ts';
import { defaultPool, poolAddress } from '../run/pool.ts';
import type { TierStanding } from '../run/tier-standing.ts';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';

const demandText = `
select distinct t.tier from environment e
join resource r on r.environment = e.name and r.address = $1
cross join jsonb_array_elements_text(r.body #> '{spec,isolation}') as t (tier)
order by 1`;

/** The tiers that each worker of a pool must have proved, over all environments: workers take runs of each of them. */
export async function readTierDemand(database: Database, pool: string): Promise<readonly Tier[]> {
  const statement = { name: 'tier_demand', text: demandText };
  return (await rowsOf<{ readonly tier: Tier }>(database.db, statement, [poolAddress(pool)])).map(({ tier }) => tier);
}

/** Says in a worker's row what it offers. */
export async function offerTiers(database: Database, worker: string, { tiers, withheld }: TierOffer): Promise<void> {
  const text = 'update worker set tiers = $2::text[], withheld = $3::jsonb where id = $1';
  const values = [worker, tiers, JSON.stringify(withheld)];
  await rowsOf(database.db, { name: 'offer_tiers', text }, values);
}

/** A worker that has not tried yet meets no demand. */
const standingText = `
select p.name as pool, d.wanted, count(w.id)::integer as workers,
  (count(w.id) filter (where w.tiers is null))::integer as untried,
  (count(w.id) filter (where w.tiers @> d.wanted))::integer as meeting,
  coalesce((select array_agg(distinct t.tier order by t.tier) from worker o cross join unnest(o.tiers) as t (tier)
    where o.pool = p.name and o.lease_until > now()), '{}') as offered
from unnest($1::text[], $2::text[]) as p (name, address)
cross join lateral (
  select array(select distinct t.tier from environment e
    join resource r on r.environment = e.name and r.address = p.address
    cross join jsonb_array_elements_text(r.body #> '{spec,isolation}') as t (tier) order by 1) as wanted
) d
left join worker w on w.pool = p.name and w.lease_until > now()
group by p.name, d.wanted`;

/** The same of the pool of runs that require nothing, whatever their tools need. */
export async function readPlainStanding(database: Database): Promise<TierStanding | undefined> {
  return (await readTierStandings(database, [defaultPool])).get(defaultPool);
}

/** What pools demand of their workers, and how many of those that live offer it. */
export async function readTierStandings(
  database: Database,
  pools: readonly string[],
): Promise<ReadonlyMap<string, TierStanding>> {
  if (pools.length === 0) return new Map();
  const names = [...new Set(pools)];
  const statement = { name: 'tier_standings', text: standingText };
  const rows = await rowsOf<TierStanding>(database.db, statement, [names, names.map(poolAddress)]);
  return new Map(rows.map((row) => [row.pool, row]));
}
