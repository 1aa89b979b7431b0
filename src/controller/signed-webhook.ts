import { createHash, createHmac } from 'node:crypto';
import { neutral } from '../manifest/neutral.ts';
import type { AlertMessage } from './alert-message.ts';
import { linkOf } from './alert-message.ts';

/** What a webhook gets: `schemas/output/alert.schema.json` says it. */
export interface AlertPayload {
  readonly format_version: '1';
  /** As Standard Webhooks names it. */
  readonly type: 'alert.firing' | 'alert.resolved' | 'alert.test';
  readonly timestamp: string;
  readonly data: {
    readonly environment: string;
    readonly key: string;
    readonly fingerprint: string;
    readonly episode: number;
    readonly kind: string;
    readonly severity: string;
    readonly title: string;
    readonly text: string;
    readonly reason?: string;
    readonly commit?: string;
    readonly since: string;
    readonly resolved_at?: string;
    readonly found: readonly { what: string; how: string; by?: string; at?: string }[];
    readonly more: number;
    readonly ways: readonly { text: string; command?: string }[];
    readonly url?: string;
  };
}

/** Of one message: the same however often it is sent, so that a receiver can tell a second delivery. */
export function messageId({ environment, receiver, message, createdAt }: Identified): string {
  const { key, episode, fingerprint, phase } = message;
  const parts = [environment, receiver, key, episode, fingerprint, phase, createdAt.toISOString()];
  return `msg_${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`;
}

interface Identified {
  readonly environment: string;
  readonly receiver: string;
  readonly message: Pick<AlertMessage, 'key' | 'episode' | 'fingerprint' | 'phase'>;
  readonly createdAt: Date;
}

export interface SignedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Signs a body as Standard Webhooks says (https://github.com/standard-webhooks/standard-webhooks, spec 1.0.0):
 * HMAC-SHA256 over `id.timestamp.body`, in base64. A secret of the form `whsec_…` is the key in base64; any other is the
 * key itself. The same is given in hexadecimal over `timestamp.body`, for receivers that pawl's own TaskWebhooks are.
 */
export function signed(
  payload: AlertPayload,
  { id, secret, now }: { readonly id: string; readonly secret: string; readonly now: Date },
): SignedRequest {
  const body = JSON.stringify(payload);
  const timestamp = String(Math.floor(now.getTime() / 1_000));
  const key = keyOf(secret);
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const plain = createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex');
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
      'x-pawl-timestamp': timestamp,
      'x-pawl-signature-256': `sha256=${plain}`,
    },
  };
}

function keyOf(secret: string): Buffer {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  return encoded === undefined ? Buffer.from(secret, 'utf8') : Buffer.from(encoded, 'base64');
}

/** What is told, as JSON. Text from outside holds nothing that a terminal or a reader could be misled by. */
export function payloadOf(
  message: AlertMessage,
  {
    now,
    publicUrl,
    isTest = false,
  }: { readonly now: Date; readonly publicUrl?: string | undefined; readonly isTest?: boolean },
): AlertPayload {
  const { environment, key, fingerprint, episode, severity, content, since, resolvedAt, phase } = message;
  const { kind, title, text, reason, commit, found, more, ways } = content;
  const url = linkOf(message, publicUrl);
  return {
    format_version: '1',
    type: isTest ? 'alert.test' : `alert.${phase}`,
    timestamp: now.toISOString(),
    data: {
      environment,
      key,
      fingerprint,
      episode,
      kind,
      severity,
      title: neutral(title),
      text: neutral(text),
      ...(reason === undefined ? {} : { reason }),
      ...(commit === undefined ? {} : { commit }),
      since,
      ...(resolvedAt === undefined ? {} : { resolved_at: resolvedAt }),
      found: found.map(({ what, how, by, at }) => ({
        what: neutral(what),
        how: neutral(how),
        ...(by === undefined ? {} : { by: neutral(by) }),
        ...(at === undefined ? {} : { at }),
      })),
      more,
      ways: ways.map(({ text: way, command }) => ({ text: way, ...(command === undefined ? {} : { command }) })),
      ...(url === undefined ? {} : { url }),
    },
  };
}
