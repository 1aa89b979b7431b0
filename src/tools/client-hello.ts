/** What the first bytes of a connection are. */
export type FirstBytes =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'noTls' }
  /** `name`: whom the client says that it means, in clear; absent: it does not say. */
  | { readonly kind: 'hello'; readonly name?: string };

const handshake = 22;
const clientHello = 1;
const serverName = 0;
/** No client says as much before it has heard anything. */
const helloBytesMax = 64 * 1024;

const recordBytesMax = 16 * 1024;
/** Four hold the longest one; a few clients cut theirs up to pass by filters. */
const recordsMax = 16;

/**
 * Reads the ClientHello of TLS 1.0 to 1.3 (RFC 8446, 4.1.2), which may be cut into records and they into whatever the
 * network makes of them. Each byte is looked at once: who says little many times takes no more of this process than others.
 */
export class FirstBytesReader {
  /** Of the record that is being read: its first five bytes until they are there, and what is to come after them. */
  #head: number[] = [];
  #left = 0;
  #records = 0;
  #parts: Buffer[] = [];
  #bytes = 0;
  #length: number | undefined;

  /** What all that was said until now is, with `chunk`. */
  read(chunk: Buffer): FirstBytes {
    for (let at = 0; at < chunk.length; ) {
      if (this.#left === 0) {
        if (!this.#takesHead(chunk.readUInt8(at))) return { kind: 'noTls' };
        at += 1;
        continue;
      }
      const part = chunk.subarray(at, at + this.#left);
      at += part.length;
      this.#left -= part.length;
      const read = this.#readPart(part);
      if (read.kind !== 'incomplete') return read;
    }
    return { kind: 'incomplete' };
  }

  #takesHead(byte: number): boolean {
    this.#head.push(byte);
    const [type, version, , high, low] = this.#head;
    if (type !== handshake || (version !== undefined && version !== 3)) return false;
    if (high === undefined || low === undefined) return true;
    this.#head = [];
    this.#left = high * 256 + low;
    this.#records += 1;
    // Records of a handshake are never empty (RFC 8446, 5.1).
    return this.#left > 0 && this.#left <= recordBytesMax && this.#records <= recordsMax;
  }

  #readPart(part: Buffer): FirstBytes {
    this.#parts.push(part);
    this.#bytes += part.length;
    if (this.#length === undefined) {
      const start = Buffer.concat(this.#parts);
      if (start[0] !== clientHello) return { kind: 'noTls' };
      if (start.length < 4) return { kind: 'incomplete' };
      this.#length = 4 + start.readUIntBE(1, 3);
      if (this.#length > helloBytesMax) return { kind: 'noTls' };
    }
    if (this.#bytes < this.#length) return { kind: 'incomplete' };
    return helloOf(Buffer.concat(this.#parts).subarray(4, this.#length));
  }
}

function helloOf(body: Buffer): FirstBytes {
  try {
    // Version and random; then the session, the ciphers and the compressions, each with its length.
    let at = 34;
    at += 1 + body.readUInt8(at);
    at += 2 + body.readUInt16BE(at);
    at += 1 + body.readUInt8(at);
    if (at === body.length) return { kind: 'hello' };
    const end = at + 2 + body.readUInt16BE(at);
    at += 2;
    while (at < end) {
      const type = body.readUInt16BE(at);
      const length = body.readUInt16BE(at + 2);
      if (type === serverName) return nameOf(body.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    return { kind: 'hello' };
  } catch {
    // It ends before it said all that it promised to.
    return { kind: 'noTls' };
  }
}

/** A list of names, of which there is one, of the one type that there is. */
function nameOf(list: Buffer): FirstBytes {
  const length = list.readUInt16BE(3);
  if (list.readUInt8(2) !== 0 || list.length !== 5 + length) return { kind: 'noTls' };
  return { kind: 'hello', name: list.subarray(5).toString('latin1').toLowerCase() };
}
