import { TerminalError } from '../errors.ts';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';

/** More entries than anybody reads. */
export const chunksMax = 100_000;

/** A part of what is kept under one key. */
export interface NewChunk {
  /** JSON text. */
  readonly value: string;
  /** What a search by words looks at. */
  readonly body: string;
  readonly vector?: Float32Array | undefined;
}

export interface NewEntry {
  /** Id of the memory. */
  readonly memory: string;
  readonly key: string;
  readonly chunks: readonly NewChunk[];
  /** The same for every attempt at one call: the first one writes. */
  readonly call: string;
  readonly writtenBy: string;
  readonly run: string;
  /** What made the vectors; absent: there are none. */
  readonly embeddedBy?: string | undefined;
  readonly ttlMs?: number | undefined;
}

/**
 * The call is recorded in the statement that writes, so that one which is made again after a crash changes nothing,
 * even where another run has written the key in between.
 */
const putText = `
with room as materialized (
  select (select count(*) from memory_entry where memory = $1 and key <> $2) + $3::bigint <= ${chunksMax} as enough
), fresh as (
  insert into memory_call (id, memory) select $4, $1 from room where enough on conflict do nothing returning id
), cut as (
  delete from memory_entry e using fresh where e.memory = $1 and e.key = $2 and e.chunk >= $3::bigint
), put as (
  insert into memory_entry as e (memory, key, chunk, value, body, written_by, run, expires_at, embedding, embedded_by)
  select $1, $2, c.chunk, c.value, c.body, $5, $6, now() + $7::bigint * interval '1 millisecond',
    c.embedding, case when c.embedding is null then null else $9::text end
  from fresh cross join json_to_recordset($8::json) as c (chunk integer, value text, body text, embedding real[])
  on conflict (memory, key, chunk) do update set value = excluded.value, body = excluded.body,
    written_by = excluded.written_by, run = excluded.run, updated_at = now(), expires_at = excluded.expires_at,
    embedding = excluded.embedding, embedded_by = excluded.embedded_by
)
select enough from room`;

/** Keeps a value under its key, in place of what was there. */
export async function putEntry({ db }: Database, entry: NewEntry): Promise<void> {
  const { memory, key, chunks, call, writtenBy, run, ttlMs, embeddedBy = null } = entry;
  const rows = chunks.map(({ value, body, vector }, chunk) => {
    return { chunk, value, body, embedding: vector === undefined ? null : [...vector] };
  });
  const values = [memory, key, rows.length, call, writtenBy, run, ttlMs ?? null, JSON.stringify(rows), embeddedBy];
  const [row] = await rowsOf<{ enough: boolean }>(db, { name: 'put_entry', text: putText }, values);
  if (row?.enough === true) return;
  throw new TerminalError(`The memory holds ${chunksMax} entries, which is all that it may.`, {
    code: 'memory.full',
    help: 'Give its longTerm a `ttl`, so that old entries leave.',
  });
}

export interface EntryRow {
  readonly key: string;
  readonly chunk: number;
  /** JSON text. */
  readonly value: string;
  readonly written_by: string;
  readonly updated_at: Date;
}

const entryColumns = 'e.key, e.chunk, e.value, e.written_by, e.updated_at';
const isKept = '(e.expires_at is null or e.expires_at > now())';

/** What is kept under a key, in the order of its parts; none: nothing is, or its time was over. */
export async function getEntry({ db }: Database, memory: string, key: string): Promise<readonly EntryRow[]> {
  const text = `select ${entryColumns} from memory_entry e where e.memory = $1 and e.key = $2 and ${isKept}
    order by e.chunk`;
  return rowsOf<EntryRow>(db, { name: 'get_entry', text }, [memory, key]);
}

export interface ListedEntry {
  readonly key: string;
  readonly chunks: number;
  readonly written_by: string;
  readonly updated_at: Date;
}

/** Keys that begin with a prefix, in their order, after one of them. */
export async function listEntries(
  { db }: Database,
  request: { readonly memory: string; readonly prefix: string; readonly after: string; readonly limit: number },
): Promise<readonly ListedEntry[]> {
  const text = `select e.key, count(*) as chunks, min(e.written_by) as written_by, max(e.updated_at) as updated_at
    from memory_entry e where e.memory = $1 and starts_with(e.key, $2) and e.key collate "C" > $3 and ${isKept}
    group by e.key order by e.key collate "C" limit $4`;
  const { memory, prefix, after, limit } = request;
  return rowsOf<ListedEntry>(db, { name: 'list_entries', text }, [memory, prefix, after, limit]);
}

export interface FoundEntry extends EntryRow {
  /** From 0 to 1. */
  readonly score: number;
}

/**
 * Any word of the query finds; ranking puts first what has more of them. A word that stands there often counts little
 * more than once: `simple` knows no stop words, and a text full of `is` would come before the one that answers.
 * It stems nothing, in any language.
 */
const wordsText = `
with query as (
  select string_agg('''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || '''', ' | ')::tsquery as q
  from unnest(tsvector_to_array(to_tsvector('simple', $2))) as lexeme
)
select ${entryColumns}, ts_rank(e.words, q, 32)::float8 as score
from memory_entry e, query
where e.memory = $1 and e.words @@ q and e.embedded_by is distinct from $4 and ${isKept}
order by score desc, e.updated_at desc, e.key, e.chunk limit $3`;

export interface Search {
  readonly memory: string;
  readonly query: string;
  readonly topK: number;
  /** Leaves out what this embedded: it is found by meaning. Absent: nothing is left out. */
  readonly besides?: string | undefined;
}

/** Finds by words. The score orders what is found and says nothing of how alike two texts are. */
export async function searchWords(
  { db }: Database,
  { memory, query, topK, besides = '' }: Search,
): Promise<readonly FoundEntry[]> {
  return rowsOf<FoundEntry>(db, { name: 'search_words', text: wordsText }, [memory, query, topK, besides]);
}
