import { access, constants } from 'node:fs/promises';
import type { AgeKeys } from './secret-reading.ts';
import type { SecretSourceOptions } from './secret-source.ts';

/** What a worker could read values of secrets from. No value is read. */
export interface SecretInspection {
  readonly variables: readonly string[];
  readonly folders: readonly FolderInspection[];
  readonly ageKey: { readonly fault?: string; readonly recipients: readonly string[] } | undefined;
}

interface FolderInspection {
  readonly path: string;
  readonly fault: string | undefined;
  /** Nobody asked for it: that it is not there is nothing to report. */
  readonly byDefault: boolean;
}

export async function inspectSecretSource(options: SecretSourceOptions): Promise<SecretInspection> {
  return {
    variables: [...options.variables.keys()].sort(),
    folders: await Promise.all(options.folders.map(inspectFolder)),
    ageKey: options.ageKeys === undefined ? undefined : await inspectAgeKeys(options.ageKeys),
  };
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
