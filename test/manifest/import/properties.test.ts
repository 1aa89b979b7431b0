import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Json } from '../../../src/manifest/json.ts';
import { reportOf } from '../../../src/manifest/import/report.ts';
import { importTexts } from '../../support/import.ts';
import { foreignEstate } from './foreign-estate-fixture.ts';

/** What becomes of a value somewhere in a document: nothing of a manifest is safe from its authors. */
type Change = { readonly at: number; readonly to: Json | undefined };

const values: readonly (Json | undefined)[] = [
  undefined,
  null,
  '',
  'a',
  -1,
  0,
  1e9,
  true,
  [],
  {},
  ['a', { b: null }],
  'x'.repeat(300),
  '../../x',
  '\u001b[31m',
  '${ input }',
  '{{ x }}',
  'shared/thing',
  { name: 'a', key: 'b' },
];

const change = fc.record({ at: fc.nat(), to: fc.constantFrom(...values) });
const documents = foreignEstate.map((text) => parse(text) as Json);

const estate = fc.array(
  fc.record({ index: fc.nat(documents.length - 1), changes: fc.array(change, { maxLength: 2 }) }),
  { minLength: 1, maxLength: documents.length },
);

test('whatever the documents, nothing fails or vanishes, and what is written is valid', () => {
  fc.assert(
    fc.property(estate, (chosen) => {
      const texts = chosen.map(({ index, changes }) => stringify(changes.reduce(changed, documents[index] ?? null)));
      const imported = importTexts(texts.join('---\n'));
      const report = reportOf(imported);
      expect(report.mapped + report.ignored + report.refused).toBe(report.documents);
      expect(report.documents).toBe(chosen.length);
      expect(imported.resolved.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(imported.resolved.resources.size).toBe(imported.resources.length);
      expect(Object.keys(report.byCode).filter((code) => /defect|unread/.test(code))).toEqual([]);
    }),
    { seed: 8, numRuns: 100, endOnFailure: true },
  );
});

test('the same documents in any order and in any files come to the same manifests', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...foreignEstate], { minLength: foreignEstate.length }), (texts) => {
      const files = Object.fromEntries(texts.map((text, index) => [`${index}.yaml`, text]));
      const specs = (one: ReturnType<typeof importTexts>) =>
        one.resources.map(({ kind, namespace, name, spec }) => JSON.stringify([kind, namespace, name, spec])).sort();
      expect(specs(importTexts(files))).toEqual(specs(importTexts(foreignEstate.join('---\n'))));
    }),
    { seed: 8, numRuns: 5 },
  );
});

/** The document with one of its values, counted from the top, replaced or left out. */
function changed(document: Json, { at, to }: Change): Json {
  let left = at % Math.max(1, count(document));
  const visit = (value: Json): Json | undefined => {
    left -= 1;
    if (left === -1) return to;
    if (Array.isArray(value)) return value.flatMap((one) => visit(one) ?? []);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, one]) => {
        const next = visit(one);
        return next === undefined ? [] : [[key, next] as const];
      }),
    );
  };
  return visit(document) ?? null;
}

function count(value: Json): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, one: Json) => sum + count(one), 1);
}
