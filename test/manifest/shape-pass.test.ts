import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyOf, readNumbers, type Draft } from '../../src/manifest/canonical.ts';
import { parseDocuments } from '../../src/manifest/document.ts';
import { isJsonObject, type Json } from '../../src/manifest/json.ts';
import { kinds } from '../../src/manifest/resource.ts';
import { schemas } from '../../src/manifest/schemas.gen.ts';
import { shapeErrors } from '../../src/manifest/shape-errors.ts';
import { passesShape } from '../../src/manifest/shape-pass.ts';
import { schemaOf } from '../../src/manifest/validate.ts';
import { estateTexts } from './estate-outcome.ts';
import { fuzzing } from './fuzz-outcome.ts';
import { bytesOf } from './manifests.ts';
import { structured } from './mutation.ts';

/** What is said without the schema checker is what the checker says, and the value is what the checker makes of it. */
function expectSameVerdict(file: string, value: Json): void {
  const [plain, checked] = [copyOf(value), copyOf(value)];
  const errors = shapeErrors(file, checked);
  expect(passesShape(file, plain), JSON.stringify(errors[0]?.schemaPath)).toBe(errors.length === 0);
  expect(plain).toEqual(errors.length === 0 ? checked : value);
}

function documentsOf(path: string, text: string): readonly { readonly file: string; readonly value: Json }[] {
  const { documents } = parseDocuments({ path, bytes: bytesOf(text) });
  return documents.flatMap(({ value }) => {
    if (path === 'pawl.yaml') return [{ file: 'pawl.schema.json', value }];
    if (path === 'pawl.lock.yaml') return [{ file: 'lock.schema.json', value }];
    if (path.includes('.script.')) return [{ file: 'script.schema.json', value }];
    const kind = kinds.find((known) => isJsonObject(value) && value['kind'] === known);
    if (kind === undefined) return [];
    const draft = copyOf(value) as Draft;
    readNumbers(kind, draft);
    return [{ file: `${schemaOf[kind]}.schema.json`, value: draft }];
  });
}

const texts = [...estateTexts].filter(([path]) => path.endsWith('yaml'));

test.each(texts)('%s passes without the checker as with it', (path, text) => {
  for (const { file, value } of documentsOf(path, text)) expectSameVerdict(file, value);
});

test('every schema uses only what is known', () => {
  for (const file of Object.keys(schemas)) expect(typeof passesShape(file, {})).toBe('boolean');
});

test('whatever is done to the values of a manifest, both say the same', { timeout: 120_000 }, () => {
  const cases = fc.constantFrom(...texts).chain(([path, text]) => fc.tuple(fc.constant(path), structured(text)));
  fc.assert(
    fc.property(cases, ([path, text]) => {
      for (const { file, value } of documentsOf(path, text)) expectSameVerdict(file, value);
    }),
    { ...fuzzing, numRuns: 1_500 },
  );
});

const examples = Object.entries(schemas).flatMap(([file, { examples = [] }]) =>
  (Array.isArray(examples) ? examples : []).map((example: Json): [string, Json] => [file, example]),
);

test.each(examples)(
  'an example of %s, and what is left of it when anything is taken away, or is something else',
  (file, example) => {
    expectSameVerdict(file, example);
    for (const changed of changesOf(example)) expectSameVerdict(file, changed);
  },
);

/** Each with one value taken away, or of another type, or beyond all bounds. */
function* changesOf(value: Json): Generator<Json> {
  for (const strange of strangers) yield strange;
  if (Array.isArray(value)) {
    yield [...value, ...value];
    for (const [index, entry] of value.entries()) {
      yield value.toSpliced(index, 1);
      for (const changed of changesOf(entry)) yield value.with(index, changed);
    }
  } else if (isJsonObject(value)) {
    yield { ...value, strange: 1 };
    for (const [key, member] of Object.entries(value)) {
      const { [key]: _taken, ...rest } = value;
      yield rest;
      for (const changed of changesOf(member)) yield { ...value, [key]: changed };
    }
  }
}

const strangers: readonly Json[] = [null, true, -1, 2 ** 52, '', 'X y', '30s', ['a', 'a'], {}];
