import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { Kind } from './resource.ts';
import { followed, schemaTitled } from './schema-field.ts';

/** A number that may be written as text: what it counts, and so how it is read and kept. */
export type NumberUnit = 'plain' | 'microUsd' | 'bytes';

/** Where a manifest of one kind may hold numbers that are written as text. */
export interface NumberFields {
  readonly unit: NumberUnit | undefined;
  readonly children: ReadonlyMap<string, NumberFields>;
  /** Members of a map and entries of a list, whatever their key. */
  readonly any: NumberFields | undefined;
}

const known = new Map<Kind, NumberFields | undefined>();

/** By the `x-resolved` of the kind's schema; undefined where it has none. */
export function numberFieldsOf(kind: Kind): NumberFields | undefined {
  if (!known.has(kind)) known.set(kind, fieldsIn(schemaTitled(kind)));
  return known.get(kind);
}

/** Undefined where nothing below is such a number, so that a walk over such a part costs nothing. */
function fieldsIn(described: Json | undefined): NumberFields | undefined {
  if (!isJsonObject(described)) return undefined;
  const schema = followed(described);
  const unit = unitOf(schema);
  if (unit !== undefined) return { unit, children: new Map(), any: undefined };
  const children = new Map<string, NumberFields>();
  for (const [name, child] of Object.entries(isJsonObject(schema['properties']) ? schema['properties'] : {})) {
    const fields = fieldsIn(child);
    if (fields !== undefined) children.set(name, fields);
  }
  const any = fieldsIn(schema['additionalProperties']) ?? fieldsIn(schema['items']);
  return children.size > 0 || any !== undefined ? { unit: undefined, children, any } : undefined;
}

function unitOf(schema: JsonObject): NumberUnit | undefined {
  const resolved = schema['x-resolved'];
  const types = schema['type'];
  if (!isJsonObject(resolved) || !Array.isArray(types) || !types.includes('string')) return undefined;
  const { type, unit } = resolved;
  if (type !== 'number' && type !== 'integer') return undefined;
  return unit === 'microUsd' || unit === 'bytes' ? unit : 'plain';
}
