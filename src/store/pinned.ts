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

interface MovedRow {
  readonly before: number;
  readonly digest: string | null;
  readonly authority: string | null;
}

interface CurrentRow {
  readonly revision: number;
  readonly digest: string | null;
  readonly authority: string | null;
  /** Null: the row is gone, and no intent is written. */
  readonly epoch: number | null;
  readonly halts: unknown;
  readonly moved: readonly MovedRow[] | null;
}

/**
 * A run is of what had the system's name when it began. Each time that the name was moved away its runs until then go
 * on under the next one, and from there under what that was moved to later; what has the name since then is another
 * system. Whatever the last one is called, its current bundle has the rules.
 */
const movedText = `(
  with recursive trail (before, system, since) as (
    select r.from_revision, substr(r.address, 13), r.from_revision from resource_history r
    where r.environment = $1 and r.moved_from = 'AgentSystem/' || $2
    union all
    select t.before, n.system, n.since from trail t cross join lateral (
      select substr(r.address, 13) as system, r.from_revision as since from resource_history r
      where r.environment = $1 and r.moved_from = 'AgentSystem/' || t.system and r.from_revision > t.since
      order by r.from_revision limit 1
    ) n
  ), ends as (
    select distinct on (before) before, system from trail order by before, since desc
  )
  select json_agg(json_build_object('before', m.before, 'digest', h.digest, 'authority', b.authority) order by m.before)
  from ends m
  left join bundle_history h on h.environment = $1 and h.system = m.system and h.to_revision is null
  left join bundle b on b.digest = h.digest
)`;

const authorityText = `
select e.revision, h.digest, b.authority, (select epoch from halt_epoch) as epoch, ${haltsText} as halts,
  ${movedText} as moved
from environment e
left join bundle_history h on h.environment = e.name and h.system = $2 and h.to_revision is null
left join bundle b on b.digest = h.digest
where e.name = $1`;

/** The authority of the current bundle of a system, also of those that had its name before, the revision it belongs to and the halts in force, in one statement. */
export async function readAuthority(
  database: Database,
  of: { readonly environment: string; readonly system: string },
): Promise<LiveAuthority> {
  const statement = { name: 'read_authority', text: authorityText };
  const [row] = await rowsOf<CurrentRow>(database.db, statement, [of.environment, of.system]);
  if (row === undefined) throw unreadable(`The environment ${of.environment} is gone.`);
  const { revision, digest, authority, epoch, halts, moved } = row;
  const parsed = (one: { readonly digest: string | null; readonly authority: string | null }) =>
    one.authority === null ? undefined : parse<Authority>(one.authority, one.digest ?? '');
  return {
    revision,
    authority: parsed({ digest, authority }),
    ...(moved === null ? {} : { moved: moved.map((one) => ({ before: one.before, authority: parsed(one) })) }),
    halts: { epoch: epoch ?? -1, known: epoch === null ? undefined : haltsFrom(halts) },
  };
}
