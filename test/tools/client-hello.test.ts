import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FirstBytesReader } from '../../src/tools/client-hello.ts';

const readFirstBytes = (bytes: Buffer) => new FirstBytesReader().read(bytes);

/** What this machine's TLS says first. */
function helloTo(servername?: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const pipe = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        resolve(chunk);
        done();
      },
    });
    const socket = connect({ socket: pipe, ...(servername === undefined ? {} : { servername }) });
    socket.on('error', () => undefined);
  });
}

/** The same message in records of so many bytes. */
function inRecords(hello: Buffer, bytes: number): Buffer {
  const message = hello.subarray(5);
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += bytes) {
    const part = message.subarray(at, at + bytes);
    const head = Buffer.from([22, 3, 1, 0, 0]);
    head.writeUInt16BE(part.length, 3);
    parts.push(head, part);
  }
  return Buffer.concat(parts);
}

test('the name that a client means is read, whole or in records, and never before it is all there', async () => {
  const hello = await helloTo('API.test');
  expect(readFirstBytes(hello)).toEqual({ kind: 'hello', name: 'api.test' });
  expect(readFirstBytes(inRecords(hello, 64))).toEqual({ kind: 'hello', name: 'api.test' });
  expect(readFirstBytes(await helloTo())).toEqual({ kind: 'hello' });
  const reader = new FirstBytesReader();
  for (let at = 0; at < hello.length - 1; at += 1)
    expect(reader.read(hello.subarray(at, at + 1))).toEqual({ kind: 'incomplete' });
  expect(reader.read(hello.subarray(-1))).toEqual({ kind: 'hello', name: 'api.test' });
});

test('what is no ClientHello is none, however it is bent', async () => {
  const hello = await helloTo('api.test');
  for (const text of ['GET / HTTP/1.1\r\n', 'SSH-2.0-x', '\x16\x02\x01\x00\x05', '\x16\x03\x01\x00\x01\x02'])
    expect(readFirstBytes(Buffer.from(text, 'latin1'))).toEqual({ kind: 'noTls' });
  const endless = Buffer.from([22, 3, 1, 0, 4, 1, 255, 255, 255]);
  expect(readFirstBytes(endless)).toEqual({ kind: 'noTls' });
  fc.assert(
    fc.property(fc.nat(hello.length - 1), fc.nat(255), fc.nat(hello.length), (at, byte, end) => {
      const bent = Buffer.from(hello);
      bent[at] = byte;
      expect(['incomplete', 'noTls', 'hello']).toContain(readFirstBytes(bent.subarray(0, end)).kind);
    }),
    { numRuns: 2_000, seed: 7 },
  );
});

test('a hello is in a few records that hold something', async () => {
  const hello = await helloTo('api.test');
  const message = hello.length - 5;
  expect(readFirstBytes(inRecords(hello, Math.ceil(message / 16)))).toEqual({ kind: 'hello', name: 'api.test' });
  expect(readFirstBytes(inRecords(hello, Math.floor(message / 17)))).toEqual({ kind: 'noTls' });
  expect(readFirstBytes(Buffer.from([22, 3, 1, 0, 0]))).toEqual({ kind: 'noTls' });
  // Neither waits for the rest, which may be long in coming.
  expect(readFirstBytes(Buffer.from([22, 3, 1, 0x40, 1]))).toEqual({ kind: 'noTls' });
});
