import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { didYouMean } from './nearest.ts';
import { shownText } from './shown.ts';
import type { Finding, Path } from './text.ts';

/** What is wrong with the request of an http tool: whom it asks is the author's choice, what it sends has a name. */
export function httpToolFindings(spec: JsonObject): (Finding & { readonly path: Path })[] {
  const http = objectAt(spec, 'http');
  const findings: (Finding & { readonly path: Path })[] = [];
  const url = http['url'];
  if (typeof url === 'string' && /^https?:\/\/[^/?#]*[{}]/.test(url)) {
    const message = 'The host of the URL holds a placeholder: an argument would choose whom the tool asks.';
    findings.push({ code: 'tool.host', message, path: ['http', 'url'], help: 'Write the host out.' });
  }
  const inputSchema = objectAt(spec, 'inputSchema');
  const properties = inputSchema['properties'];
  // Without `properties` the schema names no argument, and nothing can be said of a placeholder.
  if (!isJsonObject(properties)) return findings;
  const severity = inputSchema['additionalProperties'] === false ? 'error' : 'warning';
  const names = Object.keys(properties);
  for (const field of ['url', 'headers', 'query', 'body']) {
    for (const { name, path } of placeholders(http[field] ?? null, ['http', field])) {
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
