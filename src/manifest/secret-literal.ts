import { isJsonList, isJsonObject, type Json } from './json.ts';
import { namedInText, namedSecret } from './secret-name.ts';
import { mayHoldShape, secretShapes, type SecretSpan } from './secret-shape.ts';
import type { Path } from './text.ts';

const shortest = 12;

/** What makes a text look like a credential; undefined: nothing does. The text itself is never part of the answer. */
export function secretKind(text: string): string | undefined {
  return secretSpans(text)[0]?.kind;
}

/** Where the first text of that kind begins. */
export function secretOffset(text: string): number {
  return secretSpans(text)[0]?.start ?? 0;
}

/** Every stretch of a text that looks like a credential, in order. */
export function secretSpans(text: string): readonly SecretSpan[] {
  if (text.length < shortest) return [];
  const plain = withoutFiles(text);
  const shaped = secretShapes(plain);
  if (!mayHoldName.test(plain)) return shaped;
  return [...shaped, ...namedInText(plain)].sort((a, b) => a.start - b.start);
}

/** Whether it is worth looking closer: one pass that almost all text ends. */
export function mayHoldSecret(text: string): boolean {
  return mayHoldShape(text) || mayHoldName.test(text);
}

/** Text that may be shown: what looks like a credential is masked, character for character. */
export function maskSecrets(text: string): string {
  const parts: string[] = [];
  let done = 0;
  for (const { start, end } of secretSpans(text)) {
    if (end <= done) continue;
    parts.push(text.slice(done, start), '•'.repeat(end - Math.max(done, start)));
    done = end;
  }
  return done === 0 ? text : parts.join('') + text.slice(done);
}

/** Where the texts of a value look like credentials, and of which kind. Keys are looked at too. */
export function findSecrets(value: Json): FoundSecret[] {
  const found: FoundSecret[] = [];
  search(value, [], (path, kind, part) => found.push({ path: [...path], kind, part }));
  return found;
}

export interface FoundSecret {
  readonly path: Path;
  readonly kind: string;
  readonly part: 'key' | 'value';
}

type Found = (path: Path, kind: string, part: 'key' | 'value') => void;

/** A word before the colon is cheap to look for, and almost no text has one. */
const mayHoldName = /(?:key|token|secret|passw(?:or)?d|pwd|passphrase|credentials?|authorization)["']?\s{0,3}[:=]/iu;

/** Images and other files in base64 hold any letters in any order: they are left out, character for character. */
function withoutFiles(text: string): string {
  if (!text.includes(';base64,')) return text;
  return text.replace(/(?<=;base64,)[A-Za-z0-9+/=]+/g, (file) => ' '.repeat(file.length));
}

function search(value: Json, path: (string | number)[], found: Found): void {
  if (typeof value === 'string') {
    const kind = secretKind(value) ?? namedSecret(String(path.at(-1) ?? ''), value);
    if (kind !== undefined) found(path, kind, 'value');
  } else if (isJsonObject(value)) {
    for (const key of Object.keys(value)) {
      path.push(key);
      const kind = secretKind(key);
      if (kind !== undefined) found(path, kind, 'key');
      search(value[key] ?? null, path, found);
      path.pop();
    }
    searchPair(value, path, found);
  } else if (isJsonList(value)) {
    for (const [index, element] of value.entries()) {
      path.push(index);
      search(element, path, found);
      searchOption(value[index - 1], element, () => found(path, 'a credential', 'value'));
      path.pop();
    }
  }
}

/** `{ name: API_TOKEN, value: … }`: variables and headers. */
function searchPair(pair: Readonly<Record<string, Json>>, path: readonly (string | number)[], found: Found): void {
  const { name, value } = pair;
  if (typeof name !== 'string' || typeof value !== 'string' || secretKind(value) !== undefined) return;
  const kind = namedSecret(name, value);
  if (kind !== undefined) found([...path, 'value'], kind, 'value');
}

/** `--token`, and its value as the next argument. */
function searchOption(option: Json | undefined, value: Json, found: () => void): void {
  if (typeof option !== 'string' || typeof value !== 'string' || !/^--?[\w-]{1,64}$/.test(option)) return;
  if (secretKind(value) === undefined && namedSecret(option, value) !== undefined) found();
}
