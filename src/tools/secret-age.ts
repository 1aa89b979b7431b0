import { readFile, stat } from 'node:fs/promises';
import { armor, Decrypter } from 'age-encryption';
import { ageFault } from '../manifest/age-file.ts';
import { type AgeKeys, type SecretReading, secretBytesMax, textOf, type Unread, unread } from './secret-reading.ts';

const keyBytesMax = 64 * 1024;
const identitiesMax = 20;
/** A decryption takes some milliseconds of the worker, and every run needs every value to keep it out of outputs. */
const keptMax = 256;
const kept = new Map<string, string>();

/** The plain text of a ciphertext from Git. What the library says of a failure is not passed on. */
export async function decryptSecret(ciphertext: string, keys: AgeKeys | undefined): Promise<SecretReading> {
  if (keys === undefined) return unread('age_no_key', 'the worker has neither PAWL_AGE_KEY_FILE nor PAWL_AGE_KEY');
  const fault = ageFault(ciphertext);
  if (fault !== undefined) return unread('age_damaged', `the ciphertext ${fault}`);
  const found = await readIdentities(keys);
  if (found.kind === 'unread') return found;
  const { identities } = found;
  // Under another key than the one it was decrypted with, nothing that is kept is found.
  const slot = [...identities, ciphertext].join('\n');
  const value = kept.get(slot) ?? (await decrypt(ciphertext, identities));
  if (typeof value !== 'string') return value;
  kept.delete(slot);
  kept.set(slot, value);
  for (const oldest of kept.keys()) {
    if (kept.size <= keptMax) break;
    kept.delete(oldest);
  }
  return { kind: 'read', value };
}

async function decrypt(ciphertext: string, identities: readonly string[]): Promise<string | Unread> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  const file = armor.decode(ciphertext);
  try {
    await decrypter.decryptHeader(file);
  } catch {
    return unread('age_not_for_this_key', 'the ciphertext is for none of the worker’s age keys, or was changed');
  }
  try {
    const bytes = await decrypter.decrypt(file);
    const text = bytes.byteLength > secretBytesMax ? undefined : textOf(bytes);
    return text ?? unread('age_damaged', 'what was encrypted is not UTF-8 text of a credential’s size');
  } catch {
    return unread('age_damaged', 'the ciphertext was cut or changed');
  }
}

interface Identities {
  readonly kind: 'identities';
  readonly identities: readonly string[];
}

/** The identities of a key file: one a line, beside comments and empty lines. */
export async function readIdentities(keys: AgeKeys): Promise<Identities | Unread> {
  const text = keys.kind === 'text' ? keys.text : await keyFileText(keys.path);
  if (typeof text !== 'string') return text;
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const name = keys.kind === 'text' ? 'PAWL_AGE_KEY' : keys.path;
  if (identities.length === 0) return unread('age_no_key', `${name} holds no age identity`);
  if (identities.length > identitiesMax) return unread('age_key_invalid', `${name} holds too many identities`);
  if (identities.every(isIdentity)) return { kind: 'identities', identities };
  return unread('age_key_invalid', `${name} holds a line that is no X25519 identity (AGE-SECRET-KEY-1…)`);
}

function isIdentity(line: string): boolean {
  if (!/^AGE-SECRET-KEY-1[0-9A-Z]{58}$/.test(line)) return false;
  try {
    new Decrypter().addIdentity(line);
    return true;
  } catch {
    return false; // The checksum does not hold; the library's message could quote the line.
  }
}

async function keyFileText(path: string): Promise<string | Unread> {
  try {
    const { size } = await stat(path);
    if (size > keyBytesMax) return unread('age_key_invalid', `${path} is larger than any key file`);
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    return unread('age_key_unreadable', `the key file ${path} cannot be read (${code})`);
  }
}
