import { isJsonList, isJsonObject, type Json, type JsonObject } from './json.ts';
import { descriptionOf, fieldsTitled, followed, pathText, type SchemaField, schemaTitled } from './schema-field.ts';
import { type Support, supportOf } from './support.ts';

/** When a change of a field reaches runs that have started. */
export type Propagation = 'pinned' | 'stricterOfBoth' | 'live';

/** What there is to say about a kind or one of its fields. */
export interface FieldDoc {
  /** The kind, or `PawlSettings`. */
  readonly title: string;
  readonly path: readonly string[];
  /** In words: `list of texts`. */
  readonly type: string;
  readonly description: string;
  readonly required: boolean;
  readonly default: Json | undefined;
  readonly values: readonly string[];
  /** In words: `at least 1`. */
  readonly bounds: readonly string[];
  readonly pattern: string | undefined;
  readonly examples: readonly Json[];
  readonly propagation: Propagation | undefined;
  readonly sensitive: boolean;
  readonly support: Support;
  readonly fields: readonly FieldDoc[];
}

/** What a kind is, with all its fields; undefined where there is no such kind. */
export function documented(title: string): FieldDoc | undefined {
  const known = documents.get(title);
  if (known !== undefined) return known;
  const schema = schemaTitled(title);
  if (schema === undefined) return undefined;
  const made = docOf({ path: [], schema, required: true, fields: fieldsTitled(title) }, { title });
  documents.set(title, made);
  return made;
}

const documents = new Map<string, FieldDoc>();

/** Documents that are files of one name go by that name. */
const fileNames: Readonly<Record<string, string>> = { PawlSettings: 'pawl.yaml', Lock: 'pawl.lock.yaml' };

/** `Agent.spec.tools[].toolRef`; of `pawl.yaml`, `pawl.yaml.environments[].name`. */
export function docName({ title, path }: Pick<FieldDoc, 'title' | 'path'>): string {
  const shown = fileNames[title] ?? title;
  return path.length === 0 ? shown : `${shown}.${pathText(path)}`;
}

export const propagationWords: Readonly<Record<Propagation, string>> = {
  pinned: 'A run keeps the value that it started with.',
  stricterOfBoth: 'Tightening it reaches running runs at their next call; loosening it reaches new runs only.',
  live: 'A new value holds at once, for running runs too.',
};

/** What a field has from the one that it is in. */
interface Inherited {
  readonly title: string;
  readonly propagation?: Propagation | undefined;
  readonly sensitive?: boolean;
}

function docOf({ path, schema, required, fields }: SchemaField, inherited: Inherited): FieldDoc {
  const { title } = inherited;
  const propagation = propagationOf(schema) ?? inherited.propagation;
  const sensitive = schema['x-sensitive'] === true || inherited.sensitive === true;
  const isKind = path.length === 0;
  return {
    title,
    path,
    type: typeWords(schema),
    description: descriptionOf(schema),
    required,
    default: schema['default'],
    values: valuesOf(schema),
    bounds: boundsOf(schema),
    pattern: typeof schema['pattern'] === 'string' ? schema['pattern'] : undefined,
    examples: isJsonList(schema['examples']) ? schema['examples'] : [],
    propagation: isKind ? undefined : propagation,
    sensitive,
    support: supportOf(title, path),
    fields: fields.map((field) => docOf(field, { title, propagation, sensitive })),
  };
}

function propagationOf(schema: JsonObject): Propagation | undefined {
  const written = schema['x-propagation'];
  return written === 'pinned' || written === 'stricterOfBoth' || written === 'live' ? written : undefined;
}

function valuesOf(schema: JsonObject): string[] {
  const items = schema['items'];
  if (isJsonList(schema['enum'])) return schema['enum'].map(String);
  const only = schema['const'];
  if (typeof only === 'string' || typeof only === 'boolean') return [String(only)];
  return isJsonObject(items) ? valuesOf(followed(items)) : [];
}

const plain: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: ['text', 'texts'],
  integer: ['whole number', 'whole numbers'],
  number: ['number', 'numbers'],
  boolean: ['true or false', 'true or false'],
  object: ['map', 'maps'],
  array: ['list', 'lists'],
};

/** `text`, `list of maps`, `map of texts`, `text or map`. */
function typeWords(schema: JsonObject): string {
  return namesOf(schema)
    .map((name) => {
      if (name === 'array') return `list of ${manyOf(schema['items'])}`;
      const members = schema['additionalProperties'];
      if (name === 'object' && isJsonObject(members)) return `map of ${manyOf(members)}`;
      if (name === 'string' && schema['format'] === 'pawl-duration') return 'duration';
      return plain[name]?.[0] ?? name;
    })
    .join(' or ');
}

function manyOf(schema: Json | undefined): string {
  if (!isJsonObject(schema)) return 'anything';
  return namesOf(followed(schema))
    .map((name) => plain[name]?.[1] ?? name)
    .join(' or ');
}

function namesOf(schema: JsonObject): string[] {
  const { type, properties } = schema;
  if (isJsonList(type)) return type.map(String);
  if (typeof type === 'string') return [type];
  if (typeof schema['const'] === 'boolean') return ['boolean'];
  if (schema['enum'] !== undefined || schema['const'] !== undefined) return ['string'];
  return isJsonObject(properties) ? ['object'] : ['anything'];
}

/** With `#` for the number. */
const boundWords: Readonly<Record<string, string>> = {
  minimum: 'at least #',
  exclusiveMinimum: 'more than #',
  maximum: 'at most #',
  exclusiveMaximum: 'less than #',
  multipleOf: 'a multiple of #',
  maxLength: 'at most # characters',
  minItems: 'at least # entries',
  maxItems: 'at most # entries',
  minProperties: 'at least # entries',
  maxProperties: 'at most # entries',
};

function boundsOf(schema: JsonObject): string[] {
  const bounds = Object.entries(boundWords).flatMap(([keyword, words]) => {
    const bound = schema[keyword];
    if (typeof bound !== 'number') return [];
    return [words.replace('#', String(bound)).replace(/\b1 entries/, '1 entry')];
  });
  return schema['uniqueItems'] === true ? [...bounds, 'no entry twice'] : bounds;
}
