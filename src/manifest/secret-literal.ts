import { isJsonObject, type Json } from './json.ts';
import type { Path } from './text.ts';

/** What makes a text look like a credential; undefined: nothing does. The text itself is never part of the answer. */
export function secretKind(text: string): string | undefined {
  if (text.length < shortest || !mayBeSecret.test(text)) return undefined;
  return shapes.find(({ pattern }) => pattern.test(text))?.kind;
}

/** Where the first text of that kind begins. */
export function secretOffset(text: string): number {
  return shapes.find(({ pattern }) => pattern.test(text))?.pattern.exec(text)?.index ?? 0;
}

/** Text that may be shown: what looks like a credential is masked, character for character. */
export function maskSecrets(text: string): string {
  if (text.length < shortest || !mayBeSecret.test(text)) return text;
  return shapes.reduce(
    (masked, { pattern }) => masked.replace(new RegExp(pattern, 'gu'), (match) => '•'.repeat(match.length)),
    text,
  );
}

/** Where the texts of a value look like credentials, and of which kind. Keys are looked at too. */
export function findSecrets(
  value: Json,
): { readonly path: Path; readonly kind: string; readonly part: 'key' | 'value' }[] {
  const found: { path: Path; kind: string; part: 'key' | 'value' }[] = [];
  search(value, [], (path, kind, part) => found.push({ path: [...path], kind, part }));
  return found;
}

type Found = (path: Path, kind: string, part: 'key' | 'value') => void;

function search(value: Json, path: (string | number)[], found: Found): void {
  if (typeof value === 'string') {
    const kind = secretKind(value) ?? namedSecret(path.at(-1), value);
    if (kind !== undefined) found(path, kind, 'value');
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value)) {
      path.push(key);
      const kind = secretKind(key);
      if (kind !== undefined) found(path, kind, 'key');
      search(value[key] ?? null, path, found);
      path.pop();
    }
  } else if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) {
      path.push(index);
      search(element, path, found);
      path.pop();
    }
  }
}

const shortest = 12;

/** Every shape holds one of these; almost no ordinary text does, and is spared the rest. */
const mayBeSecret =
  /-----BEGIN|eyJ|A[KS]IA|gh[pousr]_|github_pat_|glpat-|sk-|[srp]k_|xox|AIza|SG\.|npm_|hf_|gsk_|xai-|AGE-SECRET|pypi-|dop_v1_|:\/\/[^\s/@]*:|[Bb]earer |[Bb]asic /;

const shapes: readonly { readonly kind: string; readonly pattern: RegExp }[] = [
  { kind: 'a private key', pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[^\s"']*/u },
  { kind: 'a JSON Web Token', pattern: /eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/u },
  { kind: 'an AWS access key', pattern: /\bA[KS]IA[0-9A-Z]{16}\b/u },
  { kind: 'a GitHub token', pattern: /\bgh[pousr]_[0-9A-Za-z]{30,}|github_pat_\w{22,}/u },
  { kind: 'a GitLab token', pattern: /\bglpat-[\w-]{20,}/u },
  // A digit tells a key from words joined by hyphens.
  { kind: 'an API key', pattern: /\bsk-(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{20,}/u },
  { kind: 'an API key', pattern: /\b[srp]k_(?:live|test)_[0-9A-Za-z]{16,}/u },
  { kind: 'a Slack token', pattern: /\bxox[abeoprs]-[\w-]{10,}/u },
  { kind: 'a Google API key', pattern: /\bAIza[\w-]{35}/u },
  { kind: 'a SendGrid key', pattern: /\bSG\.[\w-]{16,}\.[\w-]{16,}/u },
  { kind: 'an access token', pattern: /\b(?:npm_|hf_|gsk_|xai-|dop_v1_)[0-9A-Za-z]{30,}|\bpypi-[\w-]{40,}/u },
  { kind: 'an age key', pattern: /AGE-SECRET-KEY-1[0-9A-Z]{20,}/u },
  { kind: 'a password in a URL', pattern: /:\/\/[^\s/@:${]*:[^\s/@${}]{3,}@/u },
  { kind: 'a bearer token', pattern: /\b[Bb]earer (?=[\w.~+/=-]*\d)[\w.~+/=-]{16,}/u },
  { kind: 'a basic credential', pattern: /\b[Bb]asic (?=[A-Za-z0-9+/]*[A-Z0-9])[A-Za-z0-9+/]{12,}={0,2}(?![\w+/])/u },
];

/** Under a name that says so, an unbroken run of letters and digits is a credential of a shape we do not know. */
function namedSecret(key: string | number | undefined, value: string): string | undefined {
  if (typeof key !== 'string' || value.length < 16 || !secretName.test(key)) return undefined;
  if (!/^[\w+/=.~-]+$/.test(value) || !/[0-9]/.test(value) || !/[A-Za-z]/.test(value)) return undefined;
  return value.startsWith('PAWL_SECRET_') ? undefined : 'a credential';
}

const secretName =
  /(?:^|[-_])(?:api[-_]?key|token|secret|password|passwd|credentials?|authorization)$|(?:apiKey|Token|Secret|Password)$/iu;
