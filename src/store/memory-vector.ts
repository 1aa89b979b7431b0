import type { Database } from './database-port.ts';
import type { FoundEntry } from './memory-entry.ts';
import { rowsOf } from './statement.ts';

/** What a text is compared with: entries that the same model embedded to the same length, and no others. */
interface VectorSearch {
  /** Id of the memory. */
  readonly memory: string;
  readonly vector: Float32Array;
  readonly embeddedBy: string;
  /** Cosine, from 0 to 1. */
  readonly minScore: number;
  readonly topK: number;
}

/**
 * Exact: every entry of the memory is compared, of which there are at most 100,000. The case keeps vectors of another
 * length from being compared, in whatever order the conditions are looked at.
 */
const nearText = `
with near as (
  select e.key, e.chunk, e.value, e.written_by, e.updated_at,
    case when e.embedded_by = $2 then (1 - (e.embedding::vector <=> $3::text::vector))::float8 end as score
  from memory_entry e
  where e.memory = $1 and e.embedded_by = $2 and (e.expires_at is null or e.expires_at > now())
)
select key, chunk, value, written_by, updated_at, score from near where score >= $4::float8
order by score desc, updated_at desc, key, chunk limit $5`;

/** Finds by meaning, where the database has pgvector. The score is the cosine of both vectors. */
export async function searchVectors(
  { db }: Database,
  { memory, vector, embeddedBy, minScore, topK }: VectorSearch,
): Promise<readonly FoundEntry[]> {
  const values = [memory, embeddedBy, `[${vector.join(',')}]`, minScore, topK];
  return rowsOf<FoundEntry>(db, { name: 'search_vectors', text: nearText }, values);
}

const otherwiseText = `
select m.path, count(e.key) as entries
from json_to_recordset($2::json) as w (path text, embedded_by text)
join memory m on m.environment = $1 and m.path = w.path
join memory_entry e on e.memory = m.id and e.embedded_by is distinct from w.embedded_by
where e.expires_at is null or e.expires_at > now()
group by m.path`;

/** How many parts of entries each memory holds that something else than is named embedded, or nothing. */
export async function countOtherwiseEmbedded(
  db: Database['db'],
  environment: string,
  wanted: readonly { readonly path: string; readonly embeddedBy: string }[],
): Promise<ReadonlyMap<string, number>> {
  const rows = JSON.stringify(wanted.map(({ path, embeddedBy }) => ({ path, embedded_by: embeddedBy })));
  const statement = { name: 'count_otherwise_embedded', text: otherwiseText };
  const found = await rowsOf<{ path: string; entries: number }>(db, statement, [environment, rows]);
  return new Map(found.map(({ path, entries }) => [path, entries]));
}
