import { expect, test } from 'vitest';
import {
  type Envelope,
  newKeyText,
  open,
  readKeyring,
  rewrap,
  seal,
  type StoredPlace,
} from '../../src/tools/secret-envelope.ts';

const place: StoredPlace = { environment: 'production', namespace: 'default', name: 'crm', key: 'token', version: 1 };

function keyring(...texts: readonly string[]) {
  const read = readKeyring(texts.join('\n'));
  if (read === undefined) throw new TypeError('these are keys');
  return read;
}

const key = newKeyText();
const ring = keyring(key);

test('a value opens where it was sealed', () => {
  const envelope = seal('t0p-s3cret-ü', place, ring);
  expect(open(envelope, place, ring)).toEqual({ kind: 'opened', value: 't0p-s3cret-ü' });
  expect([envelope.nonce.length, envelope.tag.length, envelope.wrapped.length]).toEqual([12, 16, 60]);
  const whole = Buffer.concat([envelope.wrapped, envelope.nonce, envelope.ciphertext, envelope.tag]);
  expect(whole.includes('t0p-s3cret')).toBe(false);
});

test('the same value is never sealed twice to the same bytes', () => {
  const [first, second] = [seal('value', place, ring), seal('value', place, ring)];
  for (const part of ['wrapped', 'nonce', 'ciphertext', 'tag'] as const) expect(first[part]).not.toEqual(second[part]);
});

test.each([
  ['environment', { environment: 'staging' }],
  ['namespace', { namespace: 'other' }],
  ['name', { name: 'erp' }],
  ['key', { key: 'password' }],
  ['version', { version: 2 }],
] as const)('copied to another %s it stays closed', (_what, change) => {
  const moved = { ...place, ...change };
  expect(open(seal('value', place, ring), moved, ring)).toMatchObject({ kind: 'closed', reason: 'damaged' });
  expect(rewrap(seal('value', place, ring), moved, ring)).toMatchObject({ kind: 'closed', reason: 'damaged' });
});

test('names are told apart by where they end', () => {
  const shifted = { ...place, namespace: 'default"', name: 'crm' };
  expect(open(seal('value', place, ring), shifted, ring)).toMatchObject({ kind: 'closed' });
});

const flipped = (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte)));

test.each(['wrapped', 'nonce', 'ciphertext', 'tag'] as const)('one changed bit of its %s closes it', (part) => {
  const envelope: Envelope = seal('value', place, ring);
  expect(open({ ...envelope, [part]: flipped(envelope[part]) }, place, ring)).toMatchObject({
    kind: 'closed',
    reason: 'damaged',
  });
});

test.each(['wrapped', 'nonce', 'tag'] as const)(
  'a %s that was cut closes it, even where the rest would hold',
  (part) => {
    const envelope = seal('value', place, ring);
    for (const length of [0, 4, 8, 12, 15].filter((bytes) => bytes < envelope[part].length)) {
      const cut = { ...envelope, [part]: envelope[part].subarray(0, length) };
      expect(open(cut, place, ring)).toMatchObject({ kind: 'closed', reason: 'damaged' });
    }
  },
);

test('parts of two envelopes do not fit together', () => {
  const [first, second] = [seal('value', place, ring), seal('other', place, ring)];
  expect(open({ ...first, wrapped: second.wrapped }, place, ring)).toMatchObject({ kind: 'closed' });
  expect(open({ ...first, ciphertext: second.ciphertext, tag: second.tag }, place, ring)).toMatchObject({
    kind: 'closed',
  });
});

test('without its key it says which one is missing', () => {
  const envelope = seal('value', place, ring);
  expect(open(envelope, place, keyring(newKeyText()))).toEqual({
    kind: 'closed',
    reason: 'key_missing',
    kek: ring.current.id,
  });
});

test('another key under the right id does not open it', () => {
  const envelope = seal('value', place, ring);
  const wrong = keyring(newKeyText());
  const forged = { ...wrong, byId: new Map([[ring.current.id, wrong.current]]) };
  expect(open(envelope, place, forged)).toMatchObject({ kind: 'closed', reason: 'damaged' });
});

test('rotated to a new key, it opens without the old one', () => {
  const fresh = newKeyText();
  const both = keyring(fresh, key);
  const envelope = seal('value', place, ring);
  const wrapped = rewrap(envelope, place, both);
  if ('kind' in wrapped) throw new TypeError('it can be rewrapped');
  const rotated = { ...envelope, ...wrapped };
  expect(rotated.ciphertext).toEqual(envelope.ciphertext);
  expect(open(rotated, place, keyring(fresh))).toEqual({ kind: 'opened', value: 'value' });
  expect(open(rotated, place, ring)).toMatchObject({ kind: 'closed', reason: 'key_missing' });
});

test.each([
  ['nothing', ''],
  ['comments alone', '# key\n'],
  ['a key of 31 bytes', Buffer.alloc(31, 1).toString('base64')],
  ['a key of 33 bytes', Buffer.alloc(33, 1).toString('base64')],
  ['a passphrase', 'correct horse battery staple correct horse b'],
  ['a good key before a bad one', `${Buffer.alloc(32, 1).toString('base64')}\nnot a key`],
])('%s is no keyring', (_what, text) => {
  expect(readKeyring(text)).toBeUndefined();
});

test('the id of a key does not change with how it is written', () => {
  const text = Buffer.alloc(32, 7).toString('base64');
  expect(keyring(text).current.id).toBe(keyring(` ${text.replace('=', '')} `).current.id);
});
