import { type Kysely, sql } from 'kysely';
import { digest } from '../manifest/digest.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { Address } from '../manifest/resource.ts';
import type { Tables } from './tables.gen.ts';

export interface ListingFilter {
  readonly environment: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface ListedResource {
  readonly address: Address;
  readonly generation: number;
  readonly revision: number;
  /** Of the body that is in the row now. */
  readonly digest: string;
  readonly file: string;
  readonly line: number;
  /** The row is not what the current revision says. */
  readonly drifted: boolean;
  readonly manifest: JsonObject;
}

/** Live rows for reading, in address order. */
export async function listResources(db: Kysely<Tables>, filter: ListingFilter): Promise<readonly ListedResource[]> {
  let query = db
    .selectFrom('resource as head')
    .leftJoin('resource_history as history', (join) =>
      join
        .onRef('history.environment', '=', 'head.environment')
        .onRef('history.address', '=', 'head.address')
        .on('history.to_revision', 'is', null),
    )
    .select(['head.address', 'head.generation', 'head.revision', 'head.body', 'head.file', 'head.line'])
    .select(sql<string | null>`history.digest`.as('applied'))
    .where('head.environment', '=', filter.environment);
  if (filter.kind !== undefined) query = query.where('head.kind', '=', filter.kind);
  if (filter.namespace !== undefined) query = query.where('head.namespace', '=', filter.namespace);
  if (filter.name !== undefined) query = query.where('head.name', '=', filter.name);
  const rows = await query.orderBy('head.address').execute();
  return rows.map(({ body, applied, ...row }) => {
    const found = digest(body);
    return { ...row, digest: found, drifted: found !== applied, manifest: body };
  });
}
