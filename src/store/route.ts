import type { Kysely } from 'kysely';
import type { JsonObject } from '../manifest/json.ts';
import { sideOf } from '../policy/rollout.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

/** The bundle and the revision that a run is given in the place of the newest. */
export interface Pin {
  readonly bundle: string;
  readonly revision: number;
}

export interface Route {
  /** Digest of the bundle that the run gets: its input is held against that one's schema. */
  readonly bundle: string;
  /** Set where it is not the newest revision's. */
  readonly pin?: Pin;
}

interface RouteRow {
  readonly digest: string;
  readonly from_bundle: string | null;
  readonly from_revision: number | null;
  readonly weight: number | null;
  readonly key: string | null;
}

const routeText = `
select h.digest, r.from_bundle, r.from_revision, r.weight, r.plan ->> 'key' as key
from bundle_history h
left join rollout r on r.environment = h.environment and r.system = h.system and r.ended_at is null
where h.environment = $1 and h.system = $2 and h.to_revision is null`;

export interface Routing {
  readonly environment: string;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly input: JsonObject;
  readonly id: string;
  readonly idempotencyKey?: string | undefined;
}

/** What a new run is to be pinned to: the newest revision or, in a rollout, the side that is its own. */
export async function readRoute(db: Kysely<Tables>, routing: Routing): Promise<Route | undefined> {
  const { environment, system, input, id, idempotencyKey } = routing;
  const [row] = await rowsOf<RouteRow>(db, { name: 'read_route', text: routeText }, [environment, system]);
  if (row === undefined) return undefined;
  const { digest, from_bundle: bundle, from_revision: revision, weight, key } = row;
  if (bundle === null || revision === null || weight === null) return { bundle: digest };
  const side = sideOf({ system, weight, ...(key === null ? {} : { key }) }, input, idempotencyKey ?? id);
  return side === 'new' ? { bundle: digest } : { bundle, pin: { bundle, revision } };
}
