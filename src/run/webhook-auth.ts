import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { parseDuration } from '../manifest/duration.ts';
import type { TaskWebhook } from '../manifest/types.gen.ts';

export type WebhookAuth = TaskWebhook['spec']['auth'];

export interface SignedRequest {
  /** The body as it came: a signature is of bytes, not of what they mean. */
  readonly body: Uint8Array;
  /** Of a header's name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly now: Date;
}

const toleranceMsDefault = 300_000;

/** Whether the request proves that its sender knows the secret. It takes as long whether it does or not. */
export function isAuthentic(auth: WebhookAuth, secret: string, request: SignedRequest): boolean {
  switch (auth.profile) {
    case 'github':
      return hasSignature(request, { header: 'x-hub-signature-256', prefix: 'sha256=', secret });
    case 'gitlab':
      return isToken(request.headers['x-gitlab-token'], secret);
    case 'sharedToken':
      return isToken(request.headers[(auth.tokenHeader ?? '').toLowerCase()], secret);
    case 'generic':
      return isGeneric(auth, secret, request);
  }
}

function isGeneric(auth: WebhookAuth, secret: string, request: SignedRequest): boolean {
  const { signatureHeader = '', signaturePrefix = '', algorithm = 'sha256', encoding = 'hex' } = auth;
  const time = auth.timestampHeader === undefined ? undefined : request.headers[auth.timestampHeader.toLowerCase()];
  const isSigned = hasSignature(request, {
    header: signatureHeader.toLowerCase(),
    prefix: signaturePrefix,
    secret,
    algorithm,
    encoding,
    before: auth.timestampHeader === undefined ? '' : `${time ?? ''}.`,
  });
  if (auth.timestampHeader === undefined) return isSigned;
  return isSigned && isRecent(time, parseDuration(auth.tolerance ?? '') ?? toleranceMsDefault, request.now);
}

/** Seconds since 1970, as senders write them: nothing but digits. */
function isRecent(time: string | undefined, toleranceMs: number, now: Date): boolean {
  if (time === undefined || !/^[0-9]{1,12}$/.test(time)) return false;
  return Math.abs(Number(time) * 1_000 - now.getTime()) <= toleranceMs;
}

interface Signing {
  readonly header: string;
  readonly prefix: string;
  readonly secret: string;
  readonly algorithm?: 'sha256' | 'sha512';
  readonly encoding?: 'hex' | 'base64';
  /** What is signed in front of the body. */
  readonly before?: string;
}

function hasSignature({ body, headers }: SignedRequest, signing: Signing): boolean {
  const { header, prefix, secret, algorithm = 'sha256', encoding = 'hex', before = '' } = signing;
  const wanted = createHmac(algorithm, secret).update(before).update(body).digest();
  const given = headers[header] ?? '';
  const isPrefixed = given.startsWith(prefix);
  const signature = decoded(given.slice(prefix.length), encoding);
  return sameBytes(signature, wanted) && isPrefixed;
}

/** Decoders skip what is not theirs; a signature is written in one way. */
function decoded(text: string, encoding: 'hex' | 'base64'): Uint8Array {
  const isWhole = encoding === 'hex' ? /^[0-9a-fA-F]*$/.test(text) : /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return isWhole ? Buffer.from(text, encoding) : Buffer.alloc(0);
}

function isToken(given: string | undefined, secret: string): boolean {
  return sameBytes(Buffer.from(given ?? '', 'utf8'), Buffer.from(secret, 'utf8')) && given !== undefined;
}

const key = randomBytes(32);

/** Compares digests under a key of this process, so that neither the length nor the place of a difference shows. */
function sameBytes(given: Uint8Array, wanted: Uint8Array): boolean {
  const [left, right] = [given, wanted].map((bytes) => createHmac('sha256', key).update(bytes).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}

/** The work of a check for a webhook that is not there, so that the answer takes as long. */
export function pretendToCheck(request: SignedRequest): void {
  hasSignature(request, { header: 'x-hub-signature-256', prefix: 'sha256=', secret: key.toString('hex') });
}

/** What names the delivery: the header's value, else the digest of the body. */
export function deliveryId(
  { profile, header }: { readonly profile: WebhookAuth['profile']; readonly header: string | undefined },
  { body, headers }: SignedRequest,
): string {
  const usual = profile === 'github' ? 'x-github-delivery' : profile === 'gitlab' ? 'x-gitlab-event-uuid' : undefined;
  const name = header?.toLowerCase() ?? usual;
  const given = name === undefined ? undefined : headers[name];
  if (given !== undefined && /^[!-~]{1,200}$/.test(given)) return given;
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}
