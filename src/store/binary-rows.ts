/** Numbers of PostgreSQL's own types, which are the same on every server. */
const typeNumber = { uuid: 2950, text: 25, json: 114, bytea: 17, bigint: 20, boolean: 16 } as const;

/** Of an array of one dimension, before its elements. */
const arrayHeadBytes = 20;
/** Before each element and each column: a length; and before each column its type too. */
const lengthBytes = 4;
const columnHeadBytes = 8;
const uuidBytes = 16;
const uuidChars = 36;
/** Up to here a loop is faster than the call that writes a text. */
const shortChars = 24;
const bytesPerChar = 3;

/** What a hexadecimal digit stands for, by its character; 255 where it is none. */
const nibbles = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? 255 : value;
});

/** A composite type of the schema: its number differs from database to database. */
export interface CompositeType {
  readonly number: number;
  readonly columns: number;
}

/**
 * An array of rows of one composite type, as a parameter in PostgreSQL's binary format. Each row is begun and given its
 * columns in the order of the type, null ones too. What does not fit its type is refused by the server, which knows the
 * type of each column from here, or by this where it cannot be written at all.
 */
export class BinaryRows {
  readonly #type: CompositeType;
  #bytes: Buffer;
  #at = arrayHeadBytes;
  #rows = 0;
  #rowAt = 0;
  #lastUuid = '';
  #lastUuidAt = 0;

  /** It grows where more is written than was expected. */
  constructor(type: CompositeType, bytesExpected: number) {
    this.#type = type;
    this.#bytes = Buffer.allocUnsafe(arrayHeadBytes + bytesExpected);
  }

  begin(): void {
    this.#endRow();
    this.#rows += 1;
    this.#rowAt = this.#at;
    this.#reserve(lengthBytes * 2);
    this.#at += lengthBytes;
    this.#int32(this.#type.columns);
  }

  uuid(value: string): void {
    this.#reserve(columnHeadBytes + uuidBytes);
    this.#head(typeNumber.uuid, uuidBytes);
    // The rows of one run follow each other.
    if (value === this.#lastUuid) this.#bytes.copyWithin(this.#at, this.#lastUuidAt, this.#lastUuidAt + uuidBytes);
    else this.#parsedUuid(value);
    this.#lastUuid = value;
    this.#lastUuidAt = this.#at;
    this.#at += uuidBytes;
  }

  text(value: string | undefined): void {
    if (value === undefined) this.#null(typeNumber.text);
    else this.#chars(typeNumber.text, value);
  }

  json(value: string | undefined): void {
    if (value === undefined) this.#null(typeNumber.json);
    else this.#chars(typeNumber.json, value);
  }

  /** Bytes that are given as hexadecimal digits: a digest. */
  hex(value: string | undefined): void {
    if (value === undefined) return this.#null(typeNumber.bytea);
    const size = value.length / 2;
    this.#reserve(columnHeadBytes + Math.ceil(size));
    this.#head(typeNumber.bytea, size);
    const written = this.#bytes.write(value, this.#at, 'hex');
    if (written !== size) throw new TypeError(`"${value}" is not hexadecimal.`);
    this.#at += size;
  }

  bigint(value: number | undefined): void {
    if (value === undefined) return this.#null(typeNumber.bigint);
    if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is no integer that is exact.`);
    this.#reserve(columnHeadBytes + 8);
    this.#head(typeNumber.bigint, 8);
    this.#int32(Math.floor(value / 2 ** 32));
    this.#int32(value | 0);
  }

  boolean(value: boolean | undefined): void {
    if (value === undefined) return this.#null(typeNumber.boolean);
    this.#reserve(columnHeadBytes + 1);
    this.#head(typeNumber.boolean, 1);
    this.#bytes[this.#at++] = value ? 1 : 0;
  }

  /** As the parameter of a statement. */
  bytes(): Buffer {
    this.#endRow();
    const end = this.#at;
    this.#at = 0;
    this.#int32(1);
    this.#int32(0);
    this.#int32(this.#type.number);
    this.#int32(this.#rows);
    this.#int32(1);
    this.#at = end;
    return this.#bytes.subarray(0, end);
  }

  #endRow(): void {
    if (this.#rows === 0) return;
    const end = this.#at;
    this.#at = this.#rowAt;
    this.#int32(end - this.#rowAt - lengthBytes);
    this.#at = end;
  }

  #null(type: number): void {
    this.#reserve(columnHeadBytes);
    this.#head(type, -1);
  }

  #chars(type: number, value: string): void {
    const mostBytes = value.length * bytesPerChar;
    this.#reserve(columnHeadBytes + (this.#at + mostBytes < this.#bytes.length ? mostBytes : Buffer.byteLength(value)));
    const from = this.#at + columnHeadBytes;
    const size = this.#ascii(value, from) ? value.length : this.#bytes.write(value, from);
    this.#head(type, size);
    this.#at += size;
  }

  #ascii(value: string, from: number): boolean {
    if (value.length > shortChars) return false;
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 127) return false;
      this.#bytes[from + index] = code;
    }
    return true;
  }

  #parsedUuid(value: string): void {
    let wrong = value.length === uuidChars ? 0 : 255;
    let char = 0;
    for (let index = 0; index < uuidBytes; index += 1) {
      if (value.charCodeAt(char) === 45) char += 1;
      const high = nibbles[value.charCodeAt(char)] ?? 255;
      const low = nibbles[value.charCodeAt(char + 1)] ?? 255;
      wrong |= high | low;
      this.#bytes[this.#at + index] = (high << 4) | low;
      char += 2;
    }
    if (wrong > 15) throw new TypeError(`"${value}" is no UUID.`);
  }

  #head(type: number, size: number): void {
    this.#int32(type);
    this.#int32(size);
  }

  #int32(value: number): void {
    const at = this.#at;
    this.#bytes[at] = value >> 24;
    this.#bytes[at + 1] = value >> 16;
    this.#bytes[at + 2] = value >> 8;
    this.#bytes[at + 3] = value;
    this.#at = at + 4;
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + size));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}

/** An array of texts, as a parameter in the same format. */
export function binaryTexts(values: readonly string[]): Buffer {
  const sizes = values.map((value) => Buffer.byteLength(value));
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size + lengthBytes, arrayHeadBytes));
  let at = 0;
  for (const word of [1, 0, typeNumber.text, values.length, 1]) at = bytes.writeInt32BE(word, at);
  values.forEach((value, index) => {
    at = bytes.writeInt32BE(sizes[index] ?? 0, at);
    at += bytes.write(value, at);
  });
  return bytes;
}
