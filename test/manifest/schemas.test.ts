import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { explain } from '../../src/codes.ts';
import { manifestCodes } from '../../src/manifest/codes.ts';
import { schemas } from '../../src/manifest/schemas.gen.ts';

const root = new URL('../../', import.meta.url);

describe('the schemas', () => {
  const ajv = new Ajv2020({ strict: false });

  test.each(Object.keys(schemas))(
    '%s is a JSON Schema 2020-12 that refuses unknown fields and describes every field',
    (file) => {
      const schema = schemas[file];
      expect(schema).toBeDefined();
      expect(ajv.validateSchema(schema ?? {})).toBe(true);
      expect(faultsOf(schema, '')).toEqual([]);
    },
  );

  test('the generated modules are fresh', { timeout: 60_000 }, () => {
    const tsx = new URL('node_modules/.bin/tsx', root).pathname;
    execFileSync(tsx, ['tooling/generate-types.ts', '--check'], { cwd: root.pathname, stdio: 'pipe' });
  });
});

test('every code that the sources use is in a registry, and the registry of manifests has no other', () => {
  const folder = new URL('src/manifest/', root);
  const used = new Set<string>();
  for (const file of readdirSync(folder)) {
    if (file.endsWith('codes.ts') || file.endsWith('.gen.ts')) continue;
    // Risk classes of a plan have names of the same form.
    const text = readFileSync(new URL(file, folder), 'utf8').replace(/const risks = \[[^\]]*\]/, '');
    for (const [, code] of text.matchAll(
      /'((?:yaml|limits|manifest|environment|reference|grant|policy|prompt|schema|secret|tool|graph|expression|settings)\.[a-z_]+)'/g,
    )) {
      if (code !== undefined) used.add(code);
    }
  }
  expect([...used].filter((code) => explain(code) === undefined)).toEqual([]);
  expect(Object.keys(manifestCodes).filter((code) => !used.has(code) && code !== 'settings.missing')).toEqual([]);
});

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
