import type { BundleMemory, BundleMemoryService } from '../manifest/bundle-memory.ts';
import { sha256 } from '../manifest/digest.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import { memoryLimits } from '../manifest/memory-tools.ts';
import type { Entry, Found, Listed, LongTerm, Memory, MemoryName, Message } from './memory.ts';
import type { MemoryReach } from './reach.ts';
import { askService, invalid, listIn, type ServiceOperation, type ServicePlace } from './service.ts';

/** What a message of a session holds at most, with the words that say that it was cut. */
const messageCharactersMax = 33_000;

/**
 * A memory in a service of somebody's own, by the protocol of docs/memory.md. What it answers is what a stranger wrote: it
 * is held against what was asked, and only what the protocol knows of goes on.
 */
export function serviceMemory(name: MemoryName, memory: BundleMemory & Serviced, reach: MemoryReach): Memory {
  const place: ServicePlace = { ...name, service: memory.http, reach };
  return {
    async history(session, limit) {
      if (limit <= 0) return [];
      const answer = await askService(place, { operation: 'history', body: { ...session, limit } });
      return listIn(answer, 'messages', { max: limit, place }).map((one) => messageIn(one, place));
    },
    async append(session, { messages, ...exchange }) {
      const said = messages.map(({ role, text }): JsonObject => ({ role, text }));
      await write(place, {
        operation: 'append',
        body: { ...session, ...exchange, messages: said },
        idempotencyKey: sha256(`${exchange.run}|${exchange.place}|session`),
      });
    },
    longTerm: memory.longTerm && longTermOf(place, memory.longTerm),
  };
}

export interface Serviced {
  readonly http: BundleMemoryService;
}

type Settings = NonNullable<BundleMemory['longTerm']>;

function longTermOf(place: ServicePlace, { ttlMs, minScore = 0 }: Settings): LongTerm {
  const lasting = ttlMs === undefined ? {} : { ttlMs };
  return {
    async read(key) {
      const { entry } = await askService(place, { operation: 'get', body: { key } });
      if (entry === null) return undefined;
      const [one] = listIn({ entry: [entry ?? null] }, 'entry', { max: 1, place });
      const found = one && entryIn(one, place);
      if (found?.key !== key) throw invalid(place, 'holds an entry of another key than was asked for.');
      return found;
    },
    async write({ key, chunks, call, writtenBy, run }) {
      const [first] = chunks;
      const kept = chunks.length === 1 ? { value: first?.value ?? null } : { parts: chunks.map(({ value }) => value) };
      const body = { key, ...kept, writtenBy, run, ...lasting };
      await write(place, { operation: 'put', body, idempotencyKey: call });
    },
    async search({ text, topK }) {
      const answer = await askService(place, { operation: 'search', body: { query: text, topK, minScore } });
      return listIn(answer, 'entries', { max: topK, place }).map((one) => foundIn(one, { place, minScore }));
    },
    async list({ prefix, after, limit }) {
      const answer = await askService(place, { operation: 'list', body: { prefix, after, limit } });
      const entries = listIn(answer, 'entries', { max: limit, place }).map((one) => listedIn(one, place));
      assertPage(entries, { prefix, after, place });
      return entries;
    },
  };
}

async function write(
  place: ServicePlace,
  request: { readonly operation: ServiceOperation; readonly body: JsonObject; readonly idempotencyKey: string },
): Promise<void> {
  const answer = await askService(place, request);
  // An answer that says nothing may come from a page that somebody put in front of the service.
  if (answer['written'] !== true) throw invalid(place, 'does not say `"written": true`.');
}

function messageIn({ role, text }: JsonObject, place: ServicePlace): Message {
  if (role !== 'user' && role !== 'assistant')
    throw invalid(place, 'has a message whose `role` is neither `user` nor `assistant`.');
  return { role, text: textIn(text, { name: 'text', max: messageCharactersMax, place }) };
}

/** Of a document its parts, which follow each other. */
function entryIn(one: JsonObject, place: ServicePlace): Entry {
  const { value, parts } = one;
  if (parts === undefined) return { ...listedIn(one, place), value: valueIn(value, place) };
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string'))
    throw invalid(place, 'has `parts` that are no list of texts.');
  return { ...listedIn(one, place), value: parts.join('') };
}

function foundIn(
  one: JsonObject,
  { place, minScore }: { readonly place: ServicePlace; readonly minScore: number },
): Found {
  const { value, score } = one;
  if (typeof score !== 'number' || score < 0 || score > 1)
    throw invalid(place, 'has a `score` that is not from 0 to 1.');
  if (score < minScore)
    throw invalid(place, `has a \`score\` below ${minScore}, which is the least that was asked for.`);
  return { ...listedIn(one, place), value: valueIn(value, place), score };
}

function valueIn(value: Json | undefined, place: ServicePlace): Json {
  if (value === undefined) throw invalid(place, 'has an entry without a `value`.');
  return value;
}

function listedIn({ key, writtenBy, writtenAt }: JsonObject, place: ServicePlace): Listed {
  const at = textIn(writtenAt, { name: 'writtenAt', max: 40, place });
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(at))
    throw invalid(place, 'has a `writtenAt` that is no ISO 8601 time in UTC.');
  return {
    key: textIn(key, { name: 'key', max: memoryLimits.keyCharacters, place }),
    writtenBy: textIn(writtenBy, { name: 'writtenBy', max: 300, place }),
    writtenAt: at,
  };
}

interface Wanted {
  readonly name: string;
  readonly max: number;
  readonly place: ServicePlace;
}

function textIn(value: Json | undefined, { name, max, place }: Wanted): string {
  if (typeof value !== 'string') throw invalid(place, `has a \`${name}\` that is no text.`);
  if (value.length > max) throw invalid(place, `has a \`${name}\` of over ${max} characters.`);
  return value;
}

/** Keys go by their bytes, each after the one before it: else a list that is read page by page never ends. */
function assertPage(
  entries: readonly Listed[],
  { prefix, after, place }: { readonly prefix: string; readonly after: string; readonly place: ServicePlace },
): void {
  let last = after;
  for (const { key } of entries) {
    if (!key.startsWith(prefix)) throw invalid(place, 'lists a key that does not begin as was asked for.');
    if (Buffer.compare(Buffer.from(key), Buffer.from(last)) <= 0)
      throw invalid(place, 'lists keys that are not in the order of their bytes, or not after the one that was named.');
    last = key;
  }
}
