// Cuts what the tests' double of GitHub serves out of GitHub's own description of its API and webhooks:
//   npm pack @octokit/openapi@<version> @octokit/openapi-webhooks@<version>   (and unpack each)
//   npx tsx tooling/slice-github.ts <folder of openapi> <folder of openapi-webhooks>
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { routes, webhookNames } from '../test/support/github/routes.ts';

type Fields = Readonly<Record<string, unknown>>;

const target = new URL('../test/support/github/fixtures/', import.meta.url);
/** Prose, and what only other programs read. In a map of properties these are names and stay. */
const prose = new Set(['description', 'title', 'example', 'examples', 'externalDocs', 'tags', 'summary', 'headers']);

const [apiFolder, webhooksFolder] = process.argv.slice(2);
if (apiFolder === undefined || webhooksFolder === undefined) {
  throw new Error('Give the folders of the unpacked @octokit/openapi and @octokit/openapi-webhooks.');
}
const api = described(apiFolder);
const paths: Record<string, Record<string, unknown>> = {};
for (const { method, path } of routes) {
  const operation = fieldsAt(api.description, 'paths', path, method.toLowerCase());
  paths[path] = { ...paths[path], [method.toLowerCase()]: stripped(operation) };
}
write('openapi.json', { from: api.from, paths, components: reachable(api.description, paths) });

const hooks = described(webhooksFolder);
const webhooks: Record<string, unknown> = {};
for (const name of webhookNames) {
  const body = fieldsAt(hooks.description, 'webhooks', name, 'post', 'requestBody', 'content', 'application/json');
  webhooks[name] = stripped(body['schema']);
}
write('webhooks.json', { from: hooks.from, webhooks, components: reachable(hooks.description, webhooks) });

function described(folder: string): { readonly from: string; readonly description: Fields } {
  const { name, version } = fieldsAt(read(join(folder, 'package.json')));
  const description = read(join(folder, 'generated/api.github.com.json'));
  return { from: `${String(name)}@${String(version)}, generated/api.github.com.json`, description };
}

function read(path: string): Fields {
  return fieldsAt(JSON.parse(readFileSync(path, 'utf8')));
}

function fieldsAt(value: unknown, ...path: readonly string[]): Fields {
  let at = value;
  for (const name of path) {
    at = isFields(at) ? at[name] : undefined;
    if (at === undefined) throw new Error(`GitHub's description has no ${path.join(' ')}`);
  }
  if (!isFields(at)) throw new Error(`${path.join(' ')} is no object`);
  return at;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stripped(value: unknown, isNames = false): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => stripped(one));
  if (!isFields(value)) return value;
  const kept = Object.entries(value).filter(([name]) => isNames || !(prose.has(name) || name.startsWith('x-')));
  return Object.fromEntries(
    kept.map(([name, inner]) => [name, stripped(inner, !isNames && ['properties', 'responses'].includes(name))]),
  );
}

/** Every component that is named, and those that they name. */
function reachable(description: Fields, from: unknown): Fields {
  const found: Record<string, Record<string, unknown>> = {};
  const waiting = refsIn(from);
  for (let at = 0; at < waiting.length; at += 1) {
    const [, , kind = '', name = ''] = (waiting[at] ?? '').split('/');
    if (found[kind]?.[name] !== undefined) continue;
    const component = stripped(fieldsAt(description, 'components', kind, name));
    found[kind] = { ...found[kind], [name]: component };
    waiting.push(...refsIn(component));
  }
  return found;
}

function refsIn(value: unknown): string[] {
  return [...JSON.stringify(value).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
}

/** A line for each path, event and component, so that a later version shows what GitHub has changed. */
function write(name: string, slice: Fields): void {
  const parts = Object.entries(slice).map(
    ([key, value]) => `${JSON.stringify(key)}: ${lines(value, key === 'components')}`,
  );
  const text = `{\n${parts.join(',\n')}\n}\n`;
  writeFileSync(new URL(name, target), text);
  process.stdout.write(`${name}: ${Math.round(text.length / 1024)} KiB\n`);
}

function lines(value: unknown, isNested: boolean): string {
  if (!isFields(value)) return JSON.stringify(value);
  const each = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = each.map(
    ([key, inner]) => `${JSON.stringify(key)}: ${isNested ? lines(inner, false) : JSON.stringify(inner)}`,
  );
  return `{\n${parts.join(',\n')}\n}`;
}
