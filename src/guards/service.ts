import type { BundleAuth } from '../manifest/bundle-secret.ts';
import type { Json } from '../manifest/json.ts';
import { parseStrictJson } from '../policy/strict-json.ts';
import { authorised } from '../tools/auth.ts';
import { egress } from '../tools/egress.ts';
import { type Check, GuardFailure } from './guard.ts';

/** A service that is asked, as its Guard declares it. */
export interface Service {
  readonly url: string;
  readonly allowPrivate: boolean;
  readonly auth?: BundleAuth | undefined;
}

/** What a service may answer beyond a few times the length of what it was asked. */
const answerBytesMin = 256 * 1024;

/** So many texts are asked about at a time: more would be a flood, fewer would take too long. */
const together = 4;

/** Asks a service once, under the same egress rules as tools, and gives its answer as strict JSON. */
export async function postJson(service: Service, body: Json, check: Check): Promise<Json> {
  const text = JSON.stringify(body);
  const { secrets, network, signal } = check;
  const reach = { allowPrivate: service.allowPrivate, secrets, network, signal, deadlineMs: check.deadlineMs() };
  const outcome = await authorised(service.auth, reach, (auth, deadlineMs) =>
    egress(
      {
        method: 'POST',
        url: service.url,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'user-agent': 'pawl',
          ...(auth === undefined ? {} : { [auth.name]: auth.value }),
        },
        body: text,
        credentials: auth === undefined ? [] : [auth.name],
        deadlineMs,
        responseBytesMax: answerBytesMin + 4 * Buffer.byteLength(text),
        signal,
      },
      { hosts: [new URL(service.url).origin], allowPrivate: service.allowPrivate },
      network,
    ),
  );
  if (outcome.kind !== 'answered') throw new GuardFailure(`The service of the guard: ${outcome.message}`);
  if (outcome.status !== 200) throw new GuardFailure(`The service of the guard answered with ${outcome.status}.`);
  return parsed(outcome.body);
}

function parsed(body: Uint8Array): Json {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body);
  } catch {
    throw new GuardFailure('The service of the guard answered with something that is not UTF-8.');
  }
  const strict = parseStrictJson(text, { bytes: body.byteLength, depth: 16, values: 100_000 });
  if (strict.kind === 'parsed') return strict.value;
  throw new GuardFailure('The service of the guard answered with something that is not strict JSON.');
}

/** Asks about each text by itself, a few at a time, and gives the answers in the order of the texts. */
export async function eachText<T>(texts: readonly string[], ask: (text: string) => Promise<T>): Promise<readonly T[]> {
  const answers: T[] = [];
  for (let at = 0; at < texts.length; at += together)
    answers.push(...(await Promise.all(texts.slice(at, at + together).map(ask))));
  return answers;
}

/** For the caller to throw. */
export function malformed(what: string): GuardFailure {
  return new GuardFailure(`The service of the guard did not answer as its protocol says: ${what}.`);
}
