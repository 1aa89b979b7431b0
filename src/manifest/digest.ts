import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Json } from './json.ts';
import { compareText } from './problem.ts';
import type { Address } from './resource.ts';

/** SHA-256, lower-case hex, of the RFC 8785 canonical JSON of `value`. */
export function digest(value: Json): string {
  return sha256(canonicalText(value));
}

/** RFC 8785 canonical JSON. Throws on what JSON cannot hold (undefined, NaN, functions): a caller's bug. */
export function canonicalText(value: Json): string {
  const text = canonicalize(value);
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
