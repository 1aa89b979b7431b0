import { setTimeout as wait } from 'node:timers/promises';
import type { ActionSettings } from '../config-action.ts';
import { type ExitCode, exitCodes, RetryableError, TerminalError } from '../errors.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import type { Planned } from './planned.ts';

export interface ServerPlanRequest {
  readonly server: { readonly address: string; readonly audience: string };
  readonly identity: NonNullable<ActionSettings['identity']>;
  readonly commit: string;
  readonly environments: readonly string[] | undefined;
  /** Told of each token before it is used, so that the runner hides it. */
  readonly hide: (token: string) => void;
  readonly pauseMs?: number;
}

const tries = 3;
const tokenMs = 15_000;
const planMs = 180_000;
const answerBytesMax = 16 * 1024 * 1024;

/** What the server says of a commit, asked with a token of this job and nothing else. */
export async function serverPlans(request: ServerPlanRequest): Promise<readonly Planned[]> {
  for (let count = 1; ; count += 1) {
    try {
      // Each token is good for one request: a server that saw it and failed would not take it again.
      const token = await identityToken(request);
      request.hide(token);
      return await ask(request, token);
    } catch (error) {
      if (!(error instanceof RetryableError) || count === tries) throw error;
      await wait((request.pauseMs ?? 2_000) * count);
    }
  }
}

async function identityToken({ identity, server }: ServerPlanRequest): Promise<string> {
  const url = URL.canParse(identity.url) ? new URL(identity.url) : undefined;
  if (url === undefined) throw noToken('its address is none');
  url.searchParams.set('audience', server.audience);
  const headers = { authorization: `Bearer ${identity.token}`, accept: 'application/json' };
  const { status, body } = await exchange(url, { headers }, tokenMs).catch(() => {
    throw noToken('it does not answer');
  });
  const value = isJsonObject(body) ? own(body, 'value') : undefined;
  if (status !== 200 || typeof value !== 'string' || !/^[\w.-]+$/.test(value)) throw noToken(`it answered ${status}`);
  return value;
}

async function ask({ server, commit, environments }: ServerPlanRequest, token: string): Promise<readonly Planned[]> {
  const request = { commit, ...(environments === undefined ? {} : { environments }) };
  const init = {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  };
  const answer = await exchange(new URL('/v1/actions/plan', server.address), init, planMs).catch(() => {
    throw new RetryableError('The server does not answer.', { code: 'action.server_failed', help: checkServer });
  });
  const { status, body } = answer;
  const plans = isJsonObject(body) ? own(body, 'plans') : undefined;
  if (status !== 200) throw refusal(status, body);
  const format = isJsonObject(body) ? own(body, 'format_version') : undefined;
  if (plans === undefined || !isJsonList(plans) || typeof format !== 'string' || !/^1\.\d+$/.test(format)) {
    throw otherServer('The server answered with something else than plans that this action reads.');
  }
  return plans.map(planOf);
}

function planOf(entry: Json): Planned {
  const [environment, plan, markdown] = isJsonObject(entry)
    ? [own(entry, 'environment'), own(entry, 'plan'), own(entry, 'markdown')]
    : [];
  if (typeof environment !== 'string' || plan === undefined || !isJsonObject(plan) || typeof markdown !== 'string') {
    throw otherServer('The server answered with something else than plans.');
  }
  return { environment, json: plan, markdown };
}

function otherServer(message: string): TerminalError {
  return new TerminalError(message, {
    code: 'action.server_failed',
    help: 'Pin the action at the version that the server has.',
  });
}

/** What the server says went wrong, in its own words; they are text from outside. */
function refusal(status: number, body: Json): RetryableError | TerminalError {
  const problem: JsonObject = isJsonObject(body) ? body : {};
  const [code, detail, help, exit] = ['code', 'detail', 'help', 'exit'].map((name) => own(problem, name));
  // The door for people answers where there is none for jobs.
  if (code === 'api.unauthorised' || code === 'api.not_found') {
    return new TerminalError('The server makes no plans for jobs of GitHub Actions.', {
      code: 'action.server_failed',
      help: 'Set PAWL_ACTIONS_AUDIENCE and PAWL_ACTIONS_REPOSITORY_ID on the server; one that is older knows neither.',
      exit: exitCodes.unauthorised,
    });
  }
  const options = {
    code: typeof code === 'string' && /^[a-z_.]{1,80}$/.test(code) ? code : 'action.server_failed',
    help: typeof help === 'string' ? help : checkServer,
    exit: exitOf(exit, status),
  };
  const message = typeof detail === 'string' ? detail : `The server answered ${status}.`;
  return status === 429 || status >= 500 ? new RetryableError(message, options) : new TerminalError(message, options);
}

const checkServer = 'Check the address and that `pawl serve` runs there.';

function exitOf(value: Json | undefined, status: number): ExitCode {
  const known = Object.values(exitCodes).find((code) => code === value);
  return known ?? (status === 401 || status === 403 ? exitCodes.unauthorised : exitCodes.unexpected);
}

/** No redirect, which would carry the token elsewhere; a deadline; and no more than a bounded answer. */
async function exchange(url: URL, init: RequestInit, ms: number): Promise<{ status: number; body: Json }> {
  const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(ms) });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > answerBytesMax) throw new TypeError('the answer is too large');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  return { status: response.status, body: parsed(text) };
}

/** A proxy between answers in HTML: the status says enough then. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

/** Never with what was sent: its address and its token are the job's. */
function noToken(why: string): RetryableError {
  return new RetryableError(`GitHub gave no OIDC token: ${why}.`, {
    code: 'action.identity_failed',
    help: 'Run the job again; if it stays, look at https://www.githubstatus.com.',
    exit: exitCodes.unauthorised,
  });
}
