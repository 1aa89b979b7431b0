import { isPlaceholder, type SecretSpan } from './secret-shape.ts';

/** What a value is under a name that says so, where its form alone would not tell; undefined: no credential. */
export function namedSecret(name: string, value: string): string | undefined {
  if (value.length < passwordLengthMin || value.length > lengthMax) return undefined;
  if (passwordName.test(name)) return isPassword(value) ? 'a password' : undefined;
  return secretName.test(name) && isRandom(value) ? 'a credential' : undefined;
}

const passwordLengthMin = 8;
const randomLengthMin = 16;
/** A longer text is a document and not a credential; what is in it has a form of its own. */
const lengthMax = 4096;

const passwordName = /(?:^|[-_. ])(?:password|passwd|pwd|passphrase)$|(?:Password|Passwd|Passphrase)$/iu;

const secretName =
  /(?:^|[-_. ])(?:(?:api|access|secret|private|signing|encryption|account|auth|master|subscription)[-_ ]?key|token|secret|credentials?|authorization|auth|cookie)$|(?:apiKey|accessKey|secretKey|privateKey|signingKey|encryptionKey|accountKey|Token|Secret|Credentials?)$/iu;

/** Not a sentence, a name of a variable, a path, a placeholder, or words with separators between them. */
function isPassword(value: string): boolean {
  if (!/^[!-~]+$/.test(value) || isReference(value)) return false;
  const isWords = value.split(/[-_./:]/).every((word) => /^(?:[A-Za-z]*|[0-9]*)$/.test(word));
  return !isWords && !/[^=]=[^=]/.test(value) && /[A-Za-z]/.test(value);
}

/** An unbroken run in which letters and digits change places as they do in keys and not in words. */
function isRandom(value: string): boolean {
  if (value.length < randomLengthMin || !/^[\w+/=.~-]+$/.test(value) || isReference(value)) return false;
  const runs = value.match(/[A-Za-z0-9]+/g) ?? [];
  if (!runs.some((run) => run.length >= 10)) return false;
  const length = runs.reduce((sum, run) => sum + run.length, 0);
  const changes = runs.reduce((sum, run) => sum + changesOf(run), 0);
  const numbers = value.match(/[0-9]+/g)?.length ?? 0;
  return (numbers >= 2 && changes >= length * 0.2) || changes >= length * 0.38;
}

/** A capital letter begins a word as well as a change: only what comes before it counts. */
function changesOf(run: string): number {
  return run.match(/[a-z](?=[A-Z0-9])|[A-Z](?=[0-9])|[0-9](?=[A-Za-z])/g)?.length ?? 0;
}

/** It says where a value is, or stands for one. */
function isReference(value: string): boolean {
  if (/[{}$<>]|\*\*\*|:\/\//.test(value) || isPlaceholder(value)) return true;
  // A variable's name; a path; a UUID; a digest with its algorithm; an age recipient.
  return (
    /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value) ||
    /^\.{0,2}\/[\w.-]+(?:\/[\w.-]+)+$/.test(value) ||
    /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value) ||
    /^(?:sha(?:1|256|384|512)|md5)[:-]/.test(value) ||
    /^age1[0-9a-z]{58}$/.test(value)
  );
}

const assignmentsMax = 500;

/** `name: value` and `name=value` within a text: headers, connection strings, command lines, notes. */
export function namedInText(text: string): SecretSpan[] {
  const found: SecretSpan[] = [];
  let looked = 0;
  for (const match of text.matchAll(assignment)) {
    const [all, name = ''] = match;
    const start = match.index + all.length;
    value.lastIndex = start;
    const written = value.exec(text)?.[0] ?? '';
    const kind = namedSecret(name, written);
    if (kind !== undefined) found.push({ kind, start, end: start + written.length });
    looked += 1;
    if (looked === assignmentsMax) break;
  }
  return found;
}

const assignment =
  /\b([\w-]{0,64}?(?:(?:api|access|secret|private|account) )?(?:key|token|secret|password|passwd|pwd|passphrase|credentials?|authorization))["']?\s{0,3}[:=]\s{0,3}["']?/giu;

const value = /[^\s"'`,;<>(){}[\]|\\]{8,512}/uy;
