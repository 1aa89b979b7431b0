import type { Kysely } from 'kysely';
import type { JsonObject } from '../manifest/json.ts';
import type { PinnedTool } from '../manifest/lock.ts';
import type { Resource } from '../manifest/resource.ts';
import type { LookedTool, PinLook } from '../policy/pin-look.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

/** What a server says that it is: its own words, cut. */
export interface ServerTold {
  readonly name?: string;
  readonly version?: string;
}

export interface ServerLook extends PinLook {
  readonly environment: string;
  /** `namespace/name`. */
  readonly server: string;
  /** Digest of the McpServer that was asked. */
  readonly asked: string;
  readonly told: ServerTold;
  /** What the pin does not have; undefined: it is too long, or not fit to be shown. */
  readonly definitions: Readonly<Record<string, PinnedTool['definition']>> | undefined;
}

const writeText = `
insert into server_look as l (environment, server, asked, standing, tools, told, fingerprint, definitions)
select $1, $2, $3, $4, $5::jsonb, $6::jsonb, $7, $8::jsonb
on conflict (environment, server) do update set
  asked = excluded.asked, standing = excluded.standing, tools = excluded.tools, told = excluded.told,
  fingerprint = excluded.fingerprint, definitions = excluded.definitions, at = now(),
  since = case when (l.standing, l.fingerprint) is not distinct from (excluded.standing, excluded.fingerprint)
    then l.since else now() end`;

/** Keeps the last list that a server gave. */
export async function writeServerLook(db: Kysely<Tables>, look: ServerLook): Promise<void> {
  const { environment, server, asked, standing, tools, told, fingerprint = null, definitions } = look;
  const defined = definitions === undefined ? null : JSON.stringify(definitions);
  const values = [environment, server, asked, standing, JSON.stringify(tools), JSON.stringify(told)];
  await rowsOf(db, { name: 'write_server_look', text: writeText }, [...values, fingerprint, defined]);
}

export interface ServerLookRow extends Omit<ServerLook, 'definitions'> {
  /** Since when it is like this. */
  readonly since: Date;
  readonly at: Date;
}

interface Row extends Omit<ServerLookRow, 'fingerprint'> {
  readonly fingerprint: string | null;
}

/** Looks at servers as they are now: one at another declaration, or another pin, says nothing of this one. */
const currentText = `server_look l join resource_history h on h.environment = l.environment
  and h.address = 'McpServer/' || l.server and h.to_revision is null and h.digest = l.asked`;
const columns = `l.environment, l.server, l.asked, l.standing, l.tools, l.told, l.fingerprint, l.since, l.at`;

/** Of one environment, by server. */
export async function readServerLooks(db: Kysely<Tables>, environment: string): Promise<readonly ServerLookRow[]> {
  const text = `select ${columns} from ${currentText} where l.environment = $1 order by l.server limit 1000`;
  const rows = await rowsOf<Row>(db, { name: 'read_server_looks', text }, [environment]);
  return rows.map(({ fingerprint, ...row }) => ({ ...row, fingerprint: fingerprint ?? undefined }));
}

/** One look, with the definitions that a pull request would pin. */
export async function readServerLook(
  db: Kysely<Tables>,
  { environment, server }: { readonly environment: string; readonly server: string },
): Promise<(ServerLookRow & Pick<ServerLook, 'definitions'>) | undefined> {
  const text = `select ${columns}, l.definitions from ${currentText} where l.environment = $1 and l.server = $2`;
  const rows = await rowsOf<Row & { readonly definitions: JsonObject | null }>(db, { name: 'read_server_look', text }, [
    environment,
    server,
  ]);
  const [row] = rows;
  if (row === undefined) return undefined;
  const definitions = (row.definitions ?? undefined) as unknown as ServerLook['definitions'];
  return { ...row, fingerprint: row.fingerprint ?? undefined, definitions };
}

/** What is not as it was pinned, of one server. */
export interface PinFact {
  readonly server: string;
  readonly standing: PinLook['standing'];
  readonly tools: readonly LookedTool[];
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly since: string;
}

/** A member of a statement over environments: `environment`, `pins`. */
export const pinFactsText = `
select l.environment, json_agg(json_build_object('server', l.server, 'standing', l.standing, 'fingerprint',
  l.fingerprint, 'since', l.since, 'tools',
  (select coalesce(jsonb_agg(t), '[]'::jsonb) from jsonb_array_elements(l.tools) t where t ->> 'state' <> 'same'))
  order by l.server) as pins
from ${currentText} where l.fingerprint is not null group by l.environment`;

/** An McpServer as the current revision has it, and the kinds that one may name. */
export async function readServerResources(
  db: Kysely<Tables>,
  { environment, server }: { readonly environment: string; readonly server: string },
): Promise<ReadonlyMap<string, Resource>> {
  const text = `select h.address, h.digest, h.file, h.line, s.body from resource r
    join resource_history h on h.environment = r.environment and h.address = r.address and h.to_revision is null
    join spec s on s.digest = h.digest
    where r.environment = $1
      and (r.kind in ('Secret', 'Gateway', 'AgentPolicy') or (r.kind = 'McpServer' and r.namespace || '/' || r.name = $2))`;
  const rows = await rowsOf<ResourceRow>(db, { name: 'server_resources', text }, [environment, server]);
  return new Map(rows.map((row) => [row.address, resourceOf(row)] as const));
}

interface ResourceRow {
  readonly address: string;
  readonly digest: string;
  readonly file: string;
  readonly line: number;
  readonly body: string;
}

function resourceOf({ address, digest, file, line, body }: ResourceRow): Resource {
  const [kind = '', namespace = '', name = ''] = address.split('/');
  const manifest = JSON.parse(body) as JsonObject;
  const place = { file, line, column: 1 };
  return { address, kind: kind as Resource['kind'], namespace, name, manifest, digest, place };
}
