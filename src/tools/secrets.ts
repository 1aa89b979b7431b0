import { TerminalError } from '../errors.ts';
import type { Bundle } from '../manifest/bundle.ts';
import type { SecretUse } from '../manifest/bundle-secret.ts';
import { isJsonObject, type Json, own } from '../manifest/json.ts';
import { parseStrictJson } from '../policy/strict-json.ts';
import type { SecretPlace, SecretSource } from './secret-reading.ts';

/** The secrets of one bundle, resolved when a call needs them, and taken out of whatever comes back. */
export interface Secrets {
  /** Reads every value that the bundle names, so that each can be taken out. Comes before any call; costs once. */
  readonly load: () => Promise<void>;
  /** Reads the value anew. Rejects with `secret.unavailable`. */
  readonly resolve: (use: SecretUse) => Promise<string>;
  /** Reads PEM certificates, which have line breaks and are no secret themselves. Rejects with `secret.unavailable`. */
  readonly certificate: (use: SecretUse) => Promise<string>;
  /** `value` without any secret of the bundle, in any usual encoding. */
  readonly scrub: (value: Json) => Json;
  readonly scrubText: (text: string) => string;
  /** The same for the body of an answer, which may be JSON that spells any letter as an escape. */
  readonly scrubBody: (text: string) => string;
}

const replacement = '[secret]';
/** Taking shorter values out of outputs would shred them, and leaving them in would print them. */
const lengthMin = 4;

/**
 * Takes out every value that the bundle names, used or not: an earlier owner of the run may have used it, and what a
 * server was told then may come back through another tool now. Make one for each run, so that values do not pile up.
 */
export function bundleSecrets(secrets: Bundle['secrets'], read: SecretSource, environment = ''): Secrets {
  const source = of(environment, read);
  // A value that was rotated during the run stays known: what it was sent to may still say it.
  const known = new Map<string, Spellings>();
  let loading: Promise<void> | undefined;
  let isLoaded = false;
  const scrubText = (text: string) => {
    if (!isLoaded) throw new TypeError('secrets are loaded before a call: else what it says could not be cleaned');
    return withoutForms(text, known);
  };
  const scrub = (value: Json) => (isLoaded && known.size === 0 ? value : scrubbed(value, scrubText));
  return {
    load: () => (loading ??= loadAll(secrets, source, known).then(() => void (isLoaded = true))),
    resolve: async (use) => {
      const value = await readValue(use, secrets, source);
      keep(value, known);
      return value;
    },
    certificate: (use) => readCertificate(use, secrets, source),
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
async function loadAll(secrets: Bundle['secrets'], source: PlacedSource, known: Map<string, Spellings>): Promise<void> {
  const places = Object.entries(secrets).flatMap(([secret, { source: kind, keys }]) =>
    Object.entries(keys).map(([key, at]) => source({ secret, key }, { source: kind, at })),
  );
  for (const reading of await Promise.all(places)) {
    if (reading.kind !== 'read') continue;
    const value = withoutLineBreak(reading.value);
    if (secretFault(value) === undefined) keep(value, known);
  }
}

function keep(value: string, known: Map<string, Spellings>): void {
  if (!known.has(value)) known.set(value, formsOf(value));
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
  if (value.length < lengthMin) return { reason: 'too_short', why: `is shorter than ${lengthMin} characters` };
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

interface Spellings {
  readonly forms: readonly string[];
  /** The value inside JSON strings, which may stand inside JSON strings again: one escape for each depth. */
  readonly escaped: readonly RegExp[];
}

/** Every spelling in which the value usually travels; of a `user:password` pair, the password too. */
function formsOf(value: string): Spellings {
  const colon = value.indexOf(':');
  const parts = [value, ...(colon === -1 ? [] : [value.slice(colon + 1)])].filter((part) => part.length >= lengthMin);
  const forms = new Set(parts.flatMap((part) => [part, ...encodingsOf(part)]));
  return {
    // The longest first: a shorter form may be a part of a longer one and would leave the rest standing.
    forms: [...forms].filter((form) => form.length >= lengthMin).sort((a, b) => b.length - a.length),
    escaped: parts.filter((part) => /["\\/\u0080-\uffff]/.test(part)).map(escapedPattern),
  };
}

function escapedPattern(value: string): RegExp {
  // A backslash of the value is a run of them at any depth, and takes in the escape of what follows it.
  const runs = value
    .split(/\\+/)
    .map((run) => Array.from({ length: run.length }, (_, at) => escapedUnit(run, at)).join(''));
  return new RegExp(runs.join('\\\\+'), 'gi');
}

function escapedUnit(run: string, at: number): string {
  const unit = run.charAt(at);
  if (unit > '\u007f') return `(?:${unit}|\\\\+u${run.charCodeAt(at).toString(16).padStart(4, '0')})`;
  if (unit === '"' || unit === '/') return at === 0 ? unit : `\\\\*${unit}`;
  return /[A-Za-z0-9]/.test(unit) ? unit : `\\x${unit.charCodeAt(0).toString(16)}`;
}

function encodingsOf(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const percent = encodeURIComponent(value);
  const strict = percent.replace(/[!'()*~_.-]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams([['', value]]).toString().slice(1);
  const urls = [percent, strict, form, percent.replaceAll('%20', '+'), strict.replaceAll('%20', '+')];
  return [
    ...urls.flatMap((url) => [url, url.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase())]),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...base64FormsOf(bytes),
  ];
}

/**
 * Base64 of the value as it stands within other text, as in `Basic base64(user:password)`: for each of the three
 * alignments, the characters that depend on the value alone.
 */
function base64FormsOf(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    const form = text.slice(Math.ceil((offset * 8) / 6), whole);
    return [form, form.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function withoutForms(text: string, known: ReadonlyMap<string, Spellings>): string {
  let clean = text;
  for (const { forms, escaped } of known.values()) {
    for (const form of forms) clean = clean.replaceAll(form, replacement);
    for (const pattern of escaped) clean = clean.replace(pattern, replacement);
  }
  return clean;
}

function scrubbed(value: Json, scrubText: (text: string) => string): Json {
  if (typeof value === 'string') return scrubText(value);
  if (typeof value === 'number') {
    const text = scrubText(String(value));
    return text === String(value) ? value : text;
  }
  if (Array.isArray(value)) return value.map((element: Json) => scrubbed(element, scrubText));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [scrubText(key), scrubbed(member, scrubText)]),
  );
}
