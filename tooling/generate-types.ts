/**
 * Writes `src/manifest/types.gen.ts` (types of manifests as a snapshot holds them) and `src/manifest/schemas.gen.ts`
 * (the schemas as a module, so that `manifest/` reads no file) from `schemas/`. `--check` exits 1 when they are stale.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { digest } from '../src/manifest/digest.ts';
import type { Json } from '../src/manifest/json.ts';

type Schema = { [key: string]: unknown };

const root = new URL('..', import.meta.url);
const suffix = '.schema.json';
const banner =
  '// Generated from schemas/ by tooling/generate-types.ts. Do not edit: change the schema and run it again.\n';

const schemas = readSchemas();
const outputs = [
  { file: 'src/manifest/types.gen.ts', text: await typesModule(schemas) },
  { file: 'src/manifest/schemas.gen.ts', text: schemasModule(schemas) },
];
if (process.argv.includes('--check')) check();
else for (const output of outputs) writeFileSync(new URL(output.file, root), output.text);

function check(): void {
  const stale = outputs.filter((output) => readOrEmpty(output.file) !== output.text);
  for (const output of stale) process.stderr.write(`${output.file} is stale. Run tooling/generate-types.ts.\n`);
  process.exitCode = stale.length === 0 ? 0 : 1;
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(new URL(file, root), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function readSchemas(): Map<string, Schema> {
  const folder = new URL('schemas/', root);
  const files = readdirSync(folder).filter((file) => file.endsWith(suffix));
  return new Map(files.sort().map((file) => [file, asSchema(JSON.parse(readFileSync(new URL(file, folder), 'utf8')))]));
}

function schemasModule(all: Map<string, Schema>): string {
  const body = JSON.stringify(Object.fromEntries(all));
  const parsed: Json = JSON.parse(body);
  return `${banner}import type { JsonObject } from './json.ts';\n\n/** By file name. Text, because parsing JSON is several times faster than evaluating a literal of this size. */\nexport const schemas = JSON.parse(\n  ${JSON.stringify(body)},\n) as Readonly<Record<string, JsonObject>>;\n\n/** Changes whenever a default or a meaning of the manifest language does. */\nexport const schemaDigest = '${digest(parsed)}';\n`;
}

/** One combined schema, so that a type that several kinds share is declared once. */
async function typesModule(all: Map<string, Schema>): Promise<string> {
  const definitions: Schema = {};
  for (const [file, schema] of all) {
    if (file === `common${suffix}`) {
      const shared = asSchema(schema['$defs']);
      for (const name of Object.keys(shared))
        definitions[capital(name)] = resolved(asSchema(shared[name]), capital(name));
    } else {
      const name = String(schema['title']);
      definitions[name] = resolved(schema, name);
    }
  }
  // Our own schemas; the generator says what it cannot read.
  const combined = { title: 'Everything', type: 'object', additionalProperties: false, definitions } as JSONSchema;
  const text = await compile(combined, 'Everything', {
    bannerComment: '',
    additionalProperties: false,
    unreachableDefinitions: true,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 120, semi: true },
  });
  // The combined schema is scaffolding: nothing of it belongs into the types or their comments.
  const own = text
    .replace(
      / \*\n \* This interface was referenced by `Everything`'s JSON-Schema\n \* via the `definition` "\w+"\.\n/g,
      '',
    )
    .replace(/export interface Everything \{\s*\}\s*/, '');
  return `${banner}import type { Json, JsonObject } from './json.ts';\n\n${own.trim()}\n`;
}

/**
 * The schema of what a snapshot holds: defaults are there, numbers are numbers, files are read in, and what only
 * restricts combinations of fields (and would turn into unions that help nobody) is left out.
 */
function resolved(schema: Schema, name: string | undefined): Schema {
  const canonical =
    schema['x-resolved'] === undefined ? schema : { ...schema, oneOf: undefined, ...asSchema(schema['x-resolved']) };
  const result: Schema = {};
  if (name !== undefined) result['title'] = name;
  if (typeof canonical['description'] === 'string') result['description'] = canonical['description'];
  if (typeof canonical['$ref'] === 'string') return { $ref: localReference(canonical['$ref']) };
  if (name === 'JsonSchema') return { ...result, type: 'object', tsType: 'JsonObject' };
  for (const key of ['type', 'enum', 'const']) if (canonical[key] !== undefined) result[key] = canonical[key];
  if (canonical['items'] !== undefined) result['items'] = resolved(asSchema(canonical['items']), undefined);
  const open = canonical['additionalProperties'];
  if (typeof open === 'object') result['additionalProperties'] = resolved(asSchema(open), undefined);
  else if (open === false) result['additionalProperties'] = false;
  if (canonical['properties'] !== undefined) Object.assign(result, resolvedProperties(canonical));
  else if (canonical['type'] === 'object' && typeof open !== 'object') result['tsType'] = 'JsonObject';
  if (canonical['type'] === undefined && canonical['const'] === undefined && canonical['enum'] === undefined)
    result['tsType'] = 'Json';
  if (Array.isArray(canonical['type']) && canonical['type'].includes('object'))
    result['tsType'] = 'string | JsonObject';
  return result;
}

function resolvedProperties(schema: Schema): Schema {
  const properties: Schema = {};
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  for (const [key, value] of Object.entries(asSchema(schema['properties']))) {
    const property = asSchema(value);
    if (property['default'] !== undefined) required.add(key);
    if (property['x-reads'] === 'prompt') required.add('prompt');
    else if (property['x-reads'] === 'script') properties['script'] = { $ref: '#/definitions/Script' };
    else properties[key] = resolved(property, undefined);
  }
  return { properties, required: [...required] };
}

function localReference(reference: string): string {
  return `#/definitions/${capital(reference.slice(reference.lastIndexOf('/') + 1))}`;
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function asSchema(value: unknown): Schema {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('a schema is an object');
  return value as Schema;
}
