import { nameText, scalarText, sortedKeys } from '../manifest/digest.ts';
import type { Json } from '../manifest/json.ts';

/** Texts of objects that many bundles hold; undefined until one is written. */
const texts = new WeakMap<object, string | undefined>();

/** Says that an object, which never changes again, is part of many bundles, so that its text is worth keeping. */
export function shared<T extends object>(value: T): T {
  texts.set(value, undefined);
  return value;
}

/**
 * RFC 8785 canonical JSON, as `canonicalText` writes it. Of a fleet's bundles nearly everything is the same tools and
 * verdicts again, which took three quarters of the time of compiling it.
 */
export function bundleText(value: Json): string {
  const pieces: string[] = [];
  write(value, pieces);
  return pieces.join('');
}

/** A long text within is copied once, at the end, and not at each level; one that is kept is one piece. */
function write(value: Json, pieces: string[]): void {
  if (typeof value !== 'object' || value === null) {
    pieces.push(scalarText(value));
    return;
  }
  const known = texts.get(value);
  if (known !== undefined) {
    pieces.push(known);
    return;
  }
  const from = pieces.length;
  if (Array.isArray(value)) writeList(value as readonly Json[], pieces);
  else writeObject(value as Readonly<Record<string, Json | undefined>>, pieces);
  if (texts.has(value)) {
    const text = pieces.splice(from).join('');
    texts.set(value, text);
    pieces.push(text);
  }
}

function writeList(values: readonly Json[], pieces: string[]): void {
  for (const [at, value] of values.entries()) {
    pieces.push(at === 0 ? '[' : ',');
    write(value, pieces);
  }
  pieces.push(values.length === 0 ? '[]' : ']');
}

function writeObject(value: Readonly<Record<string, Json | undefined>>, pieces: string[]): void {
  const keys = Object.keys(value);
  // Of plain words in order, as a fleet's lists of tools are, JSON is canonical as it is, and written at once.
  if (keys.every((key, at) => typeof value[key] === 'string' && (at === 0 || (keys[at - 1] ?? '') < key))) {
    pieces.push(JSON.stringify(value));
    return;
  }
  let sign: '{' | ',' = '{';
  for (const key of sortedKeys(value)) {
    const member = value[key];
    if (member === undefined) continue;
    pieces.push(nameText(key, sign));
    write(member, pieces);
    sign = ',';
  }
  pieces.push(sign === '{' ? '{}' : '}');
}
