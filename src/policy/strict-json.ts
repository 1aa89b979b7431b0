import type { Json } from '../manifest/json.ts';

/** What a text may be at most; a value is a member of an object or an element of an array. */
export interface JsonBounds {
  readonly bytes: number;
  readonly depth: number;
  readonly values: number;
}

export const argumentBounds: JsonBounds = { bytes: 256 * 1024, depth: 32, values: 10_000 };

export type StrictJson =
  | {
      readonly kind: 'parsed';
      readonly value: Json;
      /** Whether `JSON.stringify` writes it as RFC 8785 does: objects list keys like "10" before all others. */
      readonly isCanonical: boolean;
    }
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'tooLarge'; readonly message: string };

/**
 * Parses `text` and refuses what `JSON.parse` forgives. The grammar is `JSON.parse`'s own; this only counts what it
 * drops without a word: a duplicate key is seen because the text has more colons than the value has members.
 */
export function parseStrictJson(text: string, bounds: JsonBounds = argumentBounds): StrictJson {
  // No character takes more than three bytes for each of its code units.
  if (text.length * 3 > bounds.bytes && (text.length > bounds.bytes || Buffer.byteLength(text) > bounds.bytes)) {
    return { kind: 'tooLarge', message: `It is larger than ${bounds.bytes} bytes.` };
  }
  const shape = shapeOf(text);
  if (shape.depth > bounds.depth) {
    return { kind: 'tooLarge', message: `It is nested deeper than ${bounds.depth} levels.` };
  }
  if (shape.values > bounds.values) {
    return { kind: 'tooLarge', message: `It holds more than ${bounds.values} values.` };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may be a secret; the fact is enough.
    return { kind: 'malformed', message: 'It is not complete JSON.' };
  }
  const tally: Tally = { members: 0, fault: undefined, isCanonical: true };
  const normal = normalise(value, tally);
  if (tally.fault !== undefined) return { kind: 'malformed', message: tally.fault };
  if (tally.members !== shape.colons) return { kind: 'malformed', message: 'It holds the same key twice.' };
  return { kind: 'parsed', value: normal, isCanonical: tally.isCanonical };
}

/** Depth and counts of a JSON text, outside its strings; right for JSON, meaningless for what `JSON.parse` refuses. */
function shapeOf(text: string): { depth: number; colons: number; values: number } {
  let depth = 0;
  let deepest = 0;
  let colons = 0;
  let commas = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = endOfString(text, at);
        break;
      case 0x7b: // {
      case 0x5b: // [
        depth += 1;
        if (depth > deepest) deepest = depth;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth -= 1;
        break;
      case 0x3a: // :
        colons += 1;
        break;
      case 0x2c: // ,
        commas += 1;
        break;
    }
  }
  return { depth: deepest, colons, values: commas + 1 };
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at;
    if (code === 0x5c) at += 1;
  }
  return text.length;
}

interface Tally {
  members: number;
  fault: string | undefined;
  isCanonical: boolean;
}

/** The same value with sorted keys and no negative zero, frozen; says in `tally` what must be refused. */
function normalise(value: unknown, tally: Tally): Json {
  if (typeof value === 'string') {
    if (!isStorable(value)) tally.fault = 'It holds a NUL or half a surrogate pair.';
    return value;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      tally.fault = 'It holds a number that is too large to be exact.';
    }
    return value === 0 ? 0 : value;
  }
  if (Array.isArray(value)) return Object.freeze(value.map((element) => normalise(element, tally)));
  if (typeof value === 'object' && value !== null) return normaliseObject(value as Record<string, unknown>, tally);
  return value as boolean | null;
}

function normaliseObject(value: Record<string, unknown>, tally: Tally): Json {
  const keys = Object.keys(value).sort();
  tally.members += keys.length;
  const sorted: Record<string, Json> = {};
  for (const key of keys) {
    if (startsWithDigit(key)) tally.isCanonical = false;
    // Assigned anywhere later, this key would set a prototype instead of a member.
    if (key === '__proto__') tally.fault = 'It holds the key "__proto__".';
    else if (!isStorable(key)) tally.fault = 'It holds a NUL or half a surrogate pair.';
    else sorted[key] = normalise(value[key], tally);
  }
  return Object.freeze(sorted);
}

function startsWithDigit(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 0x30 && first <= 0x39;
}

const loneSurrogate = /\p{Surrogate}/u;

/** PostgreSQL's text and jsonb can hold neither a NUL nor half a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && !loneSurrogate.test(text);
}
