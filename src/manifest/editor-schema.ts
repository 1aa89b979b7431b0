import { isJsonList, isJsonObject, type Json, type JsonObject } from './json.ts';
import { kinds } from './resource.ts';
import { descriptionOf, followed, schemaTitled } from './schema-field.ts';
import { missingFieldPart, missingKindPart } from './support.ts';

/** `07` is what editors read; `2020-12` is what pawl's own schemas are written in. */
export type SchemaDraft = '07' | '2020-12';

/** Where a repository keeps the schema for its editors: in a folder whose name keeps it from being read as a manifest. */
export const editorSchemaPath = '.schemas/pawl.schema.json';

/** The schema of every manifest and of `pawl.yaml`, in one file that refers to no other: for editors, offline. */
export function editorSchema(): string {
  return schemaText(undefined, '07');
}

/** The schema of one kind, of `PawlSettings` or of `Script`, or of them all, as a file. */
export function schemaText(title: string | undefined, draft: SchemaDraft): string {
  return `${JSON.stringify(title === undefined ? umbrella(draft) : standalone(title, draft), null, 1)}\n`;
}

function standalone(title: string, draft: SchemaDraft): JsonObject {
  return { $schema: drafts[draft].uri, ...titled(title, draft), [drafts[draft].definitions]: shared(draft) };
}

/** What the kind is decides what is checked, so that an editor completes the fields of that kind alone. */
function umbrella(draft: SchemaDraft): JsonObject {
  const { uri, definitions } = drafts[draft];
  const titles = [...kinds, 'PawlSettings'];
  const isSettings = { required: ['environments'], not: { required: ['kind'] } };
  return {
    $schema: uri,
    title: 'pawl',
    description: 'A manifest of pawl, or `pawl.yaml` at the root of a repository.',
    type: 'object',
    required: ['apiVersion'],
    properties: {
      apiVersion: { const: 'pawl/v1', description: 'The version of the manifest language.' },
      kind: { enum: [...kinds], description: `The kind of the resource.\n\n${kindLines()}` },
    },
    if: isSettings,
    then: { $ref: `#/${definitions}/PawlSettings` },
    else: { required: ['kind', 'metadata', 'spec'] },
    allOf: kinds.map((kind) => ({
      // Not `const`: while completing, the YAML language server takes a value for every longer one that it begins, and
      // would offer the fields of AgentPolicy in an Agent.
      if: { required: ['kind'], properties: { kind: { type: 'string', pattern: `^${kind}$` } } },
      then: { $ref: `#/${definitions}/${kind}` },
    })),
    [definitions]: { ...shared(draft), ...Object.fromEntries(titles.map((title) => [title, titled(title, draft)])) },
  };
}

function kindLines(): string {
  return kinds.map((kind) => `- \`${kind}\`: ${descriptionOf(schemaTitled(kind))}`).join('\n');
}

const drafts = {
  '07': { uri: 'http://json-schema.org/draft-07/schema#', definitions: 'definitions' },
  '2020-12': { uri: 'https://json-schema.org/draft/2020-12/schema', definitions: '$defs' },
} as const;

/** What every kind has is written once; everything else stands where it is used, with what its field says about it. */
function shared(draft: SchemaDraft): JsonObject {
  const metadata = followed({ $ref: metadataReference });
  return { metadata: translated(metadata, { draft, title: '*', path: ['metadata'] }) };
}

const metadataReference = 'common.schema.json#/$defs/metadata';

function titled(title: string, draft: SchemaDraft): JsonObject {
  const schema = schemaTitled(title);
  if (schema === undefined) throw new TypeError(`there is no schema ${title}`);
  const { $schema: _draft, ...rest } = translated(schema, { draft, title, path: [] });
  const { properties } = rest;
  if (!isJsonObject(properties) || properties['metadata'] === undefined) return rest;
  const status = { description: 'What another tool wrote about the resource; pawl does not read it.' };
  return { ...rest, properties: { ...properties, status } };
}

interface At {
  readonly draft: SchemaDraft;
  readonly title: string;
  readonly path: readonly string[];
}

/** Self-contained, in the given draft, without what only pawl reads. */
function translated(schema: JsonObject, at: At): JsonObject {
  if (schema['$ref'] === metadataReference) return { $ref: `#/${drafts[at.draft].definitions}/metadata` };
  const result: { [key: string]: Json } = {};
  for (const [keyword, value] of Object.entries(followed(schema))) {
    if (keyword.startsWith('x-')) continue;
    if (keyword === 'format' && value === 'pawl-duration') result['pattern'] = '^[0-9]+(ms|s|m|h)$';
    else result[keyword] = keywordValue(keyword, value, at);
  }
  const note = noteOf(at);
  if (note !== undefined) result['description'] = `${descriptionOf(result)}\n\n${note}`.trim();
  return result;
}

function keywordValue(keyword: string, value: Json, at: At): Json {
  const inside = (child: Json, ...steps: readonly string[]): Json =>
    isJsonObject(child) ? translated(child, { ...at, path: [...at.path, ...steps] }) : child;
  switch (keyword) {
    case 'properties':
      return mapped(value, (child, name) => inside(child, name));
    case 'items':
      return inside(value, '[]');
    case 'additionalProperties':
      return inside(value, '*');
    case 'allOf':
    case 'anyOf':
    case 'oneOf':
      return isJsonList(value) ? value.map((child) => branch(child, at)) : value;
    case 'if':
    case 'then':
    case 'else':
    case 'not':
    case 'propertyNames':
      return branch(value, at);
    default:
      return value;
  }
}

/** A branch is no field: what is said of its field is said once. */
function branch(schema: Json, at: At): Json {
  if (!isJsonObject(schema)) return schema;
  return translated(schema, { ...at, title: '' });
}

function mapped(value: Json, change: (child: Json, name: string) => Json): Json {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, change(child, name)]));
}

/** Said once, at the outermost field that waits for a part of pawl. */
function noteOf({ title, path }: At): string | undefined {
  if (title === '') return undefined;
  const part = path.length === 0 ? missingKindPart(title) : missingFieldPart(title, path);
  if (part === undefined) return undefined;
  const isSaid = missingKindPart(title) !== undefined && path.length > 0;
  if (isSaid || (path.length > 0 && missingFieldPart(title, path.slice(0, -1)) !== undefined)) return undefined;
  return `This build checks it and does not apply it: it lacks ${part}.`;
}
