import type { Database } from './database-port.ts';
import { sqlStateOf } from './failure.ts';
import { rowsOf } from './statement.ts';

/**
 * Whether the database compares vectors. `available`: pgvector is on the server and nobody has created the extension in
 * this database. `absent`: it is not on the server.
 */
export type VectorState = 'ready' | 'available' | 'absent';

const stateText = `
select exists (select from pg_extension where extname = 'vector') as ready,
  exists (select from pg_available_extensions where name = 'vector') as available`;

/** What the database says of pgvector now. */
export async function vectorState(db: Database['db']): Promise<VectorState> {
  const [row] = await rowsOf<{ ready: boolean; available: boolean }>(db, { name: 'vector_state', text: stateText }, []);
  if (row?.ready === true) return 'ready';
  return row?.available === true ? 'available' : 'absent';
}

/** What an administrator runs where the role of pawl may not. */
export const createVector = 'create extension if not exists vector';

/** SQLSTATE: the role may not. */
const notAllowed = '42501';

/** Creates the extension where the server has it and the role may; gives what there is then. */
export async function prepareVectors({ db }: Pick<Database, 'db'>): Promise<VectorState> {
  const state = await vectorState(db);
  if (state !== 'available') return state;
  try {
    await rowsOf(db, { name: 'create_vector', text: createVector }, []);
    return 'ready';
  } catch (cause) {
    if (sqlStateOf(cause) === notAllowed) return state;
    throw cause;
  }
}

const known = new WeakSet<object>();

/**
 * Whether vectors can be compared. The embedded database creates its extension when it is first needed, so that nobody
 * else waits for it; on a server that is `pawl migrate`'s. A yes is asked for once, a no each time: it may be mended.
 */
export async function comparesVectors(database: Database): Promise<boolean> {
  if (known.has(database.db)) return true;
  const isReady =
    database.kind === 'embedded' ? (await prepareVectors(database)) === 'ready' : await isCreated(database);
  if (isReady) known.add(database.db);
  return isReady;
}

/** What is on the server besides is a look at its files. */
async function isCreated({ db }: Database): Promise<boolean> {
  const text = `select exists (select from pg_extension where extname = 'vector') as ready`;
  const [row] = await rowsOf<{ ready: boolean }>(db, { name: 'vector_created', text }, []);
  return row?.ready === true;
}
