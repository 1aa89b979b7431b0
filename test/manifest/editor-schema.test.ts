import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { editorSchema, editorSchemaPath, schemaText } from '../../src/manifest/editor-schema.ts';
import { isManifestPath } from '../../src/manifest/file-name.ts';
import { kinds } from '../../src/manifest/resource.ts';

const example = new URL('../../example-repo/', import.meta.url);

/** Every manifest of the example repository, and its `pawl.yaml`. */
function manifestsOfExample(): { file: string; manifest: unknown }[] {
  const files = readdirSync(example, { recursive: true, encoding: 'utf8' });
  const named = files
    .filter((file) => /\.ya?ml$/.test(file) && !/\.script\.yaml$|(^|\/)\.|pawl\.lock/.test(file))
    .sort();
  return named.flatMap((file) =>
    parseAllDocuments(readFileSync(new URL(file, example), 'utf8')).map((document) => ({
      file,
      manifest: document.toJS() as unknown,
    })),
  );
}

const drafts = [
  ['07', new Ajv({ strict: false, allErrors: true })],
  ['2020-12', new Ajv2020({ strict: false, allErrors: true })],
] as const;

describe.each(drafts)('the umbrella schema in draft %s', (draft, ajv) => {
  const schema: object = JSON.parse(schemaText(undefined, draft));
  const validate = ajv.compile(schema);
  const errorsOf = (manifest: object): string[] => {
    validate(manifest);
    return (validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
  };
  const agent = { apiVersion: 'pawl/v1', kind: 'Agent', metadata: { name: 'a' } };

  test('is a schema of that draft, and refers to nothing outside itself', () => {
    expect(ajv.validateSchema(schema)).toBe(true);
    const references = [...JSON.stringify(schema).matchAll(/"\$ref":"([^"]*)"/g)].map(
      ([, reference]) => reference ?? '',
    );
    expect(references.length).toBeGreaterThan(kinds.length);
    expect(references.filter((reference) => !reference.startsWith('#/'))).toEqual([]);
  });

  test('has nothing in it that only pawl reads', () => {
    expect(JSON.stringify(schema)).not.toMatch(/"x-[a-z]+":|pawl-duration/);
  });

  test.each(manifestsOfExample())('accepts a manifest of $file', ({ manifest }) => {
    expect([validate(manifest), validate.errors]).toEqual([true, null]);
  });

  test('finds a wrong kind at `kind`, and says nothing else', () => {
    expect(errorsOf({ ...agent, kind: 'Agnet', spec: {} })).toEqual(['/kind enum']);
  });

  test('tells kinds apart by the whole word, so that an editor offers no fields of a kind whose name is longer', () => {
    expect(schema).toMatchObject({
      allOf: kinds.map((kind) => ({ if: { properties: { kind: { type: 'string', pattern: `^${kind}$` } } } })),
    });
  });

  test('finds what is wrong inside a kind', () => {
    const spec = { modelRef: 'm', prompt: 'x' };
    expect(errorsOf({ ...agent, spec })).toEqual([]);
    expect(errorsOf({ ...agent, spec: { ...spec, tols: [] } })).toContain('/spec additionalProperties');
    expect(errorsOf({ ...agent, spec: { ...spec, limits: { maxSteps: 'x' } } })).toContain(
      '/spec/limits/maxSteps type',
    );
    expect(errorsOf({ ...agent, spec: { ...spec, limits: { timeout: '5 m' } } })).toContain(
      '/spec/limits/timeout pattern',
    );
    expect(errorsOf({ ...agent, metadata: { name: 'A b' }, spec })).toContain('/metadata/name pattern');
    expect(errorsOf({ ...agent, metadata: {}, spec })).toContain('/metadata required');
  });

  test('takes a document without a kind for pawl.yaml where it declares environments', () => {
    const environment = { name: 'production', branch: 'main', paths: ['agents'] };
    expect(errorsOf({ apiVersion: 'pawl/v1', environments: [environment] })).toEqual([]);
    expect(errorsOf({ apiVersion: 'pawl/v1', environments: [{ ...environment, aply: 'auto' }] })).toContain(
      '/environments/0 additionalProperties',
    );
    expect(errorsOf({ apiVersion: 'pawl/v1' })).toContain(' required');
  });

  test('leaves a status block alone, as pawl does', () => {
    expect(errorsOf({ ...agent, spec: { modelRef: 'm', prompt: 'x' }, status: { ready: true } })).toEqual([]);
  });
});

test.each([...kinds, 'PawlSettings', 'Script'])('the schema of %s stands alone in both drafts', (title) => {
  for (const [draft, ajv] of drafts) {
    const schema: object = JSON.parse(schemaText(title, draft));
    expect(ajv.validateSchema(schema)).toBe(true);
    expect(() => ajv.compile(schema)).not.toThrow();
    expect(schema).toMatchObject({ title });
  }
});

test('editors are given the umbrella in draft 07, at a path that is never read as a manifest', () => {
  expect(editorSchema()).toBe(schemaText(undefined, '07'));
  expect(isManifestPath(editorSchemaPath)).toBe(false);
});
