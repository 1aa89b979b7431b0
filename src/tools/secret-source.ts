import { readSecretFile } from './secret-file.ts';
import type { StoredValues } from './secret-stored.ts';
import { type AgeKeys, type SecretReading, type SecretSource, unread } from './secret-reading.ts';

/** What a worker's operator opens to manifests. */
export interface SecretSourceOptions {
  /** Variables that a Secret may name, and nothing else of the environment. */
  readonly variables: ReadonlyMap<string, string>;
  /** Folders in whose files a Secret may name values. */
  readonly folders: readonly string[];
  readonly ageKeys: AgeKeys | undefined;
  /** Absent: this process has no database to read stored values from. */
  readonly stored?: StoredValues;
}

/** Without its limits, a manifest could name the variable or the file that holds the database's URL. */
export function secretSource({ variables, folders, ageKeys, stored }: SecretSourceOptions): SecretSource {
  const reserved = [ageKeys, stored?.keys].flatMap((keys) => (keys?.kind === 'file' ? [keys.path] : []));
  return async ({ source, at, stored: name }) => {
    switch (source) {
      case 'env':
        return readVariable(at, variables);
      case 'file':
        return readSecretFile(at, { folders, reserved });
      case 'age': {
        // Loaded when used: the ciphers take as long to load as the rest of a worker.
        const { decryptSecret } = await import('./secret-age.ts');
        return decryptSecret(at, ageKeys);
      }
      case 'stored': {
        if (stored === undefined || name === undefined)
          return unread(
            'stored_not_read',
            'only workers and webhooks read stored values; a replay on this machine does not',
          );
        const { readStoredSecret } = await import('./secret-stored.ts');
        return readStoredSecret(name, stored);
      }
    }
  };
}

function readVariable(name: string, variables: ReadonlyMap<string, string>): SecretReading {
  const value = variables.get(name);
  if (value !== undefined) return { kind: 'read', value };
  return unread(
    'env_missing',
    `the worker has no ${name}, or its name is neither PAWL_SECRET_… nor in PAWL_SECRET_ENV`,
  );
}
