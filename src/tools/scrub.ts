import { isJsonObject, type Json } from '../manifest/json.ts';

/** What takes known values out of whatever a call brings back. */
export interface Scrubber {
  /** From now on the value is taken out. */
  readonly add: (value: string) => void;
  readonly text: (text: string) => string;
  readonly json: (value: Json) => Json;
}

const replacement = '[secret]';
/** Taking shorter values out of outputs would shred them, and leaving them in would print them. */
export const scrubbedLengthMin = 4;

/**
 * Takes values out in every spelling in which they usually travel: as they are, within JSON strings at any depth,
 * percent-encoded and as a form has it (upper and lower case), in hex, in base64 and base64url at each of the three
 * alignments (so also as a part of `Basic base64(user:password)`), with the entities of HTML and XML, and as UTF-16 in
 * hex and base64. Of `user:password`, the password too. Turned round, compressed or encrypted is another text.
 */
export function scrubber(): Scrubber {
  // A value that was rotated stays known: what it was sent to may still say it.
  const known = new Map<string, Spellings>();
  let all: Spellings | undefined;
  const text = (dirty: string) => withoutForms(dirty, (all ??= together([...known.values()])));
  return {
    add: (value) => {
      if (known.has(value)) return;
      known.set(value, formsOf(value));
      all = undefined;
    },
    text,
    json: (value) => (known.size === 0 ? value : scrubbed(value, text)),
  };
}

/** The longest first, whosever they are: a shorter form may be a part of a longer one and would leave the rest standing. */
function together(spellings: readonly Spellings[]): Spellings {
  const forms = new Set(spellings.flatMap((one) => one.forms));
  const escaped = spellings.flatMap((one) => one.escaped).sort((a, b) => b.source.length - a.source.length);
  return { forms: [...forms].sort((a, b) => b.length - a.length), escaped };
}

interface Spellings {
  readonly forms: readonly string[];
  /** The value inside JSON strings, which may stand inside JSON strings again: one escape for each depth. */
  readonly escaped: readonly RegExp[];
}

/** Every spelling in which the value usually travels; of a `user:password` pair, the password too. */
function formsOf(value: string): Spellings {
  const colon = value.indexOf(':');
  const parts = [value, ...(colon === -1 ? [] : [value.slice(colon + 1)])].filter(
    (part) => part.length >= scrubbedLengthMin,
  );
  const forms = new Set(parts.flatMap((part) => [part, ...encodingsOf(part)]));
  return {
    forms: [...forms].filter((form) => form.length >= scrubbedLengthMin),
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
    ...entitiesOf(value),
    ...wideFormsOf(value),
  ];
}

/** As pages and XML write it: only what must be escaped, or also quotes, by name or by number. */
function entitiesOf(value: string): string[] {
  if (!/[&<>"'/=`\u0080-\uffff]/.test(value)) return [];
  const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  const least = value.replace(/[&<>]/g, (char) => named[char] ?? char);
  const attribute = value.replace(/[&<>"]/g, (char) => named[char] ?? char);
  const apostrophes = ['&#39;', '&#039;', '&#x27;', '&apos;'].map((entity) => attribute.replaceAll("'", entity));
  const strict = (number: (code: number) => string) =>
    attribute.replace(/['/=`]/g, (char) => number(char.charCodeAt(0)));
  const wide = (number: (code: number) => string) =>
    attribute.replace(/['\u0080-\u{10ffff}]/gu, (char) => number(char.codePointAt(0) ?? 0));
  const hex = (code: number) => `&#x${code.toString(16).toUpperCase()};`;
  const decimal = (code: number) => `&#${code};`;
  return [least, attribute, ...apostrophes, strict(hex), strict(decimal), wide(hex), wide(decimal)];
}

/** UTF-16 of both byte orders, whose text no other spelling is found in. */
function wideFormsOf(value: string): string[] {
  const little = Buffer.from(value, 'utf16le');
  const big = Buffer.from(little).swap16();
  return [little, big].flatMap((bytes) => [
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...base64FormsOf(bytes),
  ]);
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

function withoutForms(text: string, { forms, escaped }: Spellings): string {
  let clean = text;
  for (const form of forms) clean = clean.replaceAll(form, replacement);
  for (const pattern of escaped) clean = clean.replace(pattern, replacement);
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
