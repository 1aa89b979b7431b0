import { createHash } from 'node:crypto';
import type { Signatures } from '../manifest/rules.ts';
import { treePath } from '../manifest/tree-path.ts';
import type { Repository } from '../source/repository.ts';
import type { SigningKeys } from '../source/signature.ts';

/** The files that `signatures` of pawl.yaml names, as one commit holds them. */
export interface KeyFiles {
  readonly keys: SigningKeys;
  /** The same files have the same. */
  readonly digest: string;
  /** Paths that are named and are no file there, or too large a one. */
  readonly absent: readonly string[];
}

const fileBytesMax = 256 * 1024;
const names = ['allowedSigners', 'revokedSigners', 'keyring', 'forgeKeys'] as const;

/** Reads whose signatures count, of one commit. */
export async function keyFilesAt(repository: Repository, commit: string, signatures: Signatures): Promise<KeyFiles> {
  const paths = names.map((name) => (signatures[name] === undefined ? undefined : treePath(signatures[name])));
  const asked = paths.filter((path) => path !== undefined);
  const entries = asked.length === 0 ? [] : await repository.entries(commit, asked);
  const files = new Map(
    entries.filter(({ kind, size }) => kind === 'file' && size <= fileBytesMax).map(({ path, id }) => [path, id]),
  );
  const ids = [...new Set(asked.flatMap((path) => files.get(path) ?? []))];
  const blobs = await repository.read(ids, fileBytesMax);
  const keys = Object.fromEntries(
    names.map((name, index) => [name, blobs.get(files.get(paths[index] ?? '') ?? '')]),
  ) as SigningKeys;
  const spelled = names.map((name, index) => [name, files.get(paths[index] ?? '') ?? null]);
  return {
    keys,
    digest: createHash('sha256').update(JSON.stringify(spelled)).digest('hex'),
    absent: asked.filter((path) => !files.has(path)),
  };
}
