import type { Kysely } from 'kysely';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

/** A Memory of one environment, by the name that a bundle has for it. */
export interface MemoryName {
  readonly environment: string;
  /** `namespace/name`. */
  readonly memory: string;
}

/**
 * What has the name now comes first, then what had it last: a run that began before its memory moved goes on with what
 * that memory holds.
 */
const findText = `
select id from memory where environment = $1 and (path = $2 or $2 = any (former))
order by path = $2 desc, removed_at is null desc, created_at desc limit 1`;

const makeText = `
insert into memory (environment, path) values ($1, $2)
on conflict (environment, path) do update set path = excluded.path
returning id`;

/** The id that a memory's contents hang on; undefined: nobody has written to it. */
export async function findMemory({ db }: Database, { environment, memory }: MemoryName): Promise<string | undefined> {
  const statement = { name: 'find_memory', text: findText };
  return (await rowsOf<{ id: string }>(db, statement, [environment, memory]))[0]?.id;
}

/** The same, and makes the row where there is none. */
export async function ensureMemory(database: Database, name: MemoryName): Promise<string> {
  const found = await findMemory(database, name);
  if (found !== undefined) return found;
  const statement = { name: 'make_memory', text: makeText };
  const [made] = await rowsOf<{ id: string }>(database.db, statement, [name.environment, name.memory]);
  if (made === undefined) throw new TypeError('a memory that was inserted has an id');
  return made.id;
}

/** What an apply does to memories: names before and after, `namespace/name`. */
export interface MemoryChanges {
  readonly moved: readonly { readonly from: string; readonly to: string }[];
  /** In force after the apply: contents of one that was removed are its contents again. */
  readonly kept: readonly string[];
  readonly removed: readonly string[];
  /** Agents, whose sessions go with them. */
  readonly agents?: readonly { readonly from: string; readonly to: string }[];
}

/** Contents that a removed Memory left under a name are nobody's once another one moves there: they lose the name. */
const vacateText = `
update memory m set path = m.path || '#' || m.id, former = '{}', removed_at = coalesce(m.removed_at, now())
where m.environment = $1 and m.path = any ($2::text[]) and not m.path = any ($3::text[])`;

const awayText = `
update memory m set path = m.path || '#' || m.id
where m.environment = $1 and m.path = any ($2::text[])
returning m.id, split_part(m.path, '#', 1) as was`;

const moveText = `
update memory m set path = c.to_path, former = array_append(array_remove(m.former, c.was), c.was), removed_at = null
from json_to_recordset($1::json) as c (id uuid, was text, to_path text)
where m.id = c.id`;

const keepText = `update memory set removed_at = null
where environment = $1 and path = any ($2::text[]) and removed_at is not null`;

/** A name is one memory's: what had it before is found by its new one alone. */
const claimNamesText = `
update memory set former = coalesce((select array_agg(f) from unnest(former) f where f <> all ($2::text[])), '{}')
where environment = $1 and former && $2::text[] and not path = any ($2::text[])`;

const removeText = `update memory set removed_at = now()
where environment = $1 and path = any ($2::text[]) and removed_at is null`;

/** Lets contents follow what an apply does to the Memories of an environment, in its transaction. */
export async function followMemories(db: Kysely<Tables>, environment: string, changes: MemoryChanges): Promise<void> {
  const { moved, kept, removed, agents = [] } = changes;
  if (agents.length > 0) await moveSessions(db, environment, agents);
  if (moved.length > 0) await moveMemories(db, environment, moved);
  if (kept.length > 0) {
    await rowsOf(db, { name: 'keep_memories', text: keepText }, [environment, kept]);
    await rowsOf(db, { name: 'claim_memory_names', text: claimNamesText }, [environment, kept]);
  }
  if (removed.length > 0) await rowsOf(db, { name: 'remove_memories', text: removeText }, [environment, removed]);
}

/** By way of names that nobody can write: two may change names with each other, and a unique index looks row by row. */
async function moveMemories(db: Kysely<Tables>, environment: string, moved: MemoryChanges['moved']): Promise<void> {
  const from = moved.map((one) => one.from);
  const to = moved.map((one) => one.to);
  await rowsOf(db, { name: 'vacate_memories', text: vacateText }, [environment, to, from]);
  const statement = { name: 'lift_memories', text: awayText };
  const lifted = await rowsOf<{ id: string; was: string }>(db, statement, [environment, from]);
  const target = new Map(moved.map((one) => [one.from, one.to]));
  const rows = lifted.map(({ id, was }) => ({ id, was, to_path: target.get(was) }));
  await rowsOf(db, { name: 'move_memories', text: moveText }, [JSON.stringify(rows)]);
}

const own = 'memory in (select id from memory where environment = $1)';

/** What an agent that is gone said under the name is not what the one that comes there said. */
const vacateSessionsText = `
delete from memory_session where ${own} and agent = any ($2::text[]) and not agent = any ($3::text[])`;

const liftSessionsText = `
update memory_session set agent = '#' || agent where ${own} and agent = any ($2::text[])`;

const moveSessionsText = `
update memory_session s set agent = c.to_agent
from json_to_recordset($2::json) as c (from_agent text, to_agent text)
where s.${own} and s.agent = '#' || c.from_agent`;

async function moveSessions(
  db: Kysely<Tables>,
  environment: string,
  agents: NonNullable<MemoryChanges['agents']>,
): Promise<void> {
  const from = agents.map((one) => one.from);
  const to = agents.map((one) => one.to);
  const pairs = JSON.stringify(agents.map((one) => ({ from_agent: one.from, to_agent: one.to })));
  await rowsOf(db, { name: 'vacate_sessions', text: vacateSessionsText }, [environment, to, from]);
  await rowsOf(db, { name: 'lift_sessions', text: liftSessionsText }, [environment, from]);
  await rowsOf(db, { name: 'move_sessions', text: moveSessionsText }, [environment, pairs]);
}
