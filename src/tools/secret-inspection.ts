import { access, constants } from 'node:fs/promises';
import type { AgeKeys } from './secret-reading.ts';
import { keyringOf, type StoredKeys } from './secret-keyring.ts';
import type { SecretSourceOptions } from './secret-source.ts';

/** What a worker could read values of secrets from. No value is read. */
export interface SecretInspection {
  readonly variables: readonly string[];
  readonly folders: readonly FolderInspection[];
  readonly ageKey: { readonly fault?: string; readonly recipients: readonly string[] } | undefined;
  /** Ids of the keys that stored values are encrypted under, the current one first. */
  readonly storedKeys: { readonly fault?: string; readonly ids: readonly string[] } | undefined;
}

interface FolderInspection {
  readonly path: string;
  readonly fault: string | undefined;
  /** Nobody asked for it: that it is not there is nothing to report. */
  readonly byDefault: boolean;
}

type Inspected = SecretSourceOptions & { readonly storedKeys?: StoredKeys | undefined };

export async function inspectSecretSource(options: Inspected): Promise<SecretInspection> {
  return {
    variables: [...options.variables.keys()].sort(),
    folders: await Promise.all(options.folders.map(inspectFolder)),
    ageKey: options.ageKeys === undefined ? undefined : await inspectAgeKeys(options.ageKeys),
    storedKeys: await inspectStoredKeys(options.storedKeys),
  };
}

/** A file that is made when it is first needed is not missing. */
async function inspectStoredKeys(keys: StoredKeys | undefined): Promise<SecretInspection['storedKeys']> {
  const ring = await keyringOf(keys);
  if (!('kind' in ring)) return { ids: [...ring.byId.keys()] };
  const isOptional =
    keys === undefined || (keys.kind === 'file' && keys.isMade === true && ring.reason === 'stored_key_unreadable');
  return isOptional ? undefined : { fault: ring.why, ids: [] };
}

async function inspectFolder(path: string): Promise<FolderInspection> {
  const byDefault = path === '/run/secrets';
  try {
    await access(path, constants.R_OK | constants.X_OK);
    return { path, fault: undefined, byDefault };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    return { path, fault: `${path} cannot be read (${code})`, byDefault };
  }
}

async function inspectAgeKeys(keys: AgeKeys): Promise<NonNullable<SecretInspection['ageKey']>> {
  const [{ identityToRecipient }, { readIdentities }] = await Promise.all([
    import('age-encryption'),
    import('./secret-age.ts'),
  ]);
  const found = await readIdentities(keys);
  if (found.kind === 'unread') return { fault: found.why, recipients: [] };
  return { recipients: await Promise.all(found.identities.map((identity) => identityToRecipient(identity))) };
}
