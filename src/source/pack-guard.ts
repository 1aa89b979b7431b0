import fs from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import type { PromiseFsClient } from 'isomorphic-git';
import { damagedPack, fetchTooLarge, heldTooLarge } from './fetch-errors.ts';
import {
  compressedBytesMax,
  deltaTargetSize,
  entryHeadBytes,
  type Inflated,
  inflatedExactly,
  packEntry,
} from './pack-entry.ts';

/** What isomorphic-git may hold of one object: it keeps about three copies of what it inflates. */
export const heldBytesMax = 64 * 1024 * 1024;
/** Text compresses four times; all that a fetch inflates together is time, not memory. */
const inflationMax = 16;
const entriesATurn = 256;

/**
 * The file system that isomorphic-git fetches by. The library inflates every object of a pack whole once it has
 * written it, so that a few kilobytes could fill the memory: a pack is looked through before it is written.
 */
export function guardedFileSystem(bytesMax: number): PromiseFsClient {
  const writeFile = async (path: string, content: Uint8Array | string, ...rest: [fs.WriteFileOptions?]) => {
    if (path.endsWith('.pack') && typeof content !== 'string') await assertPackBounded(content, bytesMax);
    return fs.promises.writeFile(path, content, ...rest);
  };
  return { promises: { ...fs.promises, writeFile } };
}

/** Refuses a pack with an object that cannot be held, by what it says of its size, and one that says it wrongly. */
export async function assertPackBounded(pack: Uint8Array, bytesMax: number): Promise<void> {
  const bytes = Buffer.from(pack.buffer, pack.byteOffset, pack.byteLength);
  const objectBytesMax = Math.min(heldBytesMax, bytesMax);
  const count = bytes.length < 12 ? 0 : bytes.readUInt32BE(8);
  let at = 12;
  let total = 0;
  for (let index = 0; index < count; index += 1) {
    if (index % entriesATurn === entriesATurn - 1) await turn();
    const entry = packEntry(bytes.subarray(at, at + entryHeadBytes));
    if (entry === undefined) throw damagedPack();
    if (entry.size > objectBytesMax) throw heldTooLarge(entry.size, objectBytesMax);
    total += entry.size;
    if (total > bytesMax * inflationMax) throw fetchTooLarge(bytesMax * inflationMax);
    const { content, read } = inflated(bytes.subarray(at + entry.dataAt), entry.size);
    const made = entry.type === 'delta' ? (deltaTargetSize(content) ?? 0) : 0;
    if (made > objectBytesMax) throw heldTooLarge(made, objectBytesMax);
    at += entry.dataAt + read;
  }
}

function inflated(bytes: Buffer, size: number): Inflated {
  try {
    return inflatedExactly(bytes.subarray(0, compressedBytesMax(size)), size);
  } catch (error) {
    throw damagedPack(error);
  }
}
