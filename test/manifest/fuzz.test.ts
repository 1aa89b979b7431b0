import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codes } from '../../src/codes.ts';
import { parseDocuments } from '../../src/manifest/document.ts';
import { excerptLine } from '../../src/manifest/excerpt.ts';
import { resolve } from '../../src/manifest/resolve.ts';
import { validate } from '../../src/manifest/validate.ts';
import { bytesOf, validFiles } from './manifests.ts';

/** Pieces that mean something to YAML, to JSON Schema, to CEL or to an attacker. */
const pieces = [
  '\n',
  '  ',
  ': ',
  '- ',
  '? ',
  '[',
  ']',
  '{',
  '}',
  '&a ',
  '*a',
  '!!binary ',
  '!x ',
  '<<: ',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '| \n',
  '>-\n',
  '"',
  "'",
  '#',
  '\t',
  '\r',
  '\0',
  '\ufeff',
  '\u202e',
  '\ud800',
  '__proto__: 1\n',
  'constructor: ',
  '~',
  'null',
  '.nan',
  '1e400',
  '-0',
  '90071992547409931234',
  '${',
  '${ nodes.x.output }',
  '}',
  '{{ x }}',
  'output.all(a, a.all(b, b))',
  'status: {}\n',
  'true',
  '0x1f',
  'apiVersion: pawl/v1\n',
  'kind: Agent\n',
  'spec: {}\n',
  '$ref: "#"\n',
  '(?=x)',
  'é',
  '😀',
  '../',
  '/',
  ' @ ',
  '`',
];

type Mutation = { readonly at: number; readonly cut: number; readonly put: string };

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat({ max: 1_200 }),
  cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat({ max: 40 }) }),
  put: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...pieces) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
    { weight: 1, arbitrary: fc.constant('') },
  ),
});

const mutated = fc
  .tuple(fc.constantFrom(...Object.values(validFiles)), fc.array(mutation, { minLength: 1, maxLength: 4 }))
  .map(([text, mutations]) =>
    mutations.reduce(
      (now, { at, cut, put }) => now.slice(0, at % (now.length + 1)) + put + now.slice((at % (now.length + 1)) + cut),
      text,
    ),
  );

test('whatever is done to a valid document, every outcome is a resource or a problem with its place, never a crash', () => {
  fc.assert(
    fc.property(mutated, (text) => {
      const parsed = parseDocuments({ path: 'a.yaml', bytes: bytesOf(text) });
      const validated = parsed.documents.map(validate);
      const { resources, problems } = resolve(validated, new Map(), {});
      const lines = text.split('\n').length;
      for (const problem of [...parsed.problems, ...problems]) {
        expect(Object.keys(codes)).toContain(problem.code);
        expect(problem.line).toBeGreaterThanOrEqual(1);
        expect(problem.line).toBeLessThanOrEqual(lines);
        expect(problem.column).toBeGreaterThanOrEqual(1);
        expect(problem.message.length).toBeLessThan(600);
        excerptLine(text, problem);
      }
      for (const { digest, address } of resources.values())
        expect(`${address} ${digest}`).toMatch(/^\w+\/[-a-z0-9]+\/[-a-z0-9]+ [0-9a-f]{64}$/);
    }),
    { numRuns: 2_000 },
  );
}, 60_000);

test('arbitrary bytes are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const { documents } = parseDocuments({ path: 'a.yaml', bytes });
      for (const document of documents) expect(Array.isArray(validate(document).problems)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
