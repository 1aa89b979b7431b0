import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { canonicalText } from '../manifest/digest.ts';

/** Which value a ciphertext is of. Bound to it: copied to another row, it does not open. */
export interface StoredPlace {
  readonly environment: string;
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  readonly version: number;
}

/** AES-256-GCM with 12 bytes of nonce and 16 of tag: a value under a key of its own, and that key under one of the keyring. */
export interface Envelope {
  /** Id of the key of the keyring. */
  readonly kek: string;
  /** Nonce, ciphertext and tag of the value's own key. */
  readonly wrapped: Buffer;
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

/** The keys that an operator holds outside of the database; the first one is used for what is written. */
export interface Keyring {
  readonly current: KeyEncryptionKey;
  readonly byId: ReadonlyMap<string, KeyEncryptionKey>;
}

export interface KeyEncryptionKey {
  /** Follows from the key, and says nothing of it. */
  readonly id: string;
  readonly key: Buffer;
}

export type Opened =
  | { readonly kind: 'opened'; readonly value: string }
  /** `key_missing`: the keyring does not hold the key. `damaged`: something was changed, cut or copied from elsewhere. */
  | { readonly kind: 'closed'; readonly reason: 'key_missing' | 'damaged'; readonly kek: string };

const algorithm = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts a value under a new key, which is encrypted under the keyring's current one. */
export function seal(value: string, place: StoredPlace, { current }: Keyring): Envelope {
  const own = randomBytes(keyBytes);
  const nonce = randomBytes(nonceBytes);
  const { ciphertext, tag } = encrypted(Buffer.from(value, 'utf8'), {
    key: own,
    nonce,
    bound: boundTo(place, 'value'),
  });
  return { kek: current.id, wrapped: wrap(own, place, current), nonce, ciphertext, tag };
}

/** The value, or why it cannot be had. What the library says of a failure is not passed on. */
export function open(envelope: Envelope, place: StoredPlace, keyring: Keyring): Opened {
  const { kek } = envelope;
  const own = unwrap(envelope, place, keyring);
  if (own === 'key_missing' || own === 'damaged') return { kind: 'closed', reason: own, kek };
  const { nonce, ciphertext, tag } = envelope;
  const bytes = decrypted(ciphertext, { key: own, nonce, tag, bound: boundTo(place, 'value') });
  if (bytes === undefined) return { kind: 'closed', reason: 'damaged', kek };
  return { kind: 'opened', value: bytes.toString('utf8') };
}

/** The same value's key under the keyring's current key. The value itself is not decrypted. */
export function rewrap(
  envelope: Envelope,
  place: StoredPlace,
  keyring: Keyring,
): Pick<Envelope, 'kek' | 'wrapped'> | Exclude<Opened, { kind: 'opened' }> {
  const { kek } = envelope;
  const own = unwrap(envelope, place, keyring);
  if (own === 'key_missing' || own === 'damaged') return { kind: 'closed', reason: own, kek };
  return { kek: keyring.current.id, wrapped: wrap(own, place, keyring.current) };
}

function wrap(own: Buffer, place: StoredPlace, { key }: KeyEncryptionKey): Buffer {
  const nonce = randomBytes(nonceBytes);
  const { ciphertext, tag } = encrypted(own, { key, nonce, bound: boundTo(place, 'key') });
  return Buffer.concat([nonce, ciphertext, tag]);
}

function unwrap({ kek, wrapped }: Envelope, place: StoredPlace, { byId }: Keyring): Buffer | 'key_missing' | 'damaged' {
  const key = byId.get(kek)?.key;
  if (key === undefined) return 'key_missing';
  if (wrapped.length !== nonceBytes + keyBytes + tagBytes) return 'damaged';
  const [nonce, tag] = [wrapped.subarray(0, nonceBytes), wrapped.subarray(nonceBytes + keyBytes)];
  const ciphertext = wrapped.subarray(nonceBytes, nonceBytes + keyBytes);
  return decrypted(ciphertext, { key, nonce, tag, bound: boundTo(place, 'key') }) ?? 'damaged';
}

interface Cipher {
  readonly key: Buffer;
  readonly nonce: Buffer;
  readonly bound: Buffer;
}

function encrypted(
  plain: Buffer,
  { key, nonce, bound }: Cipher,
): { readonly ciphertext: Buffer; readonly tag: Buffer } {
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(bound);
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return { ciphertext, tag: cipher.getAuthTag() };
}

function decrypted(
  ciphertext: Buffer,
  { key, nonce, bound, tag }: Cipher & { readonly tag: Buffer },
): Buffer | undefined {
  // GCM takes shorter tags, which are easier to forge; the length is checked because Node would only warn.
  if (nonce.length !== nonceBytes || tag.length !== tagBytes) return undefined;
  try {
    const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(bound).setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    return undefined; // The tag does not hold: that is all there is to say.
  }
}

function boundTo({ environment, namespace, name, key, version }: StoredPlace, what: 'value' | 'key'): Buffer {
  return Buffer.from(canonicalText([what, environment, namespace, name, key, version]), 'utf8');
}

/** A keyring from base64 keys, one a line, beside comments and empty lines; the first is the current one. */
export function readKeyring(text: string): Keyring | undefined {
  const lines = text.split(/[\r\n,]+/).map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#')).map(keyOf);
  const [current] = keys;
  const known = keys.filter((key) => key !== undefined);
  if (current === undefined || known.length !== keys.length) return undefined;
  return { current, byId: new Map(known.map((key) => [key.id, key])) };
}

function keyOf(line: string): KeyEncryptionKey | undefined {
  const key = Buffer.from(line, 'base64');
  // Node decodes whatever it is given: what does not come out as it went in is no base64.
  const isKey = key.length === keyBytes && key.toString('base64').replace(/=+$/, '') === line.replace(/=+$/, '');
  if (!isKey) return undefined;
  return { id: createHash('sha256').update('pawl key id').update(key).digest('hex').slice(0, 12), key };
}

/** The text of a new key's file. */
export function newKeyText(): string {
  return `# Encrypts the secrets that pawl stores. Without it they are lost; who has it and the database reads them.\n${randomBytes(keyBytes).toString('base64')}\n`;
}
