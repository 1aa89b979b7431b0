import { resolve } from 'node:path';
import type { StoredKeys } from './tools/secret-keyring.ts';
import { type Environment, foldersOf, listOf, textOf } from './environment.ts';
import { exitCodes, TerminalError } from './errors.ts';

export interface SecretSettings {
  /** The variables that a Secret of source `env` may name, and nothing else of the environment. */
  readonly variables: ReadonlyMap<string, string>;
  /** The folders whose files a Secret of source `file` may name. */
  readonly folders: readonly string[];
  /** What decrypts Secrets of source `age`. */
  readonly ageKeys:
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'text'; readonly text: string }
    | undefined;
  /** What Secrets of source `stored` are encrypted under. */
  readonly storedKeys: StoredKeys | undefined;
}

const secretPrefix = 'PAWL_SECRET_';

/** What manifests may name values of secrets in, from the environment. `ownKeyFile` is for a database of one process. */
export function readSecretSettings(environment: Environment, ownKeyFile?: string): SecretSettings {
  return {
    variables: readSecretVariables(environment),
    folders: readSecretFolders(environment),
    ageKeys: readAgeKeys(environment),
    storedKeys: readStoredKeys(environment, ownKeyFile),
  };
}

/** They hold names and keys of pawl's own, not values that a manifest may name. */
const ownVariables: ReadonlySet<string> = new Set([
  'PAWL_SECRET_ENV',
  'PAWL_SECRET_FILES',
  'PAWL_AGE_KEY',
  'PAWL_AGE_KEY_FILE',
  'PAWL_SECRET_KEY',
  'PAWL_SECRET_KEY_FILE',
  'PAWL_TOKEN',
  'PAWL_TOKEN_FILE',
]);

function readSecretVariables(environment: Environment): ReadonlyMap<string, string> {
  const listed = new Set(listOf(environment, 'PAWL_SECRET_ENV'));
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || ownVariables.has(name)) continue;
    if (name.startsWith(secretPrefix) || listed.has(name)) variables.set(name, value);
  }
  return variables;
}

function readSecretFolders(environment: Environment): readonly string[] {
  const help = 'Set it to folders that hold secrets and nothing else, with commas between them.';
  const folders = foldersOf(environment, 'PAWL_SECRET_FILES', help);
  return folders.length === 0 ? ['/run/secrets'] : folders;
}

function readAgeKeys(environment: Environment): SecretSettings['ageKeys'] {
  const [text, path] = [textOf(environment, 'PAWL_AGE_KEY'), textOf(environment, 'PAWL_AGE_KEY_FILE')];
  if (text !== undefined && path !== undefined) {
    throw new TerminalError('PAWL_AGE_KEY and PAWL_AGE_KEY_FILE are both set.', {
      code: 'config.contradiction',
      help: 'Unset PAWL_AGE_KEY: a file can be replaced without a restart.',
      exit: exitCodes.usage,
    });
  }
  if (path !== undefined) return { kind: 'file', path: resolve(path) };
  return text === undefined ? undefined : { kind: 'text', text };
}

function readStoredKeys(environment: Environment, ownKeyFile: string | undefined): StoredKeys | undefined {
  const [text, path] = [textOf(environment, 'PAWL_SECRET_KEY'), textOf(environment, 'PAWL_SECRET_KEY_FILE')];
  if (text !== undefined && path !== undefined) {
    throw new TerminalError('PAWL_SECRET_KEY and PAWL_SECRET_KEY_FILE are both set.', {
      code: 'config.contradiction',
      help: 'Unset PAWL_SECRET_KEY: a file can be replaced without a restart.',
      exit: exitCodes.usage,
    });
  }
  if (path !== undefined) return { kind: 'file', path: resolve(path) };
  if (text !== undefined) return { kind: 'text', text };
  return ownKeyFile === undefined ? undefined : { kind: 'file', path: ownKeyFile, isMade: true };
}
