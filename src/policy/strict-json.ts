import type { Json, JsonObject } from '../manifest/json.ts';

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
      /** The text itself is what RFC 8785 writes, as models mostly write short arguments. */
      readonly isWrittenCanonical: boolean;
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
  const hasEscapes = text.includes('\\');
  const shape = shapeOf(text, hasEscapes);
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
  // A NUL stands in no string but as an escape, and half of a pair in no string of a text that has none.
  const isStorable = !hasEscapes && !loneSurrogate.test(text);
  const tally: Tally = { members: 0, fault: undefined, isCanonical: true, isSorted: true, isStorable };
  const normal = normalise(value, tally);
  if (tally.fault !== undefined) return { kind: 'malformed', message: tally.fault };
  if (tally.members !== shape.colons) return { kind: 'malformed', message: 'It holds the same key twice.' };
  const { isCanonical, isSorted } = tally;
  const isWrittenCanonical = isCanonical && isSorted && !hasEscapes && shape.isBare;
  return { kind: 'parsed', value: normal, isCanonical, isWrittenCanonical };
}

interface Shape {
  readonly depth: number;
  readonly colons: number;
  readonly values: number;
  /** Neither white space nor a number outside of strings: nothing that could be written in another form. */
  readonly isBare: boolean;
}

/** Depth and counts of a JSON text, outside its strings; right for JSON, meaningless for what `JSON.parse` refuses. */
function shapeOf(text: string, hasEscapes: boolean): Shape {
  let isBare = true;
  let depth = 0;
  let deepest = 0;
  let colons = 0;
  let commas = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = hasEscapes ? endOfString(text, at) : endOfPlainString(text, at);
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
      default:
        if (isBare) isBare = isLetter(text.charCodeAt(at));
    }
  }
  return { depth: deepest, colons, values: commas + 1, isBare };
}

/** Outside of strings letters stand in `true`, `false` and `null`, and in the `e` of numbers, which have digits too. */
function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function endOfPlainString(text: string, start: number): number {
  const end = text.indexOf('"', start + 1);
  return end === -1 ? text.length : end;
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
  /** Every object was written with its keys in order. */
  isSorted: boolean;
  /** Known of all strings at once: none has to be looked at. */
  readonly isStorable: boolean;
}

/** The same value with sorted keys and no negative zero, frozen; says in `tally` what must be refused. */
function normalise(value: unknown, tally: Tally): Json {
  if (typeof value === 'string') {
    if (!tally.isStorable && !isStorable(value)) tally.fault = unstorable;
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

/** Freshly parsed, and nobody else's: what is in order is kept as it is. */
function normaliseObject(value: Record<string, unknown>, tally: Tally): Json {
  const keys = Object.keys(value);
  tally.members += keys.length;
  const isSorted = keys.every((key, index) => index === 0 || (keys[index - 1] ?? '') < key);
  if (!isSorted) tally.isSorted = false;
  const sorted: Record<string, unknown> = isSorted ? value : {};
  for (const key of isSorted ? keys : keys.sort()) {
    if (startsWithDigit(key)) tally.isCanonical = false;
    // Assigned anywhere later, this key would set a prototype instead of a member.
    if (key === '__proto__') tally.fault = 'It holds the key "__proto__".';
    else if (!tally.isStorable && !isStorable(key)) tally.fault = unstorable;
    else {
      const member = value[key];
      const normal = normalise(member, tally);
      if (!isSorted || !Object.is(normal, member)) sorted[key] = normal;
    }
  }
  return Object.freeze(sorted) as JsonObject;
}

function startsWithDigit(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 0x30 && first <= 0x39;
}

const unstorable = 'It holds a NUL or half a surrogate pair.';
const loneSurrogate = /\p{Surrogate}/u;

/** PostgreSQL's text and jsonb can hold neither a NUL nor half a surrogate pair. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && !loneSurrogate.test(text);
}
