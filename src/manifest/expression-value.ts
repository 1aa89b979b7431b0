import { isJsonList, type Json } from './json.ts';
import { depthMax } from './limits.ts';

/**
 * CEL's integers are BigInt, and `x + 1` fails on doubles: whole numbers go in as integers. Throws when more values
 * go in than `size` has left.
 */
export function toCel(value: Json, size: Size): unknown {
  size.left -= 1;
  if (size.left < 0) throw new TypeError('a comprehension reads at most 10,000 values');
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (isJsonList(value)) return value.map((element) => toCel(element, size));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toCel(member, size)]));
}

/** Values and characters of one result: a text that a macro repeats for each element grows by multiplication. */
const resultSizeMax = 8 * 1024 * 1024;

/** A value of CEL as JSON. Throws where JSON has no such value, or would be too large to keep. */
export function fromCel(value: unknown, depth = 0, size: Size = { left: resultSizeMax }): Json {
  take(size, 1);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return checkedText(value, size);
  if (typeof value === 'bigint' || typeof value === 'number') return checkedNumber(Number(value));
  if (depth > depthMax) throw new TypeError(`the result nests deeper than ${depthMax} levels`);
  if (Array.isArray(value)) return value.map((element) => fromCel(element, depth + 1, size));
  if (typeof value === 'object' && isTimestamp(value)) return value.toISOString();
  if (value instanceof Map) return object([...value.entries()], depth, size);
  if (typeof value === 'object' && isPlain(value)) return object(Object.entries(value), depth, size);
  // CEL's unsigned integers, durations and bytes are objects of the library's own.
  if (typeof value === 'object' && 'value' in value && typeof value.value === 'bigint')
    return checkedNumber(Number(value.value));
  throw new TypeError('the result is of a type that JSON does not have');
}

interface Size {
  left: number;
}

function take(size: Size, amount: number): void {
  size.left -= amount;
  if (size.left < 0) throw new TypeError(`the result holds more than ${resultSizeMax} values and characters`);
}

function object(entries: readonly (readonly [unknown, unknown])[], depth: number, size: Size): Json {
  const result: Record<string, Json> = {};
  for (const [key, member] of entries) {
    if (typeof key !== 'string') throw new TypeError('the keys of a map must be strings');
    if (key === '__proto__') throw new TypeError('the key `__proto__` is reserved');
    result[checkedText(key, size)] = fromCel(member, depth + 1, size);
  }
  return result;
}

function checkedNumber(value: number): number {
  if (!Number.isFinite(value)) throw new TypeError('the result is not a finite number');
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new TypeError('the integer is beyond 2^53');
  return value === 0 ? 0 : value;
}

function checkedText(text: string, size: Size): string {
  take(size, text.length);
  if (/[\u0000\p{Cs}]/u.test(text)) throw new TypeError('the text holds NUL or half of a surrogate pair');
  return text;
}

/** CEL's timestamps are dates; the class itself is not named here, because pure code reads no clock. */
function isTimestamp(value: object): value is Date {
  return 'toISOString' in value && typeof value.toISOString === 'function';
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
