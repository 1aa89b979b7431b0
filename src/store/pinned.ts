import { RetryableError, TerminalError } from '../errors.ts';
import { type Bundle, engineSchema } from '../manifest/bundle.ts';
import type { Authority } from '../policy/authority.ts';
import type { LiveAuthority, StoredBundle } from '../run/executor.ts';
import type { Database } from './database-port.ts';
import { haltsFrom, haltsText } from './halt-state.ts';
import { rowsOf } from './statement.ts';

interface BundleRow {
  readonly engine_schema: number;
  readonly content: string;
  readonly authority: string;
}

/** What a run is pinned to, by its digest; a bundle that another version of pawl wrote is refused, never guessed at. */
export async function readPinned(database: Database, digest: string): Promise<StoredBundle> {
  const text = 'select engine_schema, content, authority from bundle where digest = $1';
  const [row] = await rowsOf<BundleRow>(database.db, { name: 'read_pinned', text }, [digest]);
  if (row === undefined) throw unreadable(`The bundle ${digest.slice(0, 12)} is not in the database.`);
  if (row.engine_schema > engineSchema) {
    // Another worker of the pool may know it: the run is handed back, not failed.
    const message = `The bundle ${digest.slice(0, 12)} has engine schema ${row.engine_schema}; this worker knows up to ${engineSchema}.`;
    throw new RetryableError(message, { code: 'run.bundle_unreadable' });
  }
  return { content: parse<Bundle>(row.content, digest), authority: parse<Authority>(row.authority, digest) };
}

function parse<T>(text: string, digest: string): T {
  try {
    // Content-addressed and immutable: what apply compiled and checked is what is read.
    return JSON.parse(text) as T;
  } catch (cause) {
    throw unreadable(`The bundle ${digest.slice(0, 12)} is not JSON.`, cause);
  }
}

function unreadable(message: string, cause?: unknown): TerminalError {
  return new TerminalError(message, { code: 'run.bundle_unreadable', ...(cause === undefined ? {} : { cause }) });
}

interface CurrentRow {
  readonly revision: number;
  readonly digest: string | null;
  readonly authority: string | null;
  /** Null: the row is gone, and no intent is written. */
  readonly epoch: number | null;
  readonly halts: unknown;
}

/**
 * What a system was moved to goes on under another name, with the runs that began under the old one: they hear of what
 * is tightened. A system that has the old name now comes first.
 */
const currentSystem = `coalesce(
  (select o.system from bundle_history o where o.environment = $1 and o.system = $2 and o.to_revision is null),
  (with recursive moved (system) as (
    values ($2::text)
    union select substr(r.address, 13) from moved m
    join resource_history r on r.environment = $1 and r.moved_from = 'AgentSystem/' || m.system
  )
  select o.system from moved m
  join bundle_history o on o.environment = $1 and o.system = m.system and o.to_revision is null
  order by o.from_revision desc limit 1)
)`;

const authorityText = `
select e.revision, h.digest, b.authority, (select epoch from halt_epoch) as epoch, ${haltsText} as halts
from environment e
left join bundle_history h on h.environment = e.name and h.system = ${currentSystem} and h.to_revision is null
left join bundle b on b.digest = h.digest
where e.name = $1`;

/** The authority of the current bundle of a system, also of one that was moved since, the revision it belongs to and the halts in force, in one statement. */
export async function readAuthority(
  database: Database,
  of: { readonly environment: string; readonly system: string },
): Promise<LiveAuthority> {
  const statement = { name: 'read_authority', text: authorityText };
  const [row] = await rowsOf<CurrentRow>(database.db, statement, [of.environment, of.system]);
  if (row === undefined) throw unreadable(`The environment ${of.environment} is gone.`);
  const { revision, digest, authority, epoch, halts } = row;
  return {
    revision,
    authority: authority === null ? undefined : parse<Authority>(authority, digest ?? ''),
    halts: { epoch: epoch ?? -1, known: epoch === null ? undefined : haltsFrom(halts) },
  };
}
