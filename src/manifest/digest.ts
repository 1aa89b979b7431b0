import { hash } from 'node:crypto';
import type { Json } from './json.ts';
import { compareText } from './problem.ts';
import type { Address } from './resource.ts';

/** SHA-256, lower-case hex, of the RFC 8785 canonical JSON of `value`. */
export function digest(value: Json): string {
  return sha256(canonicalText(value));
}

/**
 * RFC 8785 canonical JSON. Throws on what JSON cannot hold (undefined, NaN, functions, half of a surrogate pair): a
 * caller's bug. Every manifest, plan and bundle is written so, and a first import writes 100,000 objects: no set of what
 * was seen is kept, as what never ends in a circle is parsed or made of what was.
 */
export function canonicalText(value: Json): string {
  if (typeof value !== 'object' || value === null) return scalarText(value);
  return Array.isArray(value) ? listText(value) : objectText(value as Readonly<Record<string, Json | undefined>>);
}

function listText(values: readonly Json[]): string {
  let text = '[';
  for (let index = 0; index < values.length; index += 1) {
    if (index > 0) text += ',';
    text += canonicalText(values[index] ?? null);
  }
  return `${text}]`;
}

function objectText(value: Readonly<Record<string, Json | undefined>>): string {
  let text = '';
  for (const key of sortedKeys(value)) {
    const member = value[key];
    if (member === undefined) continue;
    text += nameText(key, text === '' ? '{' : ',');
    text += canonicalText(member);
  }
  return text === '' ? '{}' : `${text}}`;
}

const fewKeys = 16;

/**
 * Keys by code unit, as the RFC wants them. Most objects have a few, which are put in order where they are: what
 * `sort` allocates for them was an eighth of all that a first import does.
 */
export function sortedKeys(value: object): string[] {
  const names = Object.keys(value);
  if (names.length > fewKeys) return names.sort();
  for (let next = 1; next < names.length; next += 1) {
    const name = names[next] ?? '';
    let at = next;
    for (let other = names[at - 1]; other !== undefined && other > name; other = names[at - 1]) {
      names[at] = other;
      at -= 1;
    }
    names[at] = name;
  }
  return names;
}

const namesMax = 4_096;
const firstNames = new Map<string, string>();
const furtherNames = new Map<string, string>();

/**
 * A name as JSON has it before a value, with the sign before it: `{"spec":`. Manifests have the same few hundred names of
 * fields again and again, and a text that is put together of fewer parts leaves less for the collector.
 */
export function nameText(name: string, sign: '{' | ','): string {
  const names = sign === '{' ? firstNames : furtherNames;
  let text = names.get(name);
  if (text === undefined) {
    text = `${sign}${scalarText(name)}:`;
    if (names.size >= namesMax) names.clear();
    if (name.length <= 64) names.set(name, text);
  }
  return text;
}

const halfPair = /\p{Surrogate}/u;

/** A text, a number, true, false or null. */
export function scalarText(value: string | number | boolean | null): string {
  if (typeof value === 'string') {
    if (halfPair.test(value)) throw new TypeError('a text with half of a surrogate pair has no JSON form');
    return JSON.stringify(value);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError('value has no JSON form');
  return text;
}

export function sha256(text: string): string {
  // A quarter of createHash's time, and no object for the collector: a step takes two digests.
  return hash('sha256', text, 'hex');
}

/** Root buckets: a root is recomputed from the buckets that a change touches, not from every resource. */
export const bucketCount = 256;

/** The bucket of an address: the first byte of its SHA-256. */
export function bucketOf(address: Address): number {
  return Number.parseInt(sha256(address).slice(0, 2), 16);
}

/** Hash of one bucket: SHA-256 of `address SP digest` lines in byte order, joined by LF. */
export function bucketHash(members: Iterable<readonly [Address, string]>): string {
  const lines = Array.from(members, ([address, resourceDigest]) => `${address} ${resourceDigest}`);
  return sha256(lines.sort(compareText).join('\n'));
}

const emptyBucketHash = sha256('');

/** Root of a set of resources: SHA-256 of its 256 bucket hashes joined by LF. */
export function rootOf(members: Iterable<readonly [Address, string]>): string {
  const buckets: [Address, string][][] = Array.from({ length: bucketCount }, () => []);
  for (const [address, resourceDigest] of members) buckets[bucketOf(address)]?.push([address, resourceDigest]);
  return rootOfBuckets(buckets.map((bucket) => (bucket.length === 0 ? emptyBucketHash : bucketHash(bucket))));
}

/** Root from the 256 bucket hashes, in bucket order. */
export function rootOfBuckets(hashes: readonly string[]): string {
  return sha256(hashes.join('\n'));
}
