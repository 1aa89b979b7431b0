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

/** Reads the ClientHello of TLS 1.0 to 1.3 (RFC 8446, 4.1.2), which may be cut into records. */
export function readFirstBytes(bytes: Buffer): FirstBytes {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== handshake) return { kind: 'noTls' };
    if (bytes.length < at + 5) break;
    if (bytes[at + 1] !== 3) return { kind: 'noTls' };
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    parts.push(bytes.subarray(at + 5, end));
    const message = Buffer.concat(parts);
    if (message.length > 0 && message[0] !== clientHello) return { kind: 'noTls' };
    if (message.length >= 4) {
      const length = 4 + message.readUIntBE(1, 3);
      if (length > helloBytesMax) return { kind: 'noTls' };
      if (message.length >= length) return helloOf(message.subarray(4, length));
    }
    at = end;
  }
  return bytes.length > helloBytesMax ? { kind: 'noTls' } : { kind: 'incomplete' };
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
