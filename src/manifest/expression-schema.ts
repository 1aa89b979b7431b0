import {
  dyn,
  type Field,
  listOf,
  type MapType,
  membersOf,
  scalar,
  unionOf,
  type ValueType,
} from './expression-type.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject } from './json.ts';
import { localTargets } from './json-schema-target.ts';

const known = new WeakMap<JsonObject, ValueType>();

/**
 * The type of the values that a JSON Schema lets through: as exact as it can be said, and where it cannot, wider. What
 * a schema only forbids (`not`, `if`, patterns, bounds) is left out.
 */
export function typeOfSchema(schema: JsonObject): ValueType {
  let type = known.get(schema);
  if (type === undefined) {
    type = new SchemaReader(schema).typeOf(schema);
    known.set(schema, type);
  }
  return type;
}

class SchemaReader {
  readonly #root: JsonObject;
  #targets: ReadonlyMap<string, Json> | undefined;
  readonly #types = new Map<JsonObject, ValueType>();

  constructor(root: JsonObject) {
    this.#root = root;
  }

  typeOf(schema: Json): ValueType {
    if (!isJsonObject(schema)) return dyn;
    const type = this.#types.get(schema);
    if (type !== undefined) return type;
    // A reference that comes back to here before it descends says nothing more.
    this.#types.set(schema, dyn);
    const read = this.#read(schema);
    this.#types.set(schema, read);
    return read;
  }

  #read(schema: JsonObject): ValueType {
    let type = this.#own(schema);
    const { $ref } = schema;
    if (typeof $ref === 'string') {
      this.#targets ??= localTargets(this.#root);
      type = both(type, this.typeOf(this.#targets.get($ref) ?? true));
    }
    for (const member of listed(schema['allOf'])) type = both(type, this.typeOf(member));
    for (const keyword of ['anyOf', 'oneOf']) {
      const members = listed(schema[keyword]);
      if (members.length > 0) type = both(type, unionOf(members.map((member) => this.typeOf(member))));
    }
    return type;
  }

  /** What the schema says without those that it refers to. */
  #own(schema: JsonObject): ValueType {
    if (schema['const'] !== undefined) return typeOfValue(schema['const']);
    if (isJsonList(schema['enum'])) return unionOf(schema['enum'].map(typeOfValue));
    const { type } = schema;
    if (isJsonList(type)) return unionOf(type.map((name) => this.#named(name, schema)));
    if (type !== undefined) return this.#named(type, schema);
    // Only maps have properties: an author who lists them means a map.
    if (['properties', 'required', 'additionalProperties'].some((keyword) => schema[keyword] !== undefined))
      return this.#map(schema);
    return ['items', 'prefixItems'].some((keyword) => schema[keyword] !== undefined) ? this.#list(schema) : dyn;
  }

  #named(name: Json, schema: JsonObject): ValueType {
    switch (name) {
      case 'null':
        return scalar('null');
      case 'boolean':
        return scalar('bool');
      case 'string':
        return scalar('string');
      case 'integer':
        return scalar('int');
      // A whole number is an int to CEL, whatever the schema calls it.
      case 'number':
        return unionOf([scalar('int'), scalar('double')]);
      case 'array':
        return this.#list(schema);
      case 'object':
        return this.#map(schema);
      default:
        return dyn;
    }
  }

  #list(schema: JsonObject): ValueType {
    const { items, prefixItems } = schema;
    const element = (): ValueType =>
      unionOf([...listed(prefixItems), items ?? true].map((member) => this.typeOf(member)));
    return { kind: 'list', element: once(element) };
  }

  #map(schema: JsonObject): MapType {
    const { properties, additionalProperties, patternProperties } = schema;
    const fields = (): ReadonlyMap<string, Field> => {
      const required = new Set(listed(schema['required']));
      const found = new Map<string, Field>();
      for (const [name, member] of Object.entries(isJsonObject(properties) ? properties : {}))
        found.set(name, { type: once(() => this.typeOf(member)), required: required.has(name) });
      for (const name of required)
        if (typeof name === 'string' && !found.has(name)) found.set(name, { type: () => dyn, required: true });
      return found;
    };
    // Patterns of names are not matched here: any name may be one of theirs.
    if (isJsonObject(patternProperties)) return { kind: 'map', fields: once(fields), rest: () => dyn };
    if (additionalProperties === false) return { kind: 'map', fields: once(fields), rest: 'closed' };
    if (!isJsonObject(additionalProperties)) return { kind: 'map', fields: once(fields), rest: 'open' };
    return { kind: 'map', fields: once(fields), rest: once(() => this.typeOf(additionalProperties)) };
  }
}

/** The type of one value. */
export function typeOfValue(value: Json): ValueType {
  if (value === null) return scalar('null');
  if (typeof value === 'string') return scalar('string', [value]);
  if (typeof value === 'boolean') return scalar('bool', [value]);
  if (typeof value === 'number') return scalar(Number.isSafeInteger(value) ? 'int' : 'double', [value]);
  if (isJsonList(value)) return listOf(value.length === 0 ? dyn : unionOf(value.map(typeOfValue)));
  const fields = Object.entries(value).map(([name, member]): [string, Field] => [
    name,
    { type: () => typeOfValue(member), required: true },
  ]);
  return { kind: 'map', fields: () => new Map(fields), rest: 'closed' };
}

/** Values that are of both types. */
function both(a: ValueType, b: ValueType): ValueType {
  if (a.kind === 'dyn') return b;
  if (b.kind === 'dyn') return a;
  const members: ValueType[] = [];
  for (const left of membersOf(a)) for (const right of membersOf(b)) members.push(...meet(left, right));
  return members.length === 0 ? a : unionOf(members);
}

function meet(a: ValueType, b: ValueType): ValueType[] {
  if (a.kind === 'map' && b.kind === 'map') return [merged(a, b)];
  if (a.kind === 'list' && b.kind === 'list')
    return [{ kind: 'list', element: once(() => both(a.element(), b.element())) }];
  if (a.kind !== 'scalar' || b.kind !== 'scalar' || a.name !== b.name) return [];
  if (a.values === undefined || b.values === undefined) return [a.values === undefined ? b : a];
  const { values } = b;
  const shared = a.values.filter((value) => values.includes(value));
  return shared.length === 0 ? [] : [scalar(a.name, shared)];
}

function merged(a: MapType, b: MapType): MapType {
  const fields = (): ReadonlyMap<string, Field> => {
    const found = new Map(a.fields());
    for (const [name, field] of b.fields()) {
      const other = found.get(name);
      const type = other === undefined ? field.type : once(() => both(other.type(), field.type()));
      found.set(name, { type, required: field.required || other?.required === true });
    }
    return found;
  };
  const rest = a.rest === 'closed' || b.rest === 'open' ? a.rest : b.rest;
  return { kind: 'map', fields: once(fields), rest };
}

function listed(value: Json | undefined): readonly Json[] {
  return value !== undefined && isJsonList(value) ? value : [];
}

/** Computed when it is first asked for: a schema may refer to itself. */
function once<T>(compute: () => T): () => T {
  let result: { readonly value: T } | undefined;
  return () => {
    result ??= { value: compute() };
    return result.value;
  };
}
