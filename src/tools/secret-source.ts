import type { Bundle } from '../manifest/bundle.ts';
import type { AgeKeys } from './secret-age.ts';
import { readSecretFile } from './secret-file.ts';

/** Where one value of a Secret is: a variable's name, a file's path or an `age` ciphertext, by the Secret's source. */
export interface SecretPlace {
  readonly source: Bundle['secrets'][string]['source'];
  readonly at: string;
}

/** `reason` is a stable word for people and tests; `why` names variables and paths, never anything that was read. */
export type SecretReading = { readonly kind: 'read'; readonly value: string } | Unread;

export interface Unread {
  readonly kind: 'unread';
  readonly reason: string;
  readonly why: string;
}

/** Reads one value, every time anew: what an operator rotates is used from the next call on. */
export type SecretSource = (place: SecretPlace) => Promise<SecretReading>;

/** What a worker's operator opens to manifests. */
export interface SecretSourceOptions {
  /** Variables that a Secret may name, and nothing else of the environment. */
  readonly variables: ReadonlyMap<string, string>;
  /** Folders in whose files a Secret may name values. */
  readonly folders: readonly string[];
  readonly ageKeys: AgeKeys | undefined;
}

/** Without its limits, a manifest could name the variable or the file that holds the database's URL. */
export function secretSource({ variables, folders, ageKeys }: SecretSourceOptions): SecretSource {
  const reserved = ageKeys?.kind === 'file' ? [ageKeys.path] : [];
  return async ({ source, at }) => {
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
    }
  };
}

function readVariable(name: string, variables: ReadonlyMap<string, string>): SecretReading {
  const value = variables.get(name);
  if (value !== undefined) return { kind: 'read', value };
  const why = `the worker has no ${name}, or its name is neither PAWL_SECRET_… nor in PAWL_SECRET_ENV`;
  return { kind: 'unread', reason: 'env_missing', why };
}
