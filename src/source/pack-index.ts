const fanoutAt = 8;
const idsAt = fanoutAt + 256 * 4;

/**
 * Where in its pack an object begins, from the pack's index: version 2, after which come the sorted ids, their sums
 * and their offsets. Undefined: it is not there, or beyond two gigabytes, which isomorphic-git does not read either.
 */
export function offsetIn(index: Buffer, id: string): number | undefined {
  if (index.length < idsAt || index.readUInt32BE(0) !== 0xff744f63 || index.readUInt32BE(4) !== 2) return undefined;
  const wanted = Buffer.from(id, 'hex');
  const first = wanted[0] ?? 0;
  const count = index.readUInt32BE(fanoutAt + 255 * 4);
  if (index.length < idsAt + count * 28) return undefined;
  let low = first === 0 ? 0 : index.readUInt32BE(fanoutAt + (first - 1) * 4);
  let high = Math.min(index.readUInt32BE(fanoutAt + first * 4), count);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = idsAt + middle * 20;
    const order = wanted.compare(index, at, at + 20);
    if (order === 0) return small(index.readUInt32BE(idsAt + count * 24 + middle * 4));
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return undefined;
}

function small(offset: number): number | undefined {
  return offset < 0x8000_0000 ? offset : undefined;
}
