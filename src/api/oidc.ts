import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { JsonObject } from '../manifest/json.ts';
import { own } from '../manifest/json.ts';
import type { Prove, Proved } from './identity.ts';
import { OidcProvider } from './oidc-provider.ts';

export interface OidcOptions {
  readonly issuer: string;
  readonly audience: string;
  /** The claim that a person is named by. */
  readonly nameClaim: string;
  readonly now?: () => Date;
}

/** Signatures that a public key checks: with a shared secret, whoever can check could also sign. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const tokenBytesMax = 16 * 1024;
const clockToleranceSeconds = 60;

/** Tokens of an identity provider, by its published keys: for this audience, of this issuer, in their time. */
export function oidcTokens(options: OidcOptions): Prove {
  const provider = new OidcProvider(options.issuer);
  return async (token) => {
    // What is no such token costs no look at the provider.
    if (token.length > tokenBytesMax || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return { refused: 'unknown' };
    try {
      const { payload } = await jwtVerify(token, await provider.keys(), {
        issuer: options.issuer,
        audience: options.audience,
        algorithms,
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp', 'iat', 'sub'],
        ...(options.now === undefined ? {} : { currentDate: options.now() }),
      });
      return personOf(payload, options);
    } catch (error) {
      return { refused: `oidc ${reasonOf(error)}` };
    }
  };
}

/** Why the keys of a provider cannot be had; undefined: they can. */
export async function providerFault(issuer: string): Promise<string | undefined> {
  try {
    const keys = await new OidcProvider(issuer).keys();
    await keys.reload();
    return undefined;
  } catch (error) {
    if (error instanceof errors.JOSEError) return error.code;
    const why = error instanceof Error ? error.message : String(error);
    return why === 'fetch failed' ? 'it does not answer' : why;
  }
}

function personOf(payload: JWTPayload, { issuer, nameClaim }: OidcOptions): Proved {
  const values = payload as JsonObject;
  const claimed = own(values, nameClaim);
  if (typeof claimed !== 'string' || !isName(claimed)) return { refused: `oidc without a usable ${nameClaim}` };
  // Whoever may choose their address there unverified could take another's name here.
  if (nameClaim === 'email' && own(values, 'email_verified') !== true) return { refused: 'oidc email_verified' };
  // Anything but a verified address could be written like a login of GitHub or the owner of a token.
  const name = nameClaim === 'email' ? claimed : `oidc:${claimed}`;
  return { person: { name, proof: 'oidc', groups: [], claims: { issuer, values }, roles: [] } };
}

function isName(text: string): boolean {
  return text.length <= 200 && text.trim() === text && text !== '' && !/[\p{Cc}\p{Cf}]/u.test(text);
}

/** Names of checks, never a part of the token. */
export function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `claim ${error.claim}`;
  if (error instanceof errors.JOSEError) return error.code;
  return 'provider unreachable';
}
