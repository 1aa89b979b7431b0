import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { canonicalText, digest, rootOf } from '../../src/manifest/digest.ts';
import type { Json } from '../../src/manifest/json.ts';
import { parseDocuments } from '../../src/manifest/document.ts';
import { validate } from '../../src/manifest/validate.ts';
import { examples } from './estate-corpus.ts';
import { bytesOf, promptFiles, resolveTexts, validFiles } from './manifests.ts';

function rootOfTexts(
  files: Readonly<Record<string, string>>,
  prompts: Readonly<Record<string, string>> = promptFiles,
): string {
  const { resources, problems } = resolveTexts(files, { prompts });
  expect(problems).toEqual([]);
  return rootOf([...resources.values()].map(({ address, digest }) => [address, digest] as const));
}

const original = rootOfTexts(validFiles);

/** What may change without a meaning: the same documents, written by somebody else. */
const rewriting = fc.record({
  order: fc.shuffledSubarray(Object.keys(validFiles), { minLength: Object.keys(validFiles).length }),
  keySeed: fc.integer({ min: 0, max: 1_000_000 }),
  lines: fc.constantFrom('\n', '\r\n'),
  comments: fc.boolean(),
  json: fc.boolean(),
  status: fc.boolean(),
  texts: fc.boolean(),
});

test('the order of files and keys, comments, line ends, JSON, numbers as text and a status change no digest', () => {
  fc.assert(
    fc.property(rewriting, (how) => {
      const files: Record<string, string> = {};
      for (const [index, path] of how.order.entries()) {
        const documents = (validFiles[path] ?? '').split('---\n').map((text) => rewrite(parse(text), how));
        // JSON has one document to a file.
        if (how.json)
          for (const [part, value] of documents.entries())
            files[`${folderOf(path)}${index}-${part}.json`] = JSON.stringify(value, null, '\t');
        else
          files[path] = documents
            .map((value) => `${how.comments ? '# a comment\n' : ''}${stringify(value)}`)
            .join('---\n');
      }
      const written = Object.fromEntries(
        Object.entries(files).map(([path, text]) => [path, text.replaceAll('\n', how.lines)]),
      );
      const prompts = Object.fromEntries(
        Object.entries(promptFiles).map(([path, text]) => [path, text.replaceAll('\n', how.lines)]),
      );
      expect(rootOfTexts(written, prompts)).toBe(original);
    }),
    { numRuns: 100 },
  );
});

test.each(Object.keys(examples))('the same of %s by itself', (path) => {
  const text = examples[path] ?? '';
  const before = digestOf(text);
  expect(before).toMatch(/^[0-9a-f]{64}$/);
  fc.assert(
    fc.property(rewriting, (how) => {
      const value = rewrite(parse(text), how);
      const written = how.json
        ? JSON.stringify(value, null, '\t')
        : `${how.comments ? '# a comment\n' : ''}${stringify(value)}`;
      expect(digestOf(written.replaceAll('\n', how.lines))).toBe(before);
    }),
    { numRuns: 30 },
  );
});

/** Of what a manifest says itself, before files and libraries are read into it. */
function digestOf(text: string): string {
  const { documents, problems } = parseDocuments({ path: 'a.yaml', bytes: bytesOf(text) });
  const [document] = documents;
  if (document === undefined) throw new Error(problems[0]?.message ?? 'no document');
  const { content, problems: wrong } = validate(document);
  if (content === undefined) throw new Error(wrong[0]?.message ?? 'not valid');
  return digest(content.manifest);
}

test('a changed value, prompt or name changes it', () => {
  const changes: [string, string, string][] = [
    ['agents/triage.yaml', 'maxSteps: 5', 'maxSteps: 6'],
    ['models/fast.yaml', 'temperature: 0.7', 'temperature: 0.71'],
    ['policies/support.yaml', 'limit: 0.25', 'limit: 0.26'],
    ['systems/support.yaml', '"high"', '"low"'],
  ];
  const roots = changes.map(([path, from, to]) =>
    rootOfTexts({ ...validFiles, [path]: (validFiles[path] ?? '').replace(from, to) }),
  );
  const prompt = rootOfTexts(validFiles, { 'agents/prompts/triage.md': 'You sort tickets.\n' });
  expect(new Set([original, prompt, ...roots]).size).toBe(changes.length + 2);
});

test('a default that is written out is the default', () => {
  const text = (validFiles['agents/triage.yaml'] ?? '')
    .replace('    timeout: 2m', '    timeout: 2m\n    maxToolCalls: 50')
    .replace('  name: triage', '  name: triage\n  namespace: default');
  expect(rootOfTexts({ ...validFiles, 'agents/triage.yaml': text })).toBe(original);
});

type Rewriting = typeof rewriting extends fc.Arbitrary<infer T> ? T : never;

function rewrite(value: unknown, how: Rewriting): unknown {
  const shuffled = shuffleKeys(how.texts ? numbersAsText(value) : value, how.keySeed);
  return how.status && typeof shuffled === 'object' ? { ...shuffled, status: { phase: 'Ready' } } : shuffled;
}

function shuffleKeys(value: unknown, seed: number): unknown {
  if (Array.isArray(value)) return value.map((element) => shuffleKeys(element, seed));
  if (typeof value !== 'object' || value === null) return value;
  const rank = (key: string) =>
    Array.from(key).reduce((sum, character) => (sum * 31 + character.charCodeAt(0) + seed) % 9_973, seed);
  const entries = Object.entries(value).sort(([a], [b]) => rank(a) - rank(b));
  return Object.fromEntries(entries.map(([key, member]) => [key, shuffleKeys(member, seed)]));
}

/** Only where numbers may be written as text. */
function numbersAsText(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(numbersAsText);
  const fields = new Set(['temperature', 'maxOutputTokens', 'inputPerMTok', 'outputPerMTok', 'limit']);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, fields.has(key) ? String(member) : numbersAsText(member)]),
  );
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

test('canonical text is what another library makes of the same JSON', () => {
  const keys = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('__proto__', 'toJSON', '10', '9', 'é', '\u{1f600}'),
  );
  const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
      ),
      fc.array(tie('tree')),
      fc.array(fc.tuple(keys, tie('tree'))).map((entries) => Object.fromEntries(entries)),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      expect(canonicalText(value)).toBe(canonicalize(value));
    }),
    { numRuns: 2_000 },
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, '\ud800', { a: ['\udc00b'] }, { '\ud800': 1 }])(
  'what JSON cannot hold has no canonical text: %j',
  (value) => {
    expect(() => canonicalText(value)).toThrow('has no JSON form');
    expect(() => canonicalize(value)).toThrow();
  },
);

test('a list holds null where it holds nothing, and an object leaves out what is not there', () => {
  const value = { gone: undefined, list: [undefined, 1] } as unknown as Json;
  expect(canonicalText(value)).toBe('{"list":[null,1]}');
  expect(canonicalText(value)).toBe(canonicalize(value));
});
