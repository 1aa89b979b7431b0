import { describe, expect, test } from 'vitest';
import { parseDocuments } from '../../src/manifest/document.ts';
import { isManifestPath } from '../../src/manifest/file-name.ts';
import { validateFileSizes } from '../../src/manifest/limits.ts';
import { at, bytesOf } from './manifests.ts';
import { stopwatch } from './stopwatch.ts';

const parse = (text: string, path = 'a.yaml') => parseDocuments({ path, bytes: bytesOf(text) });
const problemsOf = (text: string) => parse(text).problems.map(at);
const valuesOf = (text: string, path = 'a.yaml') => parse(text, path).documents.map(({ value }) => value);

describe('what YAML would read in two ways is refused', () => {
  test('a billion laughs is refused as an alias in under 100 ms', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level += 1) {
      lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
    }
    // Of this process's time, the least of several: other work on the machine is not what is measured.
    const tookMs = Array.from({ length: 5 }, () => {
      const spent = stopwatch();
      expect(parse(lines.join('\n')).problems.map(({ code }) => code)).toEqual(['yaml.alias']);
      return spent();
    });
    expect(Math.min(...tookMs)).toBeLessThan(100);
  });

  test('ordinary anchors work, up to 100 expansions', () => {
    const text = (count: number) => `a: &x {k: 1}\nb: [${Array.from({ length: count }, () => '*x').join(', ')}]`;
    expect(parse(text(100)).problems).toEqual([]);
    expect(problemsOf(text(101))[0]).toMatch(/^yaml\.alias 2:/);
    expect(valuesOf('a: &x 1\nb: &p [*x]\nc: &x 2\nd: *p\ne: *x')).toEqual([{ a: 1, b: [1], c: 2, d: [1], e: 2 }]);
  });

  test.each(['a: *nowhere', 'a: &a [*a]'])('an alias without an anchor before it is refused: %s', (text) => {
    expect(problemsOf(text)[0]).toMatch(/^yaml\.alias 1:/);
  });

  test('merge keys are refused with their position', () => {
    expect(problemsOf('x: &x {a: 1}\ny:\n  <<: *x\n')).toEqual(['yaml.merge_key 3:3']);
  });

  test('a %YAML 1.1 directive is refused, also before a later document, and `no` stays a string without it', () => {
    expect(problemsOf('%YAML 1.1\n---\na: no\n')).toEqual(['yaml.version 1:1']);
    expect(problemsOf('a: 1\n...\n%YAML 1.1\n---\na: no\n')).toEqual(['yaml.version 3:1']);
    expect(valuesOf('%YAML 1.2\n---\na: no\n')).toEqual([{ a: 'no' }]);
  });

  test.each([
    'a: !!js/function "x"',
    'a: !custom 1',
    'a: !!binary aGk=',
    'a: !!str 1',
    '!!map {a: 1}',
    'a: ! 1',
    '!!set {a}',
  ])('a tag is refused: %s', (text) => {
    const codes = parse(text).problems.map(({ code }) => code);
    expect(codes).toContain('yaml.tag');
    expect(parse(text).documents).toEqual([]);
  });

  test.each(['90071992547409931234', '.nan', '.inf', '-.inf', '1e400', '9007199254740992', '1e20'])(
    'the number %s is refused',
    (number) => expect(problemsOf(`a: ${number}`)).toEqual(['yaml.number 1:4']),
  );

  test.each(['__proto__', 'constructor', 'prototype'])('the key %s is refused and pollutes nothing', (key) => {
    expect(problemsOf(`a:\n  ${key}: {polluted: true}`)).toEqual(['yaml.key 2:3']);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  test('a duplicate key is refused at its second place, however it is quoted', () => {
    expect(problemsOf('a: 1\n"a": 2')).toEqual(['yaml.duplicate_key 2:1']);
    expect(problemsOf('{"b": 1, "a": {"x": 1, "x": 2}}')).toEqual(['yaml.duplicate_key 1:24']);
  });

  test('twenty thousand keys in one map are checked for duplicates without comparing each pair', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n');
    const started = performance.now();
    expect(parse(text).problems).toEqual([]);
    expect(performance.now() - started).toBeLessThan(30_000);
  });

  test('keys that are no strings are refused', () => {
    expect(problemsOf('? [a]\n: 1')[0]).toMatch(/^yaml\.key/);
  });
});

describe('what is no text is refused', () => {
  test.each([
    ['invalid UTF-8', Uint8Array.of(0x61, 0x3a, 0x20, 0xff), 'yaml.encoding'],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x61, 0, 0x3a, 0), 'yaml.encoding'],
    ['UTF-16 without a mark', Uint8Array.of(0x61, 0, 0x3a, 0), 'yaml.nul'],
    ['NUL', bytesOf('a: "x\0"'), 'yaml.nul'],
    ['an escaped NUL', bytesOf('a: "\\0"'), 'yaml.nul'],
    ['half a surrogate pair', bytesOf('a: "\\ud800"'), 'yaml.surrogate'],
    ['a byte order mark inside', bytesOf('a: 1\n\ufeffb: 2'), 'yaml.encoding'],
  ])('%s', (_what, bytes, code) => {
    const { documents, problems } = parseDocuments({ path: 'a.yaml', bytes });
    expect(documents).toEqual([]);
    expect(problems.map((problem) => problem.code)).toEqual([code]);
  });

  test('a byte order mark at the start is left out', () => {
    expect(valuesOf('\ufeffa: 1')).toEqual([{ a: 1 }]);
  });

  test('an escaped surrogate pair is the character it means', () => {
    expect(valuesOf('a: "\\ud83d\\ude00"')).toEqual([{ a: '😀' }]);
  });
});

describe('size and depth are bounded', () => {
  test('a file of 300 KiB is refused before it is parsed', () => {
    const { problems } = parse(`a: ${'x'.repeat(300 * 1024)}`);
    expect(problems.map(({ code }) => code)).toEqual(['limits.file_bytes']);
    expect(problems[0]?.message).toContain('307203 bytes');
  });

  test('too many files and too many bytes together are refused by their sizes alone', () => {
    const limits = { fileBytesMax: 10, filesMax: 3, totalBytesMax: 15 };
    const files = (count: number, size: number) =>
      Array.from({ length: count }, (_, index) => ({ path: `${index}.yaml`, size }));
    expect(validateFileSizes(files(4, 1), limits).map(({ code }) => code)).toEqual(['limits.files']);
    expect(validateFileSizes(files(2, 9), limits).map(({ code }) => code)).toEqual(['limits.total_bytes']);
    expect(validateFileSizes(files(1, 11), limits).map(({ code }) => code)).toEqual(['limits.file_bytes']);
    expect(validateFileSizes(files(3, 5), limits)).toEqual([]);
  });

  test('64 levels are read, and one more is refused', () => {
    expect(parse('['.repeat(64) + ']'.repeat(64)).problems).toEqual([]);
    expect(problemsOf('['.repeat(65) + ']'.repeat(65))).toEqual(['yaml.depth 1:65']);
  });

  test.each([
    ['flow lists', '['.repeat(100_000)],
    ['closed flow lists', '['.repeat(120_000) + ']'.repeat(120_000)],
    ['block lists', `${'- '.repeat(100_000)}a`],
    ['flow maps', '{a: '.repeat(50_000)],
    ['explicit keys', `${'? '.repeat(100_000)}a`],
  ])('%s that nest to the end of the stack are a problem, not a crash', (_what, text) => {
    expect(parse(text).problems.map(({ code }) => code)).toContain('yaml.depth');
  });
});

describe('documents of a file', () => {
  test('are numbered, empty ones are left out, and positions are right', () => {
    const { documents, problems } = parse('a: 1\n---\n---\n# nothing\n---\nb: 2\n');
    expect(problems).toEqual([]);
    expect(documents.map(({ index, place, value }) => [index, place.line, value])).toEqual([
      [0, 1, { a: 1 }],
      [3, 6, { b: 2 }],
    ]);
  });

  test.each(['', '---', '---\n', '# only a comment\n', '---\n---\n'])('%j holds none', (text) => {
    expect(parse(text)).toEqual({ documents: [], problems: [], lost: [] });
  });

  test('may be JSON, tabs and all', () => {
    expect(valuesOf('{\n\t"a": [1,\n\t\t2],\n\t"b": "\\/\\u00e9"\n}', 'a.json')).toEqual([{ a: [1, 2], b: '/é' }]);
  });

  test('a directive without a document is not swallowed', () => {
    expect(problemsOf('%A\n').length).toBeGreaterThan(0);
  });
});

describe('file names', () => {
  test.each([
    ['a\nb.yaml', 'a\\nb.yaml'],
    ['-rf.yaml', './-rf.yaml'],
    ['::error::x.yaml', ':\\u{3a}error:\\u{3a}x.yaml'],
    ['x/\u202eyaml.a.yaml', 'x/\\u{202e}yaml.a.yaml'],
  ])('%j is refused, and shown escaped', (path, shown) => {
    const { documents, problems } = parse('a: 1', path);
    expect(documents).toEqual([]);
    expect(problems.map(({ code, file }) => [code, file])).toEqual([['manifest.file_name', shown]]);
  });

  test('scripts, settings, locks and folders of tools hold no manifests', () => {
    const paths = [
      'agents/a.yaml',
      'a.yml',
      'b.json',
      'x.script.yaml',
      'pawl.yaml',
      'pawl.lock.yaml',
      '.github/w.yaml',
      'README.md',
    ];
    expect(paths.filter(isManifestPath)).toEqual(['agents/a.yaml', 'a.yml', 'b.json']);
  });
});

test('blocks so deep that they end the stack of the parser are refused, and what they may declare is remembered', () => {
  const { problems, lost } = parseDocuments({
    path: 'a.yaml',
    bytes: bytesOf(`kind: Agent\nname: a\n${'- '.repeat(20_000)}`),
  });
  expect(problems.map(({ code }) => code)).toContain('yaml.depth');
  expect(lost).toHaveLength(1);
  const only = parseDocuments({ path: 'a.yaml', bytes: bytesOf('- '.repeat(20_000)) });
  expect(only.problems.map(({ code }) => code)).toEqual(['yaml.depth']);
});
