import { open, readFile } from 'node:fs/promises';
import { type Keyring, newKeyText, readKeyring } from './secret-envelope.ts';
import { type Unread, unread } from './secret-reading.ts';

/** Where the keys are that stored secrets are encrypted under. */
export type StoredKeys =
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Made when a value is first stored: of the embedded database, which nobody shares. */
      readonly isMade?: boolean;
    }
  | { readonly kind: 'text'; readonly text: string };

/** Read anew each time: a key that is added or taken away needs no restart. */
export async function keyringOf(keys: StoredKeys | undefined): Promise<Keyring | Unread> {
  if (keys === undefined) return unread('stored_no_key', 'neither PAWL_SECRET_KEY_FILE nor PAWL_SECRET_KEY is set');
  const text = keys.kind === 'text' ? keys.text : await textOf(keys.path);
  if (typeof text !== 'string') return text;
  const name = keys.kind === 'text' ? 'PAWL_SECRET_KEY' : keys.path;
  return (
    readKeyring(text) ?? unread('stored_key_invalid', `${name} holds something that is no key of 32 bytes in base64`)
  );
}

async function textOf(path: string): Promise<string | Unread> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    return unread('stored_key_unreadable', `the key file ${path} cannot be read (${codeOf(cause)})`);
  }
}

/** Makes the key file where there is none and one may be made; true: it was made. */
export async function makeKeyFile(keys: StoredKeys | undefined): Promise<boolean> {
  if (keys?.kind !== 'file' || keys.isMade !== true) return false;
  try {
    const file = await open(keys.path, 'wx', 0o600);
    await file.writeFile(newKeyText()).finally(() => file.close());
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false;
    throw cause;
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
}
