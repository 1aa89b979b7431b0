const lineFeed = 0x0a;

export type ReadLine =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'tooLong' }
  | { readonly kind: 'notUtf8' };

/**
 * Cuts bytes into lines. Looks at each byte once, however small the chunks are, and holds no more than `bytesMax` of a
 * line. After a line that is longer it gives nothing more.
 */
export class LineReader {
  readonly #bytesMax: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isOver = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  *read(chunk: Buffer): Generator<ReadLine> {
    let rest = chunk;
    while (!this.#isOver) {
      const end = rest.indexOf(lineFeed);
      const part = end === -1 ? rest : rest.subarray(0, end);
      this.#held.push(part);
      this.#heldBytes += part.byteLength;
      if (this.#heldBytes > this.#bytesMax) {
        this.#isOver = true;
        this.#held = [];
        yield { kind: 'tooLong' };
        return;
      }
      if (end === -1) return;
      const line = decoded(Buffer.concat(this.#held));
      this.#held = [];
      this.#heldBytes = 0;
      rest = rest.subarray(end + 1);
      yield line;
    }
  }
}

function decoded(bytes: Buffer): ReadLine {
  try {
    return { kind: 'line', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { kind: 'notUtf8' }; // U+FFFD in place of bytes would be a silent change.
  }
}
