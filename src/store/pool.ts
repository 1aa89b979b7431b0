import type { Kysely } from 'kysely';
import { parseDuration } from '../manifest/duration.ts';
import { isJsonObject, type JsonObject } from '../manifest/json.ts';
import { isSharedWith } from '../manifest/share.ts';
import type { WorkerPool } from '../manifest/types.gen.ts';
import { type Pool, poolName } from '../run/pool.ts';
import type { Scaling } from '../run/scaling.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

/** A WorkerPool of an environment's live revision. */
export interface LivePool extends Pool {
  readonly environment: string;
  readonly namespace: string;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** Runs that one of its workers executes at a time. */
  readonly concurrency: number;
  readonly scaling?: Scaling;
}

interface ResourceRow {
  readonly environment: string;
  readonly kind: 'WorkerPool' | 'Defaults';
  readonly namespace: string;
  readonly name: string;
  readonly body: JsonObject;
}

/** The pools that runs of a namespace may get: its own, and those that are shared with it. */
export async function poolsFor(
  db: Kysely<Tables>,
  environment: string,
  namespace: string,
): Promise<readonly LivePool[]> {
  const text = `select environment, kind, namespace, name, body from resource
    where environment = $1 and kind in ('WorkerPool', 'Defaults') order by address`;
  const rows = await rowsOf<ResourceRow>(db, { name: 'read_pools', text }, [environment]);
  const defaults = rows.filter(({ kind }) => kind === 'Defaults');
  return rows
    .filter((row) => row.kind === 'WorkerPool' && mayUse(row, namespace, defaults))
    .map((row) => livePool(row));
}

function mayUse(pool: ResourceRow, namespace: string, defaults: readonly ResourceRow[]): boolean {
  if (pool.namespace === namespace || poolName(pool.namespace, pool.name) === 'default') return true;
  const scoped = (scope: string) => defaults.filter(({ body }) => scopeOf(body) === scope);
  const reaching = [
    ...scoped('namespace').filter((one) => one.namespace === pool.namespace),
    ...scoped('environment'),
  ].map(({ body }) => ({ content: { manifest: body } }));
  return isSharedWith(namespace, pool.body, reaching);
}

function scopeOf({ spec }: JsonObject): unknown {
  return isJsonObject(spec) ? spec['scope'] : undefined;
}

/** Every live pool, of one environment or of all that share the database. */
export async function readPools(db: Kysely<Tables>, environment?: string): Promise<readonly LivePool[]> {
  const text = `select environment, kind, namespace, name, body from resource
    where kind = 'WorkerPool' and ($1::text is null or environment = $1) order by environment, address`;
  const rows = await rowsOf<ResourceRow>(db, { name: 'read_all_pools', text }, [environment ?? null]);
  return rows.map(livePool);
}

function livePool({ environment, namespace, name, body }: ResourceRow): LivePool {
  // A head holds what validation let pass, with its defaults filled in.
  const spec = body['spec'] as unknown as WorkerPool['spec'];
  const { region, gpu, models, labels } = spec.requires;
  return {
    environment,
    namespace,
    name: poolName(namespace, name),
    ...(region === undefined ? {} : { region }),
    ...(gpu === undefined ? {} : { gpu }),
    ...(models === undefined ? {} : { models }),
    ...(labels === undefined ? {} : { labels }),
    ...(spec.isolation === undefined ? {} : { isolation: spec.isolation }),
    ...(spec.maxQueued === undefined ? {} : { maxQueued: spec.maxQueued }),
    minWorkers: spec.minWorkers,
    maxWorkers: spec.maxWorkers,
    concurrency: spec.concurrency,
    ...(spec.scaling === undefined ? {} : { scaling: scalingOf(spec.scaling) }),
  };
}

function scalingOf({ metrics, scaleDownAfter }: NonNullable<WorkerPool['spec']['scaling']>): Scaling {
  return { metrics, scaleDownAfterMs: parseDuration(scaleDownAfter) ?? 300_000 };
}
