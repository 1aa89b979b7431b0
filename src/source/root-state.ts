import { bucketCount, bucketHash, bucketOf, rootOfBuckets } from '../manifest/digest.ts';
import type { Address, Resource } from '../manifest/resource.ts';

/** The root of a set of resources, with what is needed to know the next one from a few changes. */
export interface RootState {
  readonly root: string;
  readonly resources: ReadonlyMap<Address, Resource>;
  /** Digests by address, 256 times. */
  readonly buckets: readonly ReadonlyMap<Address, string>[];
  readonly hashes: readonly string[];
}

const emptyBuckets: readonly ReadonlyMap<Address, string>[] = Array.from({ length: bucketCount }, () => new Map());
const emptyHashes = emptyBuckets.map(bucketHash);
const empty: RootState = {
  root: rootOfBuckets(emptyHashes),
  resources: new Map(),
  buckets: emptyBuckets,
  hashes: emptyHashes,
};

/** Hashes only the buckets that differ from the state before: hashing 10,000 addresses again costs 40 ms. */
export function nextRoot(before: RootState | undefined, resources: ReadonlyMap<Address, Resource>): RootState {
  const last = before ?? empty;
  const touched = new Map<number, Map<Address, string>>();
  const bucketFor = (address: Address): Map<Address, string> => {
    const index = bucketOf(address);
    const bucket = touched.get(index) ?? new Map(last.buckets[index]);
    touched.set(index, bucket);
    return bucket;
  };
  let kept = 0;
  for (const [address, resource] of resources) {
    const other = last.resources.get(address);
    if (other !== undefined) kept += 1;
    if (other !== resource && other?.digest !== resource.digest) bucketFor(address).set(address, resource.digest);
  }
  if (kept < last.resources.size) {
    for (const address of last.resources.keys()) if (!resources.has(address)) bucketFor(address).delete(address);
  }
  const buckets = last.buckets.map((bucket, index) => touched.get(index) ?? bucket);
  const hashes = last.hashes.map((hash, index) => {
    const bucket = touched.get(index);
    return bucket === undefined ? hash : bucketHash(bucket);
  });
  return { root: touched.size === 0 ? last.root : rootOfBuckets(hashes), resources, buckets, hashes };
}
