import type { Context } from 'hono';
import { isPawlError, RetryableError, TerminalError } from '../errors.ts';
import type { taskCodes } from '../run/task-codes.ts';
import { type ProblemJson, problemMediaType, problemOf } from './problem-json.ts';
import { RequestRates } from './request-rates.ts';
import { sourceOf } from './visitor.ts';

export interface HookLimits {
  readonly bodyMs?: number;
  readonly perSecond?: number;
  readonly burst?: number;
  /** A proxy in front says who asks. */
  readonly isProxied?: boolean;
}

const bodyBytesMax = 1024 * 1024;
const bodyMsDefault = 10_000;
const sourcesMax = 10_000;

export function ratesOf({ perSecond = 20, burst = 100 }: HookLimits): RequestRates {
  return new RequestRates({ perSecond, burst, sourcesMax });
}

/** Throws where the sender has used up its share: before anything of the request is read. */
export function takeTurn(rates: RequestRates, context: Context, isProxied: boolean | undefined): void {
  const waitMs = rates.take(sourceOf(context, isProxied), performance.now());
  if (waitMs > 0) throw flood(waitMs);
}

/** The bytes as they came: bounded in number and in time, whatever the sender says of their length. */
export async function bodyOf(request: Request, bodyMs = bodyMsDefault): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > bodyBytesMax) throw tooLarge();
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const slow = AbortSignal.timeout(bodyMs);
  const late = new Promise<never>((_resolve, reject) => {
    slow.addEventListener('abort', () => reject(tooSlow()), { once: true });
  });
  // Awaited by the race alone, and by nobody once the body is there.
  late.catch(() => undefined);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) return Buffer.concat(chunks);
      bytes += value.byteLength;
      if (bytes > bodyBytesMax) throw tooLarge();
      chunks.push(value);
    }
  } catch (error) {
    // The rest is not waited for: the connection is closed with the answer.
    reader.cancel().catch(() => undefined);
    throw error;
  }
}

const statuses: Readonly<Record<string, number>> = {
  'webhook.unknown': 404,
  'webhook.unauthenticated': 401,
  'webhook.malformed': 400,
  'webhook.too_large': 413,
  'webhook.too_slow': 408,
  'webhook.flood': 429,
  'github.webhook_disabled': 404,
  'github.webhook_unauthenticated': 401,
  'github.webhook_malformed': 400,
};

/** Why nothing began. What is the owner's to mend is 422; what may pass is 503, and worth sending again. */
export function refusal(error: unknown): Response {
  const known = isPawlError(error) ? statuses[error.code] : undefined;
  const problem = problemOf(error);
  const status = known ?? (error instanceof RetryableError ? 503 : isPawlError(error) ? 422 : 500);
  const shown: ProblemJson = { ...problem, status };
  const retryAfterMs = error instanceof RetryableError ? (error.retryAfterMs ?? 5_000) : undefined;
  return new Response(JSON.stringify(shown), {
    status,
    headers: {
      'content-type': problemMediaType,
      ...(retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }),
      ...(status === 413 || status === 408 ? { connection: 'close' } : {}),
    },
  });
}

function tooLarge(): TerminalError {
  const code = 'webhook.too_large' satisfies keyof typeof taskCodes;
  return new TerminalError(`The body is over ${bodyBytesMax} bytes.`, { code, help: 'Send less.' });
}

function tooSlow(): TerminalError {
  const code = 'webhook.too_slow' satisfies keyof typeof taskCodes;
  return new TerminalError('The body came too slowly.', { code, help: 'Send it again.' });
}

function flood(waitMs: number): RetryableError {
  const code = 'webhook.flood' satisfies keyof typeof taskCodes;
  return new RetryableError('Too many requests came from this address.', {
    code,
    help: 'Send it again later.',
    retryAfterMs: waitMs,
  });
}
