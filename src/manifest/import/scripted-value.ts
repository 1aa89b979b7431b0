import { isJsonList, isJsonObject, own, type Json, type JsonObject } from '../json.ts';

const depthMax = 12;

/** A plain value that satisfies a JSON Schema, as far as its usual words say; texts say whose answer it is. */
export function valueOf(schema: Json | undefined, word: string): Json {
  return isJsonObject(schema) ? valueAt(schema, { root: schema, word, depth: 0 }) : null;
}

interface Place {
  readonly root: JsonObject;
  readonly word: string;
  readonly depth: number;
}

function valueAt(written: Json | undefined, place: Place): Json {
  if (!isJsonObject(written) || place.depth > depthMax) return null;
  const schema = merged(written, place);
  const fixed = fixedValue(schema);
  if (fixed !== undefined) return fixed;
  const within = { ...place, depth: place.depth + 1 };
  switch (typeOf(schema)) {
    case 'object':
      return objectOf(schema, within);
    case 'array':
      return Array.from({ length: Math.min(numberAt(schema, 'minItems') ?? 1, 100) }, () =>
        valueAt(own(schema, 'items') ?? { type: 'string' }, within),
      );
    case 'string':
      return textOf(schema, place.word);
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'boolean':
      return true;
    default:
      return null;
  }
}

/** What several schemas say together; of alternatives the first. */
function merged(schema: JsonObject, place: Place): JsonObject {
  const reference = own(schema, '$ref');
  const parts: Json[] = [schema];
  if (typeof reference === 'string' && reference.startsWith('#')) parts.push(lookUp(reference, place.root));
  for (const word of ['anyOf', 'oneOf']) {
    const list = own(schema, word);
    if (isJsonList(list) && list[0] !== undefined) parts.push(list[0]);
  }
  const all = own(schema, 'allOf');
  if (isJsonList(all)) parts.push(...all);
  return parts.filter(isJsonObject).reduce((one, other) => ({
    ...one,
    ...other,
    properties: { ...objectIn(one, 'properties'), ...objectIn(other, 'properties') },
  }));
}

function lookUp(reference: string, root: JsonObject): Json {
  let at: Json | undefined = root;
  for (const part of reference
    .slice(1)
    .split('/')
    .filter((one) => one !== ''))
    at = isJsonObject(at) ? own(at, part.replaceAll('~1', '/').replaceAll('~0', '~')) : undefined;
  return at ?? {};
}

function objectIn(schema: JsonObject, field: string): JsonObject {
  const found = own(schema, field);
  return isJsonObject(found) ? found : {};
}

function fixedValue(schema: JsonObject): Json | undefined {
  if (own(schema, 'const') !== undefined) return own(schema, 'const');
  for (const word of ['enum', 'examples']) {
    const list = own(schema, word);
    if (isJsonList(list) && list[0] !== undefined) return list[0];
  }
  return own(schema, 'default');
}

function typeOf(schema: JsonObject): string {
  const type = own(schema, 'type');
  if (typeof type === 'string') return type;
  if (isJsonList(type) && typeof type[0] === 'string') return type[0];
  if (Object.keys(objectIn(schema, 'properties')).length > 0) return 'object';
  return own(schema, 'items') === undefined ? 'string' : 'array';
}

function objectOf(schema: JsonObject, place: Place): JsonObject {
  const properties = Object.entries(objectIn(schema, 'properties'));
  const fields = Object.fromEntries(properties.map(([name, below]) => [name, valueAt(below, place)]));
  const required = own(schema, 'required');
  for (const name of isJsonList(required) ? required : [])
    if (typeof name === 'string' && !Object.hasOwn(fields, name)) fields[name] = place.word;
  return fields;
}

const formats: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  'date-time': '2026-01-01T00:00:00Z',
  time: '00:00:00Z',
  email: 'somebody@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

function textOf(schema: JsonObject, word: string): string {
  const format = own(schema, 'format');
  const known = typeof format === 'string' && Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (known !== undefined) return known;
  const least = Math.min(numberAt(schema, 'minLength') ?? 0, 10_000);
  return word.padEnd(least, '.').slice(0, numberAt(schema, 'maxLength') ?? 10_000);
}

function numberOf(schema: JsonObject): number {
  const above = numberAt(schema, 'exclusiveMinimum');
  const least = numberAt(schema, 'minimum') ?? (above === undefined ? undefined : above + 1);
  const most = numberAt(schema, 'maximum') ?? numberAt(schema, 'exclusiveMaximum');
  const step = numberAt(schema, 'multipleOf') ?? 1;
  if (least !== undefined) return Math.ceil(least / step) * step;
  return most === undefined || most >= step ? step : Math.floor((most - 1) / step) * step;
}

function numberAt(schema: JsonObject, word: string): number | undefined {
  const found = own(schema, word);
  return typeof found === 'number' ? found : undefined;
}
