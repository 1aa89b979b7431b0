import { TerminalError } from '../errors.ts';
import type { Bundle } from '../manifest/bundle.ts';
import type { SecretUse } from '../manifest/bundle-secret.ts';
import { type Json, own } from '../manifest/json.ts';
import { parseStrictJson } from '../policy/strict-json.ts';
import { type Scrubber, scrubber, scrubbedLengthMin } from './scrub.ts';
import type { SecretPlace, SecretSource } from './secret-reading.ts';

/** The secrets of one bundle, resolved when a call needs them, and taken out of whatever comes back. */
export interface Secrets {
  /** Reads every value that the bundle names, so that each can be taken out. Comes before any call; costs once. */
  readonly load: () => Promise<void>;
  /** Reads the value anew. Rejects with `secret.unavailable`. */
  readonly resolve: (use: SecretUse) => Promise<string>;
  /** Reads PEM certificates, which have line breaks and are no secret themselves. Rejects with `secret.unavailable`. */
  readonly certificate: (use: SecretUse) => Promise<string>;
  /** From now on this is taken out too: what was got with a secret, such as a token. */
  readonly remember: (value: string) => void;
  /** `value` without any secret of the bundle, in any usual encoding. */
  readonly scrub: (value: Json) => Json;
  readonly scrubText: (text: string) => string;
  /** The same for the body of an answer, which may be JSON that spells any letter as an escape. */
  readonly scrubBody: (text: string) => string;
}

/**
 * Takes out every value that the bundle names, used or not: an earlier owner of the run may have used it, and what a
 * server was told then may come back through another tool now. Make one for each run, so that values do not pile up.
 */
export function bundleSecrets(secrets: Bundle['secrets'], read: SecretSource, environment = ''): Secrets {
  const source = of(environment, read);
  const known = scrubber();
  let loading: Promise<void> | undefined;
  let isLoaded = false;
  const scrubText = (text: string) => {
    if (!isLoaded) throw new TypeError('secrets are loaded before a call: else what it says could not be cleaned');
    return known.text(text);
  };
  const scrub = (value: Json) => {
    if (!isLoaded) scrubText('');
    return known.json(value);
  };
  return {
    load: () => (loading ??= loadAll(secrets, source, known).then(() => void (isLoaded = true))),
    resolve: async (use) => {
      const value = await readValue(use, secrets, source);
      known.add(value);
      return value;
    },
    certificate: (use) => readCertificate(use, secrets, source),
    remember: (value) => known.add(value),
    scrub,
    scrubText,
    scrubBody: (text) => {
      const parsed = parseStrictJson(text, { bytes: Buffer.byteLength(text), depth: 64, values: 1_000_000 });
      return scrubText(parsed.kind === 'parsed' ? JSON.stringify(scrub(parsed.value)) : text);
    },
  };
}

type PlacedSource = (use: SecretUse, place: Pick<SecretPlace, 'source' | 'at'>) => ReturnType<SecretSource>;

/** A stored value is found by its name, and any other by its place. */
function of(environment: string, read: SecretSource): PlacedSource {
  return ({ secret, key }, { source, at }) =>
    read(source === 'stored' ? { source, at, stored: { environment, secret, key } } : { source, at });
}

/** A value that this worker does not have, or may not use, cannot be known here. */
async function loadAll(secrets: Bundle['secrets'], source: PlacedSource, known: Scrubber): Promise<void> {
  const places = Object.entries(secrets).flatMap(([secret, { source: kind, keys }]) =>
    Object.entries(keys).map(([key, at]) => source({ secret, key }, { source: kind, at })),
  );
  for (const reading of await Promise.all(places)) {
    if (reading.kind !== 'read') continue;
    const value = withoutLineBreak(reading.value);
    if (secretFault(value) === undefined) known.add(value);
  }
}

async function readCertificate(use: SecretUse, secrets: Bundle['secrets'], source: PlacedSource): Promise<string> {
  const { value, name } = await readPlace(use, secrets, source);
  if (/^-----BEGIN CERTIFICATE-----\r?\n/.test(value.trimStart())) return value;
  throw unavailable(use, `${name} holds no PEM certificate`, 'no_certificate');
}

async function readPlace(use: SecretUse, secrets: Bundle['secrets'], source: PlacedSource) {
  const secret = own(secrets, use.secret);
  const at = own(secret?.keys, use.key);
  if (secret === undefined || at === undefined) throw unavailable(use, 'the bundle does not hold it', 'not_in_bundle');
  const reading = await source(use, { source: secret.source, at });
  if (reading.kind === 'unread') throw unavailable(use, reading.why, reading.reason);
  return { value: reading.value, name: names[secret.source] ?? at };
}

/** What is said of a value that has no place with a name. */
const names: Readonly<Record<string, string>> = { age: 'what was encrypted', stored: 'what is stored' };

async function readValue(use: SecretUse, secrets: Bundle['secrets'], source: PlacedSource): Promise<string> {
  const { value: raw, name } = await readPlace(use, secrets, source);
  const value = withoutLineBreak(raw);
  const fault = secretFault(value);
  if (fault !== undefined) throw unavailable(use, `${name} ${fault.why}`, fault.reason);
  return value;
}

/** Why no call can use a value: "is empty". What the value is, is not said. */
export function secretFault(value: string): { readonly reason: string; readonly why: string } | undefined {
  if (value === '') return { reason: 'empty', why: 'is empty' };
  if (value.length < scrubbedLengthMin)
    return { reason: 'too_short', why: `is shorter than ${scrubbedLengthMin} characters` };
  if (!printable.test(value)) return { reason: 'control_character', why: 'holds a control character' };
  return undefined;
}

const printable = /^[\u0020-\u007e\u0080-\u{10ffff}]+$/u;

/** A file's last line break often ends up in the value, and is never part of the secret. */
function withoutLineBreak(value: string): string {
  return value.replace(/\r?\n$/, '');
}

function unavailable(use: SecretUse, why: string, reason: string): TerminalError {
  return new TerminalError(`Secret/${use.secret} key ${use.key} is not available: ${why} (${reason}).`, {
    code: 'secret.unavailable',
    help: 'Make the value readable to the worker, as docs/secrets.md says for each source; `pawl doctor` shows what it may read.',
  });
}
