import type { Json } from '../manifest/json.ts';

/** Texts of objects that many bundles hold: a tool that a thousand systems use is written once. */
export type Fragments = WeakMap<object, string>;

/**
 * RFC 8785 canonical JSON, as `canonicalText` writes it. Of a fleet's bundles nearly everything is the same tools again,
 * which took three quarters of the time of compiling it; `shared` says whose text is worth keeping.
 */
export function bundleText(
  value: Json,
  shared: { readonly fragments: Fragments; readonly has: (value: object) => boolean },
): string {
  if (typeof value !== 'object' || value === null) return scalarText(value);
  const known = shared.fragments.get(value);
  if (known !== undefined) return known;
  const text = Array.isArray(value)
    ? `[${(value as readonly Json[]).map((entry) => bundleText(entry, shared)).join(',')}]`
    : objectText(value as Readonly<Record<string, Json>>, shared);
  if (shared.has(value)) shared.fragments.set(value, text);
  return text;
}

function objectText(
  value: Readonly<Record<string, Json | undefined>>,
  shared: Parameters<typeof bundleText>[1],
): string {
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${bundleText(member, shared)}`;
  }
  return `{${text}}`;
}

function scalarText(value: string | number | boolean | null): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('value has no JSON form');
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError('value has no JSON form');
  return text;
}
