/** Something about a WebAssembly module that cannot be used, in a sentence for its author. */
export class ModuleFault extends Error {
  override readonly name = 'ModuleFault';
}

/** Reads a WebAssembly binary from its start to its end; whatever lies beyond the end is a fault. */
export class WasmReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    const byte = this.at < this.end ? this.bytes[this.at] : undefined;
    if (byte === undefined) throw new ModuleFault('The module is cut off.');
    this.at += 1;
    return byte;
  }

  /** An unsigned LEB128 number of at most 32 bits: a count, an index or a size. */
  u32(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 35; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte >= 0x80) continue;
      if (value < 2 ** 32) return value;
      break;
    }
    throw new ModuleFault('The module holds a number that is too large.');
  }

  /** A LEB128 number whose value nobody asks for. */
  skipNumber(): void {
    for (let length = 0; length < 10; length += 1) {
      if (this.byte() < 0x80) return;
    }
    throw new ModuleFault('The module holds a number that is too long.');
  }

  skip(count: number): void {
    if (count > this.end - this.at) throw new ModuleFault('The module is cut off.');
    this.at += count;
  }

  /** What the next bytes hold, to be read by itself. */
  part(size: number): WasmReader {
    const start = this.at;
    this.skip(size);
    return new WasmReader(this.bytes, start, start + size);
  }

  name(): string {
    const size = this.u32();
    const from = this.at;
    this.skip(size);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(this.bytes.subarray(from, from + size));
    } catch (cause) {
      throw new ModuleFault(`The name at byte ${from} is not UTF-8.`, { cause });
    }
  }
}
