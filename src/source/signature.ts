/** Whose signatures count, as the files of a commit say. */
export interface SigningKeys {
  /** In the form of OpenSSH's `allowed_signers`. */
  readonly allowedSigners?: Uint8Array | undefined;
  /** Public SSH keys, or a key revocation list. */
  readonly revokedSigners?: Uint8Array | undefined;
  /** OpenPGP public keys with their revocations, in ASCII armour. */
  readonly keyring?: Uint8Array | undefined;
  /** The same of the forge, which signs what people do on its pages. */
  readonly forgeKeys?: Uint8Array | undefined;
}

/** Why a commit's signature does not count, from what says most to what says least. */
export const signatureFaults = {
  unsigned: 'is not signed',
  bad: 'has a signature that is not of its content: it was changed after signing, or the signature was copied',
  revoked: 'is signed with a key that was revoked',
  expired: 'is signed with a key outside the time in which it is valid',
  namespace: 'is signed with a key that may not sign commits',
  unknown: 'is signed by nobody who may sign',
  unsupported: 'has a signature of a kind that is not verified here',
  'verifier-missing': 'cannot be verified',
} as const;

export type SignatureFault = keyof typeof signatureFaults;

export type SignatureVerdict =
  | {
      readonly kind: 'good';
      /** Who the base's own files say that the key is of. */
      readonly by: string;
      /** By a key of the forge: it says that somebody who may write did it on the forge's pages, and not who. */
      readonly isForge: boolean;
    }
  | { readonly kind: 'refused'; readonly fault: SignatureFault; readonly detail?: string };

/** What a commit's own text says of how it is signed. */
export function signatureKind(commit: string): 'none' | 'ssh' | 'openpgp' | 'other' {
  const first = signatureText(commit)?.split('\n', 1)[0];
  if (first === undefined) return 'none';
  if (first === '-----BEGIN SSH SIGNATURE-----') return 'ssh';
  return first === '-----BEGIN PGP SIGNATURE-----' || first === '-----BEGIN PGP MESSAGE-----' ? 'openpgp' : 'other';
}

/** The signature, from the header of the commit. */
export function signatureText(commit: string): string | undefined {
  const end = commit.indexOf('\n\n');
  const head = end === -1 ? commit : commit.slice(0, end + 1);
  const found = /^gpgsig (.*(?:\n .*)*)/m.exec(head)?.[1];
  return found?.replaceAll('\n ', '\n');
}
