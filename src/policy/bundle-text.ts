import { scalarText } from '../manifest/digest.ts';
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
  if (typeof value !== 'object' || value === null) return scalarText(value);
  const known = texts.get(value);
  if (known !== undefined) return known;
  // Joined and not added up, so that a text that is kept is one piece and not a tree of pieces.
  const text = Array.isArray(value)
    ? `[${(value as readonly Json[]).map(bundleText).join(',')}]`
    : objectText(value as Readonly<Record<string, Json>>);
  if (texts.has(value)) texts.set(value, text);
  return text;
}

function objectText(value: Readonly<Record<string, Json | undefined>>): string {
  const keys = Object.keys(value);
  // Of plain words in order, as a fleet's lists of tools are, JSON is canonical as it is, and written at once.
  if (keys.every((key, at) => typeof value[key] === 'string' && (at === 0 || (keys[at - 1] ?? '') < key)))
    return JSON.stringify(value);
  const members: string[] = [];
  for (const key of keys.sort()) {
    const member = value[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${bundleText(member)}`);
  }
  return `{${members.join(',')}}`;
}
