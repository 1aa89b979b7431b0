import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { explain } from '../../src/codes.ts';
import { importCodes } from '../../src/manifest/import/codes.ts';
import { manifestCodes } from '../../src/manifest/codes.ts';
import { parseDuration } from '../../src/manifest/duration.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import { kinds } from '../../src/manifest/resource.ts';
import { fieldsTitled, pathText, type SchemaField, withInner } from '../../src/manifest/schema-field.ts';
import { schemas } from '../../src/manifest/schemas.gen.ts';

const isDuration = (text: string): boolean => parseDuration(text) !== undefined;

const root = new URL('../../', import.meta.url);

describe('the schemas', () => {
  const ajv = new Ajv2020({ strict: false });
  const strict = new Ajv2020({ strict: false, formats: { 'pawl-duration': isDuration } });
  for (const [file, schema] of Object.entries(schemas)) strict.addSchema(schema, file);

  test.each(Object.keys(schemas))(
    '%s is a JSON Schema 2020-12 that refuses unknown fields and describes every field',
    (file) => {
      const schema = schemas[file];
      expect(schema).toBeDefined();
      expect(ajv.validateSchema(schema ?? {})).toBe(true);
      expect(faultsOf(schema, '')).toEqual([]);
    },
  );

  test.each(kinds)('every field of %s is bounded, and says how a change of it reaches running runs', (kind) => {
    const spec = fieldsTitled(kind).find(({ path }) => path[0] === 'spec');
    expect(spec).toBeDefined();
    expect(spec === undefined ? [] : openFields(spec, false)).toEqual([]);
  });

  test.each(kinds)('every example of %s is right', (kind) => {
    const spec = fieldsTitled(kind).flatMap(withInner);
    const faults = spec.flatMap(({ path, schema }) => {
      const examples = Array.isArray(schema['examples']) ? schema['examples'] : [];
      const validate = strict.compile(schema);
      return examples.filter((example) => !validate(example)).map(() => pathText(path));
    });
    expect(faults).toEqual([]);
  });

  test('the generated modules are fresh', () => {
    const tsx = new URL('node_modules/.bin/tsx', root).pathname;
    execFileSync(tsx, ['tooling/generate-types.ts', '--check'], { cwd: root.pathname, stdio: 'pipe' });
  });
});

test('every code that the sources use is in a registry, and the registry of manifests has no other', () => {
  const folder = new URL('src/manifest/', root);
  const used = new Set<string>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('codes.ts') || file.endsWith('.gen.ts')) continue;
    // Risk classes of a plan have names of the same form.
    const text = readFileSync(new URL(file, folder), 'utf8').replace(/const risks = \[[^\]]*\]/, '');
    for (const [, code] of text.matchAll(
      /'((?:yaml|limits|manifest|environment|reference|grant|policy|prompt|schema|secret|tool|graph|expression|settings|work|pool|memory|import)\.[a-z_]+)'/g,
    )) {
      if (code !== undefined) used.add(code);
    }
  }
  expect([...used].filter((code) => explain(code) === undefined)).toEqual([]);
  expect(Object.keys(manifestCodes).filter((code) => !used.has(code) && code !== 'settings.missing')).toEqual([]);
  // Said where files are read and written.
  expect(Object.keys(importCodes).filter((code) => !used.has(code))).toEqual([
    'import.link',
    'import.too_much',
    'import.exists',
  ]);
});

/** Where a text, a list, a map or a number may grow without end, or a change has no rule. */
function openFields({ path, schema, fields }: SchemaField, ruled: boolean): string[] {
  const faults: string[] = [];
  const types = [schema['type']].flat();
  const lacks = (type: string, ...bounds: string[]): void => {
    if (types.includes(type) && !bounds.some((bound) => schema[bound] !== undefined))
      faults.push(`${pathText(path)} has no ${bounds[0]}`);
  };
  if (!isBounded(schema)) lacks('string', 'maxLength', 'const', 'enum', 'format', 'then', 'anyOf');
  lacks('array', 'maxItems', 'else');
  for (const bound of ['minimum', 'maximum']) for (const type of ['number', 'integer']) lacks(type, bound);
  if (typeof schema['additionalProperties'] === 'object') lacks('object', 'maxProperties');
  const isRuled = ruled || schema['x-propagation'] !== undefined;
  if (!isRuled && fields.length === 0) faults.push(`${pathText(path)} has no x-propagation`);
  return faults.concat(fields.flatMap((field) => openFields(field, isRuled)));
}

/** A pattern without repetition that has no end. */
function isBounded({ pattern }: JsonObject): boolean {
  return typeof pattern === 'string' && !/[*+]|,\}/.test(pattern.replace(/\\.|\[[^\]]*\]/g, ''));
}

/** Every field says what it is, and every object is closed or says what its members are. */
function faultsOf(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = schema as Record<string, unknown>;
  const faults: string[] = [];
  const properties = own['properties'] as Record<string, Record<string, unknown>> | undefined;
  if (properties !== undefined && !/\/(if|then|else)$/.test(path)) {
    if (own['additionalProperties'] !== false) faults.push(`${path} is open`);
    for (const [name, field] of Object.entries(properties))
      if (typeof field['description'] !== 'string') faults.push(`${path}/${name} says nothing`);
  }
  const inner = Object.entries(own).filter(([key]) => key !== 'examples' && key !== 'default');
  return faults.concat(inner.flatMap(([key, value]) => faultsOf(value, `${path}/${key}`)));
}
