import { constants, inflateSync } from 'node:zlib';

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

/** How an object begins in a pack: what it is, and where its compressed bytes are. */
export interface PackEntry {
  readonly type: ObjectType | 'delta';
  /** Of what is compressed: the object, or the delta. */
  readonly size: number;
  /** Offset of the compressed bytes from the start of the entry. */
  readonly dataAt: number;
  /** Of a delta: how many bytes before the entry its base begins, or the id of its base. */
  readonly base?: number | string;
}

const types: Readonly<Record<number, ObjectType>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };

/** Reads no more than this of an entry to know its head, or the head of its delta. */
export const entryHeadBytes = 256;

/** Takes an entry's head apart; undefined: it is none. */
export function packEntry(bytes: Buffer): PackEntry | undefined {
  const first = bytes[0];
  if (first === undefined) return undefined;
  const kind = (first >> 4) & 7;
  const length = variable(bytes, first < 0x80 ? 0 : 1);
  if (length === undefined) return undefined;
  const at = first < 0x80 ? 1 : length.next;
  const size = (first & 15) + (first < 0x80 ? 0 : length.value * 16);
  const type = types[kind];
  if (type !== undefined) return { type, size, dataAt: at };
  if (kind === 7) return { type: 'delta', size, dataAt: at + 20, base: bytes.toString('hex', at, at + 20) };
  const back = kind === 6 ? distance(bytes, at) : undefined;
  return back === undefined ? undefined : { type: 'delta', size, dataAt: back.next, base: back.value };
}

interface Number7 {
  readonly value: number;
  readonly next: number;
}

/** Seven bits a byte, the lowest first. Larger than any limit stays larger: nothing wraps around. */
function variable(bytes: Buffer, start: number): Number7 | undefined {
  let value = 0;
  let unit = 1;
  for (let at = start; at < start + 10; at += 1, unit *= 128) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value += (byte & 127) * unit;
    if (byte < 128) return { value, next: at + 1 };
  }
  return undefined;
}

/** Seven bits a byte, the highest first, each longer form beginning where the shorter one ends. */
function distance(bytes: Buffer, start: number): Number7 | undefined {
  let value = -1;
  for (let at = start; at < start + 8; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value = (value + 1) * 128 + (byte & 127);
    if (byte < 128) return { value, next: at + 1 };
  }
  return undefined;
}

/** The size of what a delta makes, from the delta's own beginning. */
export function deltaTargetSize(delta: Buffer): number | undefined {
  const source = variable(delta, 0);
  return source === undefined ? undefined : variable(delta, source.next)?.value;
}

/** The beginning of what was compressed, from the beginning of the compressed bytes. */
export function inflatedHead(bytes: Buffer): Buffer {
  return inflateSync(bytes.subarray(0, entryHeadBytes), { finishFlush: constants.Z_SYNC_FLUSH });
}

export interface Inflated {
  readonly content: Buffer;
  /** Compressed bytes that were used; what follows them is the next entry. */
  readonly read: number;
}

/** Inflates what says that it has `size` bytes, and never more than that; throws where it has other than that. */
export function inflatedExactly(bytes: Buffer, size: number): Inflated {
  const inflated: unknown = inflateSync(bytes, { info: true, maxOutputLength: Math.max(size, 1) });
  if (!isInformed(inflated)) throw new TypeError('zlib did not say how much it read');
  const { buffer: content, engine } = inflated;
  if (content.length !== size) throw new RangeError(`an object of ${size} bytes has ${content.length}`);
  return { content, read: engine.bytesWritten };
}

/** Node's types leave out what `info` answers: https://nodejs.org/api/zlib.html#class-options */
function isInformed(value: unknown): value is { readonly buffer: Buffer; readonly engine: { bytesWritten: number } } {
  return typeof value === 'object' && value !== null && 'buffer' in value && 'engine' in value;
}

/** As many bytes as compressing `size` bytes can give, however badly they compress. */
export function compressedBytesMax(size: number): number {
  return size + Math.ceil(size / 1000) + 1024;
}
