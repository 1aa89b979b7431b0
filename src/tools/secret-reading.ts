import type { Bundle } from '../manifest/bundle.ts';

/** Where one value of a Secret is: a variable's name, a file's path or an `age` ciphertext, by the Secret's source. */
export interface SecretPlace {
  readonly source: Bundle['secrets'][string]['source'];
  readonly at: string;
  /** Of `stored`: which value it is. */
  readonly stored?: StoredName;
}

export interface StoredName {
  readonly environment: string;
  /** `namespace/name` of the Secret. */
  readonly secret: string;
  readonly key: string;
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

/** Where the worker has the identities that ciphertexts in Git are decrypted with. */
export type AgeKeys =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'text'; readonly text: string };

/** More than any credential has; a larger value was named by mistake. */
export const secretBytesMax = 64 * 1024;

export function unread(reason: string, why: string): Unread {
  return { kind: 'unread', reason, why };
}

export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined; // The decoder is fatal on purpose: another secret than the one that was written would be sent.
  }
}
