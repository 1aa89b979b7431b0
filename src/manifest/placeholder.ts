import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { didYouMean } from './nearest.ts';
import { shownText } from './shown.ts';
import type { Finding, Path } from './text.ts';

export type PlacedFinding = Finding & { readonly path: Path };

/** Placeholders, `{name}`, that no argument of a tool fills, in some fields of the block of its type. */
export function placeholderFindings(spec: JsonObject, block: string, fields: readonly string[]): PlacedFinding[] {
  const inputSchema = objectAt(spec, 'inputSchema');
  const properties = inputSchema['properties'];
  // Without `properties` the schema names no argument, and nothing can be said of a placeholder.
  if (!isJsonObject(properties)) return [];
  const severity = inputSchema['additionalProperties'] === false ? 'error' : 'warning';
  const names = Object.keys(properties);
  const findings: PlacedFinding[] = [];
  for (const field of fields) {
    for (const { name, path } of placeholders(objectAt(spec, block)[field] ?? null, [block, field])) {
      if (names.includes(name)) continue;
      const help = didYouMean(name, names) ?? (names.length === 0 ? undefined : `Arguments: ${names.join(', ')}.`);
      findings.push({
        code: 'tool.placeholder',
        severity,
        message: `\`inputSchema\` has no argument \`${shownText(name)}\`.`,
        path,
        help,
      });
    }
  }
  return findings;
}

const placeholder = /\{([A-Za-z_][A-Za-z0-9_-]*)\}/g;

function placeholders(value: Json, path: Path): { readonly name: string; readonly path: Path }[] {
  if (typeof value === 'string') return [...value.matchAll(placeholder)].map(([, name = '']) => ({ name, path }));
  if (isJsonObject(value))
    return Object.entries(value).flatMap(([key, member]) => placeholders(member, [...path, key]));
  if (Array.isArray(value)) return value.flatMap((member: Json, index) => placeholders(member, [...path, index]));
  return [];
}
