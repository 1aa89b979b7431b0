/** Bytes that are written one after the other, into memory that grows. */
export class ByteWriter {
  #memory: Uint8Array;
  #length = 0;

  constructor(expected: number) {
    this.#memory = new Uint8Array(expected);
  }

  byte(byte: number): void {
    if (this.#length === this.#memory.length) this.#grow(1);
    this.#memory[this.#length] = byte;
    this.#length += 1;
  }

  /** Unsigned LEB128. */
  number(value: number): void {
    let left = value;
    for (; left > 0x7f; left = Math.floor(left / 128)) this.byte((left % 128) | 0x80);
    this.byte(left);
  }

  bytes(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#memory.length) this.#grow(bytes.length);
    this.#memory.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  written(): Uint8Array {
    return this.#memory.subarray(0, this.#length);
  }

  #grow(by: number): void {
    const larger = new Uint8Array(2 * this.#memory.length + by);
    larger.set(this.#memory.subarray(0, this.#length));
    this.#memory = larger;
  }
}
