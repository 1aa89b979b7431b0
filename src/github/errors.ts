import { isPawlError, RetryableError, TerminalError } from '../errors.ts';
import { isJsonObject, type Json, own } from '../manifest/json.ts';
import { neutral } from '../manifest/neutral.ts';
import type { githubCodes } from './codes.ts';

type Code = keyof typeof githubCodes;

/** What was asked of GitHub: the route with its names still in braces, so that nothing of a caller's is in it. */
export interface Asked {
  readonly method: string;
  readonly url: string;
}

interface Failure {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/**
 * An error of Octokit as one of ours. Theirs carries the whole request, with its token, so it is never kept as a cause:
 * what is kept is the status, the route and GitHub's own sentence, made neutral and short.
 */
export function gitHubError(error: unknown, asked: Asked, now = Date.now()): Error {
  if (isPawlError(error)) return error;
  if (isAbort(error)) return error;
  const failure = failureOf(error);
  const what = `${asked.method} ${routeOf(asked.url)}`;
  if (failure === undefined) return unreachable(what, error);
  const limitedMs = limitOf(failure, now);
  if (limitedMs !== undefined) return limited(what, { limitedMs, now });
  const { status, message } = failure;
  if (status >= 500) return unreachable(what, error);
  const said = message === '' ? '' : `: ${message}`;
  const text = `GitHub answered ${status} to ${what}${said}`;
  return terminal(codeOf(status), text);
}

function codeOf(status: number): Code {
  if (status === 401) return 'github.unauthorised';
  if (status === 403) return 'github.forbidden';
  if (status === 404 || status === 410) return 'github.not_found';
  return 'github.invalid';
}

const helps: Partial<Record<Code, string>> = {
  'github.unauthorised': 'Check the token or the key of the App; `pawl doctor` says who pawl is.',
  'github.forbidden': 'Give the App or the token the permission; `pawl doctor` lists what is missing.',
  'github.not_found': 'Check the name, and that the App is installed there or the token covers it.',
};

function terminal(code: Code, message: string): TerminalError {
  const help = helps[code];
  return new TerminalError(message, { code, ...(help === undefined ? {} : { help }) });
}

function unreachable(what: string, error: unknown): RetryableError {
  const failure = failureOf(error);
  // A failed connection is status 500 to Octokit, with no answer; its message may hold the address, which is no secret.
  const why = failure === undefined ? causeOf(error) : `status ${failure.status}`;
  const code = 'github.unreachable' satisfies Code;
  return new RetryableError(`GitHub cannot be reached for ${what} (${why}).`, { code });
}

function limited(
  what: string,
  { limitedMs, now }: { readonly limitedMs: number; readonly now: number },
): RetryableError {
  const until = new Date(now + limitedMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const code = 'github.rate_limited' satisfies Code;
  return new RetryableError(`GitHub takes no more requests until ${until}; ${what} waits.`, {
    code,
    retryAfterMs: limitedMs,
  });
}

const defaultWaitMs = 60_000;
const longestWaitMs = 3_600_000;

/** Milliseconds that GitHub asks to wait; undefined: it refused for another reason. */
function limitOf({ status, message, headers }: Failure, now: number): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const after = Number(headers['retry-after']);
  if (headers['retry-after'] !== undefined && Number.isFinite(after)) return bounded(after * 1_000);
  if (headers['x-ratelimit-remaining'] === '0') {
    return bounded(Number(headers['x-ratelimit-reset']) * 1_000 - now + 1_000);
  }
  return status === 429 || /rate limit/i.test(message) ? defaultWaitMs : undefined;
}

function bounded(waitMs: number): number {
  return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 1_000), longestWaitMs) : defaultWaitMs;
}

function failureOf(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  const { response } = error as { response?: { headers?: Record<string, unknown>; data?: unknown } };
  if (response === undefined) return undefined;
  return { status: error.status, message: sentenceOf(response.data), headers: response.headers ?? {} };
}

const sentenceMax = 300;

/** GitHub's own words, with the fields that it names: never what was sent. */
function sentenceOf(data: unknown): string {
  const json = data as Json;
  if (typeof data !== 'object' || data === null || !isJsonObject(json)) return '';
  const errors = own(json, 'errors');
  const fields = Array.isArray(errors)
    ? errors.flatMap((one) => {
        const [field, message] = isJsonObject(one) ? [own(one, 'field'), own(one, 'message')] : [undefined, one];
        return [field, message].filter((text) => typeof text === 'string');
      })
    : [];
  const texts = [own(json, 'message'), ...fields].filter((text) => typeof text === 'string');
  return neutral(texts.join('; ')).slice(0, sentenceMax);
}

/** `POST /repos/{owner}/{repo}/issues/{issue_number}/comments`, or the path of an address without what follows it. */
function routeOf(url: string): string {
  const path = /^https?:\/\//.test(url) && URL.canParse(url) ? new URL(url).pathname : url;
  return neutral(path.split('?')[0] ?? '').slice(0, 200);
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const deepest = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = typeof deepest === 'object' && deepest !== null && 'code' in deepest ? deepest.code : undefined;
  return typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? code : 'no answer';
}

function isAbort(error: unknown): error is Error {
  return error instanceof Error && error.name === 'AbortError';
}
