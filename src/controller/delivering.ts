import { isPawlError } from '../errors.ts';
import { qualify } from '../manifest/reference.ts';
import type { SecretRef } from '../manifest/types.gen.ts';
import type { Database } from '../store/database-port.ts';
import { type LiveReceiver, readSecretSpec } from '../store/receiver.ts';
import type { AlertMessage } from './alert-message.ts';
import { messageId, payloadOf, signed } from './signed-webhook.ts';
import { renderSlack } from './slack.ts';

/** One exchange with the world outside, under the same guard as calls of tools; wired by the app. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly allowPrivate: boolean;
  readonly deadlineMs: number;
  readonly responseBytesMax: number;
  readonly signal: AbortSignal;
}

export type Posted =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfter: string | undefined;
      readonly body: string;
    }
  | { readonly kind: 'failed'; readonly message: string; readonly sent: boolean };

/** Where one value of a Secret is. */
export interface SecretLookup {
  readonly environment: string;
  /** `namespace/name`. */
  readonly secret: string;
  readonly key: string;
  readonly source: 'env' | 'file' | 'age' | 'stored';
  readonly keys: Readonly<Record<string, string>>;
}

/** What sending needs of the world, as the app gives it. */
export interface Delivering {
  readonly database: Database;
  readonly post: (request: Post) => Promise<Posted>;
  /** Reads a value anew. Rejects with a code and names, never with anything that was read. */
  readonly readSecret: (lookup: SecretLookup) => Promise<string>;
  readonly publicUrl?: string | undefined;
}

export type Answer =
  | { readonly kind: 'delivered'; readonly status: number }
  | {
      readonly kind: 'failed';
      /** Without secrets. */
      readonly message: string;
      /** It may have arrived all the same. */
      readonly reached: boolean;
      readonly retryAfterMs?: number;
    };

export interface Sending {
  readonly environment: string;
  readonly receiver: LiveReceiver;
  readonly message: AlertMessage;
  readonly createdAt: Date;
  readonly signal: AbortSignal;
  readonly isTest?: boolean;
}

const deadlineMs = 10_000;
const responseBytesMax = 16 * 1024;

/** Sends one message to one receiver, once. Never throws. */
export async function post(with_: Delivering, sending: Sending): Promise<Answer> {
  try {
    const request = await requestOf(with_, sending);
    const { signal } = sending;
    return answerOf(await with_.post({ ...request, deadlineMs, responseBytesMax, signal }));
  } catch (error) {
    // A secret that is not there, or is not what its receiver needs: nothing was sent.
    const message = isPawlError(error) ? `${error.message} (${error.code})` : 'The message could not be made.';
    return { kind: 'failed', message, reached: false };
  }
}

type Request = Pick<Post, 'url' | 'headers' | 'body' | 'allowPrivate'>;

async function requestOf(with_: Delivering, sending: Sending): Promise<Request> {
  const { receiver, message, publicUrl } = { ...sending, publicUrl: with_.publicUrl };
  const { spec } = receiver;
  const secret = await secretOf(with_, sending, spec.secretRef);
  if (spec.webhook === undefined) {
    const body = JSON.stringify(renderSlack(message, { channel: spec.slack?.channel, publicUrl }));
    return { url: secret, headers: { 'content-type': 'application/json' }, body, allowPrivate: false };
  }
  const now = new Date();
  const payload = payloadOf(message, { now, publicUrl, isTest: sending.isTest === true });
  const id = messageId({ ...sending, receiver: receiver.name });
  const { url, allowPrivate } = spec.webhook;
  return { url, allowPrivate, ...signed(payload, { id, secret, now }) };
}

/** Resolved at the moment of sending: what an operator rotates holds from the next message on. */
async function secretOf(
  { database, readSecret }: Delivering,
  { environment, receiver }: Sending,
  reference: SecretRef | undefined,
): Promise<string> {
  if (reference === undefined) return '';
  const [namespace = ''] = receiver.name.split('/');
  const secret = qualify(reference.name, namespace);
  const spec = await readSecretSpec(database.db, environment, secret);
  const { source = 'env', keys = {} } = spec ?? {};
  return await readSecret({ environment, secret, key: reference.key, source, keys });
}

/** Nothing of an answer's body is kept: a receiver may echo what it was sent. */
function answerOf(posted: Posted): Answer {
  if (posted.kind === 'failed') return { kind: 'failed', message: posted.message, reached: posted.sent };
  const { status, retryAfter } = posted;
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  const retryAfterMs = status === 429 || status === 503 ? secondsIn(retryAfter) : undefined;
  const message =
    status >= 300 && status < 400
      ? `The receiver answered ${status}: redirects are not followed.`
      : `The receiver answered ${status}.`;
  return {
    kind: 'failed',
    message,
    // Whoever refuses a request has not acted on it.
    reached: status >= 500,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function secondsIn(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,6}$/.test(text) ? Number(text) * 1_000 : undefined;
}
