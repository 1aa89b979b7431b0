import { TerminalError } from '../errors.ts';
import type { Bundle, SecretUse } from '../manifest/bundle.ts';
import { isJsonObject, type Json, own } from '../manifest/json.ts';
import { parseStrictJson } from '../policy/strict-json.ts';

/** Reads one variable of the worker's environment; undefined: not set, or not among those that manifests may name. */
export type SecretSource = (variable: string) => string | undefined;

export interface SecretSourceOptions {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Names beyond `PAWL_SECRET_…` that the operator opens to manifests. */
  readonly names: readonly string[];
}

/** Without the list, a manifest could name the variable that holds the database's URL. */
export function secretSource({ variables, names }: SecretSourceOptions): SecretSource {
  return (variable) =>
    variable.startsWith('PAWL_SECRET_') || names.includes(variable) ? variables[variable] : undefined;
}

/** The secrets of one bundle, resolved when a call needs them, and taken out of whatever comes back. */
export interface Secrets {
  /** Throws `secret.unavailable`. */
  readonly resolve: (use: SecretUse) => string;
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
export function bundleSecrets(secrets: Bundle['secrets'], source: SecretSource): Secrets {
  let known: ReadonlyMap<string, Spellings> | undefined;
  const forms = () => (known ??= formsByValue(secrets, source));
  const scrubText = (text: string) => withoutForms(text, forms());
  const scrub = (value: Json) => (forms().size === 0 ? value : scrubbed(value, scrubText));
  return {
    resolve: (use) => read(use, secrets, source),
    scrub,
    scrubText,
    scrubBody: (text) => {
      const parsed = parseStrictJson(text, { bytes: Buffer.byteLength(text), depth: 64, values: 1_000_000 });
      return scrubText(parsed.kind === 'parsed' ? JSON.stringify(scrub(parsed.value)) : text);
    },
  };
}

/** A value that this worker does not have, or may not use, cannot be known here. */
function formsByValue(secrets: Bundle['secrets'], source: SecretSource): ReadonlyMap<string, Spellings> {
  const forms = new Map<string, Spellings>();
  for (const { keys } of Object.values(secrets)) {
    for (const variable of Object.values(keys)) {
      const value = valueOf(variable, source);
      if (value !== undefined && isUsable(value)) forms.set(value, formsOf(value));
    }
  }
  return forms;
}

function read(use: SecretUse, secrets: Bundle['secrets'], source: SecretSource): string {
  const variable = own(own(secrets, use.secret)?.keys, use.key);
  if (variable === undefined) throw unavailable(use, 'the bundle does not hold it');
  const value = valueOf(variable, source);
  if (value === undefined || value === '') {
    throw unavailable(
      use,
      `the worker has no ${variable}, or its name is neither PAWL_SECRET_… nor in PAWL_SECRET_ENV`,
    );
  }
  if (value.length < lengthMin) throw unavailable(use, `${variable} is shorter than ${lengthMin} characters`);
  if (!isUsable(value)) throw unavailable(use, `${variable} holds a control character`);
  return value;
}

/** A file's last line break often ends up in the variable, and is never part of the secret. */
function valueOf(variable: string, source: SecretSource): string | undefined {
  return source(variable)?.replace(/\r?\n$/, '');
}

function isUsable(value: string): boolean {
  return value.length >= lengthMin && /^[\u0020-\u007e\u0080-\u{10ffff}]+$/u.test(value);
}

function unavailable(use: SecretUse, why: string): TerminalError {
  return new TerminalError(`Secret/${use.secret} key ${use.key} is not available: ${why}.`, {
    code: 'secret.unavailable',
    help: 'Set the variable in the worker’s environment and list its name in PAWL_SECRET_ENV if it does not begin with PAWL_SECRET_.',
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
