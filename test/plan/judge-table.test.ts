import { describe, expect, test } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../src/manifest/json.ts';
import { type Kind, kinds } from '../../src/manifest/resource.ts';
import { schemas } from '../../src/manifest/schemas.gen.ts';
import { schemaOf } from '../../src/manifest/validate.ts';
import { rowFor } from '../../src/plan/judge.ts';
import { judgeRules } from '../../src/plan/judge-rules.ts';

describe('the table', () => {
  test.each(kinds)('has a row for every field of %s', (kind) => {
    expect(leavesOf(kind).filter((path) => rowFor(kind, path.split('.')) === undefined)).toEqual([]);
  });

  test.each(kinds)('has no row for what %s does not have', (kind) => {
    const leaves = leavesOf(kind);
    // What resolution reads in is in no schema.
    const made = Object.keys(judgeRules[kind]).filter((row) => row === 'spec.script' || row.startsWith('spec.pinned.'));
    const unknown = Object.keys(judgeRules[kind]).filter(
      (row) =>
        !made.includes(row) && !leaves.some((leaf) => leaf === row || leaf.startsWith(`${row}.`) || fits(row, leaf)),
    );
    expect(unknown).toEqual([]);
  });
});

function fits(row: string, leaf: string): boolean {
  const [pattern, path] = [row.split('.'), leaf.split('.')];
  return (
    pattern.length <= path.length && pattern.every((part, at) => part === '*' || part === path[at] || path[at] === '*')
  );
}

/** Every field of a kind's schema that holds no further fields, `*` for keys of maps and entries of lists. */
function leavesOf(kind: Kind): readonly string[] {
  const schema = schemas[`${schemaOf[kind]}.schema.json`];
  const properties = isJsonObject(schema?.['properties']) ? schema['properties'] : {};
  return [...new Set(['metadata', 'spec'].flatMap((part) => leaves(properties[part], part)))];
}

function leaves(schema: Json | undefined, path: string, depth = 0): readonly string[] {
  if (!isJsonObject(schema) || depth > 12) return [path];
  const { $ref } = schema;
  if (typeof $ref === 'string') {
    const definitions = schemas['common.schema.json']?.['$defs'];
    const name = $ref.split('/').at(-1) ?? '';
    if (isJsonObject(definitions) && definitions[name] !== undefined) return leaves(definitions[name], path, depth + 1);
  }
  const parts = [
    schema,
    ...['allOf', 'anyOf', 'oneOf'].flatMap((key) => (Array.isArray(schema[key]) ? (schema[key] as Json[]) : [])),
  ];
  const found = parts.flatMap((part) => {
    if (!isJsonObject(part)) return [];
    const named = isJsonObject(part['properties']) ? Object.entries(part['properties']) : [];
    const rest = [part['items'], part['additionalProperties']].filter(isJsonObject);
    return [
      ...named.flatMap(([key, child]) => leaves(child, `${path}.${key}`, depth + 1)),
      ...rest.flatMap((child) => (hasFields(child) ? leaves(child, `${path}.*`, depth + 1) : [path])),
    ];
  });
  return found.length === 0 ? [path] : found;
}

function hasFields(schema: JsonObject): boolean {
  return ['properties', '$ref', 'items', 'additionalProperties', 'anyOf', 'oneOf'].some(
    (key) => schema[key] !== undefined,
  );
}
