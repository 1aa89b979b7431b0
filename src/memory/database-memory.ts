import type { BundleMemory } from '../manifest/bundle-memory.ts';
import type { Json } from '../manifest/json.ts';
import type { Database } from '../store/database-port.ts';
import { ensureMemory, findMemory } from '../store/memory.ts';
import { type EntryRow, getEntry, listEntries, putEntry, searchWords, type FoundEntry } from '../store/memory-entry.ts';
import { appendExchange, readHistory } from '../store/memory-session.ts';
import { searchVectors } from '../store/memory-vector.ts';
import { comparesVectors } from '../store/vector.ts';
import type { Entry, Found, LongTerm, Memory, MemoryName } from './memory.ts';

/** A memory in pawl's own database, the embedded one or PostgreSQL. */
export function databaseMemory(database: Database, name: MemoryName, memory: BundleMemory): Memory {
  return {
    async history(session, limit) {
      const id = await findMemory(database, name);
      return id === undefined ? [] : readHistory(database, { memory: id, ...session }, limit);
    },
    async append(session, exchange) {
      await appendExchange(database, { memory: await ensureMemory(database, name), ...session, ...exchange });
    },
    longTerm: memory.longTerm && longTermOf(database, name, memory.longTerm),
  };
}

type Settings = NonNullable<BundleMemory['longTerm']>;

function longTermOf(database: Database, name: MemoryName, { ttlMs, embedding, minScore = 0 }: Settings): LongTerm {
  return {
    async embedding() {
      return embedding !== undefined && (await comparesVectors(database)) ? embedding : undefined;
    },
    async read(key) {
      const id = await findMemory(database, name);
      return id === undefined ? undefined : entryOf(await getEntry(database, id, key));
    },
    async write({ chunks, ...entry }) {
      const rows = chunks.map(({ value, text, vector }) => ({
        value: JSON.stringify(value),
        body: searchable(text),
        vector,
      }));
      const embeddedBy = embedding?.by;
      await putEntry(database, {
        memory: await ensureMemory(database, name),
        ...entry,
        chunks: rows,
        ttlMs,
        embeddedBy,
      });
    },
    async search({ text, topK, vector }) {
      const memory = await findMemory(database, name);
      if (memory === undefined) return [];
      const query = searchable(text);
      if (vector === undefined || embedding === undefined)
        return (await searchWords(database, { memory, query, topK })).map(foundOf);
      const { by: embeddedBy } = embedding;
      const near = await searchVectors(database, { memory, vector, embeddedBy, minScore, topK });
      const said = await searchWords(database, { memory, query, topK, besides: embeddedBy });
      return inTurn(
        near.map((row): Found => ({ ...foundOf(row), by: 'meaning' })),
        said.map((row): Found => ({ ...foundOf(row), by: 'words' })),
      ).slice(0, topK);
    },
    async list(request) {
      const memory = await findMemory(database, name);
      if (memory === undefined) return [];
      const rows = await listEntries(database, { memory, ...request });
      return rows.map((row) => ({ key: row.key, writtenBy: row.written_by, writtenAt: row.updated_at.toISOString() }));
    },
  };
}

/** The scores of the two say nothing of each other: the first of each, then the second of each. */
function inTurn<T>(first: readonly T[], second: readonly T[]): readonly T[] {
  const longer = first.length > second.length ? first : second;
  return longer.flatMap((_one, at) => [first[at], second[at]].filter((one) => one !== undefined));
}

/** What was taken in as a document is text, whose parts follow each other. */
function entryOf(rows: readonly EntryRow[]): Entry | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const values = rows.map((row) => valueOf(row));
  const value = values.length === 1 ? values[0] : values.map((part) => (typeof part === 'string' ? part : '')).join('');
  return { key: first.key, value: value ?? null, ...writtenOf(first) };
}

function foundOf(row: FoundEntry): Found {
  return { key: row.key, value: valueOf(row), ...writtenOf(row), score: Math.round(row.score * 1e4) / 1e4 };
}

function valueOf({ value }: EntryRow): Json {
  // pawl's own text, written by JSON.stringify.
  return JSON.parse(value) as Json;
}

function writtenOf(row: EntryRow): Pick<Entry, 'writtenBy' | 'writtenAt'> {
  return { writtenBy: row.written_by, writtenAt: row.updated_at.toISOString() };
}

/** PostgreSQL's text holds neither a NUL nor half of a surrogate pair. */
function searchable(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8').replaceAll('\u0000', ' ');
}
