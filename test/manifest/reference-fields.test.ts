import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { referenceFields } from '../../src/manifest/reference-fields.ts';
import { kinds } from '../../src/manifest/resource.ts';
import { schemas } from '../../src/manifest/schemas.gen.ts';
import { schemaOf } from '../../src/manifest/validate.ts';
import { manifest, validateText } from './manifests.ts';

describe('the fields that name resources', () => {
  test.each(kinds)('of %s are those of its schema', (kind) => {
    const written = referenceFields(kind).map(({ steps }) => ['spec', ...steps].join('.'));
    expect(written.sort()).toEqual(namesIn(schemas[`${schemaOf[kind]}.schema.json`] ?? {}, '').sort());
  });
});

const definitions = schemas['common.schema.json']?.['$defs'] as Record<string, JsonObject>;

/** Paths of the schema's references and references to keys of Secrets. */
function namesIn(schema: JsonObject, path: string): string[] {
  const written = schema['$ref'];
  const shared = typeof written === 'string' ? written.replace('common.schema.json#/$defs/', '') : '';
  if (shared === 'reference' || shared === 'toolOrMemory' || shared === 'secretRef') return [path];
  const found = shared === '' ? [] : namesIn(definitions[shared] ?? {}, path);
  const below = (child: unknown, name: string): void => {
    if (typeof child !== 'object' || child === null) return;
    found.push(...namesIn(child as JsonObject, name === '' ? path : path === '' ? name : `${path}.${name}`));
  };
  for (const [name, child] of Object.entries((schema['properties'] ?? {}) as JsonObject)) below(child, name);
  below(schema['additionalProperties'], '*');
  below(schema['items'], '[]');
  below(schema['else'], '');
  return found;
}

describe('what a manifest names', () => {
  test('is found in lists and maps, with its place', () => {
    const text = manifest('Agent', 'a', '{modelRefs: [x, shared/y], prompt: Go., tools: [{toolRef: t}, {toolRef: u}]}');
    const named = validateText(text).manifests[0]?.references.map(
      ({ address, path }) => `${address} ${path.join('.')}`,
    );
    expect(named).toEqual([
      'ModelEndpoint/default/x spec.modelRefs.0',
      'ModelEndpoint/shared/y spec.modelRefs.1',
      'Tool/default/t spec.tools.0.toolRef',
      'Tool/default/u spec.tools.1.toolRef',
    ]);
  });

  test('is a Secret with its key', () => {
    const text = manifest('AlertReceiver', 'a', '{type: slack, secretRef: {name: hooks, key: url}}');
    expect(validateText(text).manifests[0]?.references).toEqual([
      {
        kind: 'Secret',
        address: 'Secret/default/hooks',
        namespace: 'default',
        name: 'hooks',
        key: 'url',
        restricts: false,
        path: ['spec', 'secretRef', 'name'],
      },
    ]);
  });

  test('is left out where it is in no name’s grammar', () => {
    const text = manifest('Workforce', 'w', '{owner: o, entryAgents: [A, ../b, 1, c/d/e]}');
    expect(validateText(text).manifests[0]?.references).toEqual([]);
  });

  test('is no use of what it only restricts or watches', () => {
    const rule = manifest('AlertRule', 'r', '{metric: queueDepth, threshold: 1, where: {pools: [p]}, receivers: [o]}');
    const [watched] = validateText(rule).manifests.map(({ references: named }) => named);
    expect(watched?.map(({ name, restricts }) => [name, restricts])).toEqual([
      ['o', false],
      ['p', true],
    ]);
  });
});
