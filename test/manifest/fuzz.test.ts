import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocuments } from '../../src/manifest/document.ts';
import { format } from '../../src/manifest/format.ts';
import { kinds } from '../../src/manifest/resource.ts';
import { validate } from '../../src/manifest/validate.ts';
import { estateTexts, outcomeOf } from './estate-outcome.ts';
import { expectSoon, expectSound, fuzzing } from './fuzz-outcome.ts';
import { canaryMutations, textMutated } from './mutation.ts';
import { bytesOf } from './manifests.ts';

// Here and in `fuzz-values.test.ts` there are 10,000 cases in all.
const anyFile = fc.constantFrom(...estateTexts.keys());
const manifestFile = fc.constantFrom(
  ...[...estateTexts.keys()].filter((path) => /^(base|overlay)\/[^/]*yaml$/.test(path)),
);

describe('whatever is done to a file, every outcome is a resource or a problem with its place', () => {
  const textOf = (path: string) => estateTexts.get(path) ?? '';

  test('to its characters and lines', { timeout: 120_000 }, () => {
    const cases = anyFile.chain((path) => fc.tuple(fc.constant(path), textMutated(textOf(path))));
    fc.assert(
      fc.property(cases, ([path, text]) => expectSound(path, text)),
      { ...fuzzing, numRuns: 3_500 },
    );
  });

  test('with a credential written somewhere in it', { timeout: 120_000 }, () => {
    const cases = anyFile.chain((path) => fc.tuple(fc.constant(path), canaryMutations(textOf(path))));
    fc.assert(
      fc.property(cases, ([path, text]) => expectSound(path, text)),
      { ...fuzzing, numRuns: 1_000 },
    );
  });
});

test('whatever can be formatted means what it meant, and is formatted', { timeout: 120_000 }, () => {
  const cases = manifestFile.chain((path) => textMutated(estateTexts.get(path) ?? ''));
  fc.assert(
    fc.property(cases, (text) => {
      const formatted = expectSoon(() => format({ path: 'a.yaml', bytes: bytesOf(text) }));
      if (formatted.kind !== 'manifest') return;
      const values = (yaml: string) =>
        parseDocuments({ path: 'a.yaml', bytes: bytesOf(yaml) }).documents.map(({ value }) => value);
      expect(values(formatted.after)).toEqual(values(text));
      const again = format({ path: 'a.yaml', bytes: bytesOf(formatted.after) });
      expect(again).toEqual({ kind: 'manifest', before: formatted.after, after: formatted.after });
    }),
    { ...fuzzing, numRuns: 500 },
  );
});

test('arbitrary bytes are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expectSoon(() => {
        const { documents } = parseDocuments({ path: 'a.yaml', bytes });
        for (const document of documents) expect(Array.isArray(validate(document).problems)).toBe(true);
      });
    }),
    { ...fuzzing, numRuns: 500 },
  );
});

test('the files that are changed are of every kind, with nothing wrong before', () => {
  const written = new Set(
    [...estateTexts.values()].flatMap((text) => [...text.matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind)),
  );
  expect(kinds.filter((kind) => !written.has(kind))).toEqual([]);
  const [[path, text] = ['', '']] = estateTexts;
  expect(outcomeOf(path, text).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
});
