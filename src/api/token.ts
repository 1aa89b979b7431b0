import { createHash, randomBytes } from 'node:crypto';

/** A new token: what its owner is told once, and what is kept of it. */
export interface MintedToken {
  readonly id: string;
  /** `pawl_<id>_<secret>`: scanners for leaked credentials know it by its form. */
  readonly token: string;
  readonly digest: string;
}

export function mintToken(): MintedToken {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { id, token: `pawl_${id}_${secret}`, digest: digestOf(secret) };
}

const form = /^pawl_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/** The parts of a text that has the form of a token, its secret as the digest alone. */
export function parseToken(text: string): { readonly id: string; readonly digest: string } | undefined {
  const [, id, secret] = form.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, digest: digestOf(secret) };
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
