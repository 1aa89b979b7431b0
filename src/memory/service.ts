import { RetryableError, TerminalError } from '../errors.ts';
import type { BundleMemoryService } from '../manifest/bundle-memory.ts';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { parseStrictJson } from '../policy/strict-json.ts';
import { authorised } from '../tools/auth.ts';
import { type EgressOutcome, egress } from '../tools/egress.ts';
import { retryAfter } from '../tools/retry-after.ts';
import type { memoryCodes } from './codes.ts';
import type { MemoryName } from './memory.ts';
import type { MemoryReach } from './reach.ts';

/** What pawl asks of a service, each at a path of its own beneath the Memory's URL. */
export type ServiceOperation = 'get' | 'put' | 'search' | 'list' | 'history' | 'append';

export interface ServiceRequest {
  readonly operation: ServiceOperation;
  readonly body: JsonObject;
  /** The same for every attempt at one write. */
  readonly idempotencyKey?: string;
}

/** Of one memory, in one environment, for one call. */
export interface ServicePlace extends MemoryName {
  readonly service: BundleMemoryService;
  readonly reach: MemoryReach;
}

/** More than any list, history or document takes that pawl asks for. */
export const answerBytesMax = 4 * 1024 * 1024;
/** How much of an error's answer is told. */
const errorTextMax = 300;

/**
 * Asks a memory's service one thing and gives its answer, which is an object that names this memory and holds no secret
 * of the run. Throws `RetryableError` where asking again may help; every write has a key, and may be asked again.
 */
export async function askService(place: ServicePlace, request: ServiceRequest): Promise<JsonObject> {
  const { environment, memory, reach } = place;
  await reach.secrets.load();
  const outcome = await exchange(place, request);
  const text = textOf(answered(outcome, place), place);
  const parsed = parseStrictJson(text, { bytes: answerBytesMax, depth: 64, values: 1_000_000 });
  if (parsed.kind !== 'parsed') throw invalid(place, `is no JSON that pawl reads. ${parsed.message}`);
  const answer = reach.secrets.scrub(parsed.value);
  if (!isJsonObject(answer)) throw invalid(place, 'is no object.');
  // A service that mixes memories up would hand one team's to another.
  if (answer['environment'] !== environment || answer['memory'] !== memory)
    throw invalid(
      place,
      'does not say that it is of this memory: `environment` and `memory` must repeat the request’s.',
    );
  return answer;
}

async function exchange(place: ServicePlace, request: ServiceRequest): Promise<EgressOutcome> {
  const { service, reach, environment, memory } = place;
  const { secrets, signal, mayStart, network, egress: within } = reach;
  const { allowPrivate, url, auth } = service;
  const rules = { hosts: [new URL(url).origin], allowPrivate, within };
  const deadlineMs = Math.min(service.timeoutMs, reach.timeoutMs ?? Number.POSITIVE_INFINITY);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json',
    'user-agent': 'pawl',
  };
  if (request.idempotencyKey !== undefined) headers['idempotency-key'] = request.idempotencyKey;
  const body = JSON.stringify({ environment, memory, ...request.body });
  return authorised(auth, { allowPrivate, within, network, secrets, signal, deadlineMs }, (header, leftMs) =>
    egress(
      {
        method: 'POST',
        url: `${url.replace(/\/+$/, '')}/${request.operation}`,
        headers: header === undefined ? headers : { ...headers, [header.name]: header.value },
        body,
        credentials: header === undefined ? [] : [header.name],
        deadlineMs: leftMs,
        responseBytesMax: answerBytesMax,
        // What was reviewed is this address: what agents remember is told to no other.
        redirects: 0,
        signal,
        mayStart,
      },
      rules,
      network,
    ),
  );
}

type Answered = Extract<EgressOutcome, { readonly kind: 'answered' }>;

function answered(outcome: EgressOutcome, place: ServicePlace): Answered {
  const { memory } = place;
  const about = (message: string) => `Memory/${memory}: ${message}`;
  switch (outcome.kind) {
    case 'denied':
      throw new TerminalError(about(outcome.message), { code: 'egress.denied' });
    case 'tooLarge':
      throw new TerminalError(about(outcome.message), { code: 'result.too_large' });
    case 'timeout':
      throw new RetryableError(about(outcome.message), { code: 'tool.timeout' });
    case 'aborted':
      throw new RetryableError(about(outcome.message), { code: 'tool.aborted' });
    case 'network':
      throw new RetryableError(about(outcome.message), { code: 'tool.network' });
    case 'answered':
      if (outcome.status === 200) return outcome;
      throw refused(outcome, place);
  }
}

function refused({ status, headers, body }: Answered, { memory, reach }: ServicePlace): RetryableError | TerminalError {
  const text = Buffer.from(body).toString('utf8').replaceAll('\0', '');
  // Scrubbed before it is cut: the first half of a secret is not the secret, and would pass.
  const told = text === '' ? '' : `: ${reach.secrets.scrubBody(text).slice(0, errorTextMax)}`;
  if (status === 429 || status >= 500) {
    const code = 'memory.service_unavailable' satisfies keyof typeof memoryCodes;
    return new RetryableError(`The service of Memory/${memory} answered with status ${status}${told}`, {
      code,
      retryAfterMs: retryAfter(headers),
    });
  }
  const code = 'memory.service_refused' satisfies keyof typeof memoryCodes;
  const what = status >= 300 && status < 400 ? 'a redirect, which is not followed' : `status ${status}${told}`;
  return new TerminalError(`The service of Memory/${memory} answered with ${what}.`, { code });
}

function textOf({ headers, body }: Answered, place: ServicePlace): string {
  if ((headers.get('content-encoding') ?? 'identity') !== 'identity')
    throw invalid(place, 'is compressed, which was not asked for.');
  if (!/^application\/json\s*(?:;|$)/i.test(headers.get('content-type') ?? ''))
    throw invalid(place, 'is not of the type application/json.');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body);
  } catch (cause) {
    throw invalid(place, 'is not UTF-8.', cause);
  }
}

/** The service does not keep to the protocol of docs/memory.md: nothing of the answer is used. */
export function invalid({ memory }: Pick<MemoryName, 'memory'>, what: string, cause?: unknown): TerminalError {
  return new TerminalError(`The answer of the service of Memory/${memory} ${what}`, {
    code: 'memory.answer_invalid' satisfies keyof typeof memoryCodes,
    help: 'Mend the service: docs/memory.md has what it is asked and what it answers.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A member of an answer that is a list of objects, at most so many. */
export function listIn(answer: JsonObject, name: string, { max, place }: Listing): readonly JsonObject[] {
  const list: Json | undefined = answer[name];
  if (!Array.isArray(list)) throw invalid(place, `has no list \`${name}\`.`);
  if (list.length > max) throw invalid(place, `has ${list.length} \`${name}\`; ${max} were asked for.`);
  return list.map((one: Json) => {
    if (!isJsonObject(one)) throw invalid(place, `has something in \`${name}\` that is no object.`);
    return one;
  });
}

interface Listing {
  readonly max: number;
  readonly place: Pick<MemoryName, 'memory'>;
}
