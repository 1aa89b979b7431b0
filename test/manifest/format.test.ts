import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Document } from 'yaml';
import { digest } from '../../src/manifest/digest.ts';
import { parseDocuments } from '../../src/manifest/document.ts';
import { format } from '../../src/manifest/format.ts';

function formatted(text: string): string {
  const found = format({ path: 'a.yaml', bytes: Buffer.from(text) });
  if (found.kind !== 'manifest') throw new Error(JSON.stringify(found));
  return found.after;
}

const head = 'apiVersion: pawl/v1\nkind: Agent\n';

describe('a manifest is written in one way', () => {
  test.each([
    [
      'the head comes in order',
      'kind: Agent\nspec: {}\nmetadata: { namespace: a, name: b }\napiVersion: pawl/v1\n',
      'apiVersion: pawl/v1\nkind: Agent\nmetadata: { namespace: a, name: b }\nspec: {}\n',
    ],
    [
      'metadata begins with the name',
      `${head}metadata:\n    namespace: a\n    # whose\n    name: b\n`,
      `${head}metadata:\n  # whose\n  name: b\n  namespace: a\n`,
    ],
    [
      'a level is two spaces, and a sequence is one',
      `${head}spec:\n    tools:\n    -   toolRef:   a\n        timeout: 1s\n    - - x\n      - y\n`,
      `${head}spec:\n  tools:\n    - toolRef: a\n      timeout: 1s\n    - - x\n      - y\n`,
    ],
    [
      'quotes are double where that needs no escape',
      `${head}a: 'x'\nb: 'it''s'\nc: 'say "x"'\nd: 'a\\b'\ne: "x"\n`,
      `${head}a: "x"\nb: "it's"\nc: 'say "x"'\nd: 'a\\b'\ne: "x"\n`,
    ],
    [
      'flow collections have their spaces',
      `${head}spec: {a: [1 ,2,   3 ],b: { },c: [], d: [ 4 , 5 ], e: [ ]}\n`,
      `${head}spec: { a: [1, 2, 3], b: {}, c: [], d: [4, 5], e: [] }\n`,
    ],
    [
      'lines are not wrapped or joined',
      `${head}spec:\n   prompt: one\n     two\n   other: "three\n      four"\n`,
      `${head}spec:\n  prompt: one\n    two\n  other: "three\n    four"\n`,
    ],
    [
      'texts keep their lines',
      `${head}spec:\n    a: |\n        one\n          two  \n\n    b: >-\n      three\n      four\n`,
      `${head}spec:\n  a: |\n    one\n      two  \n\n  b: >-\n    three\n    four\n`,
    ],
    ['a text that keeps its last lines keeps them', `${head}a: |+\n    one\n\n\n`, `${head}a: |+\n  one\n\n\n`],
    ['an indent that is said stays said', `${head}a:\n    b: |1\n       one\n`, `${head}a:\n  b: |1\n     one\n`],
    ['sections stay apart by one line', `\n\n${head}\n\n\nspec:\n\n  a: 1\n\n\n\n`, `${head}\nspec:\n\n  a: 1\n`],
    ['line ends are LF, and the last line has one', `${head.replaceAll('\n', '\r\n')}a: 1`, `${head}a: 1\n`],
    ['a byte order mark goes', `\ufeff${head}`, head],
    [
      'spaces at the ends of lines go',
      `${head.replaceAll('\n', '  \n')}a:   # x   \n  b: 1\t\n`,
      `${head}a:   # x\n  b: 1\n`,
    ],
    ['separators stay', `---\n${head}---\n\n${head}a: 1\n...\n`, `---\n${head}---\n${head}a: 1\n...\n`],
  ])('%s', (_claim, before, after) => {
    expect(formatted(before)).toBe(after);
    expect(formatted(after)).toBe(after);
  });
});

describe('comments', () => {
  test('stay with what they speak of', () => {
    const text = [
      '# yaml-language-server: $schema=../.pawl/schema.json',
      '# About the file.',
      'kind: Agent # what',
      '# Which language.',
      'apiVersion: pawl/v1',
      'spec: # inside',
      '     # before the model',
      '     modelRef: m      # aligned',
      '     tools:',
      '       # before the first',
      '       - toolRef: a',
      '       # after the last',
      '     # at the end of spec',
      '# at the end',
      '',
    ].join('\n');
    expect(formatted(text)).toBe(
      [
        '# yaml-language-server: $schema=../.pawl/schema.json',
        '# About the file.',
        '# Which language.',
        'apiVersion: pawl/v1',
        'kind: Agent # what',
        'spec: # inside',
        '  # before the model',
        '  modelRef: m      # aligned',
        '  tools:',
        '    # before the first',
        '    - toolRef: a',
        '    # after the last',
        '  # at the end of spec',
        '# at the end',
        '',
      ].join('\n'),
    );
  });
});

describe('what is not a manifest', () => {
  test('is left alone, also beside one', () => {
    const other = 'apiVersion:   v1\nkind:    Service\nspec:\n    - a\n';
    expect(format({ path: 'a.yaml', bytes: Buffer.from(other) })).toEqual({ kind: 'foreign' });
    expect(formatted(`${other}---\nkind:   Agent\napiVersion: pawl/v1\n`)).toBe(
      `${other}---\napiVersion: pawl/v1\nkind: Agent\n`,
    );
  });

  test('is refused where it does not parse, with every problem', () => {
    const found = format({ path: 'a.yaml', bytes: Buffer.from(`${head}a: [\n---\nb: !!x 1\n`) });
    expect(found).toMatchObject({ kind: 'refused' });
    expect(found.kind === 'refused' && found.problems.map(({ file }) => file)).toContain('a.yaml');
  });
});

test('a file that could not be read again is left as it is, and says so', () => {
  const found = format({ path: 'a.yaml', bytes: Buffer.from(`${head}a:\n${'- x\n'.repeat(60_000)}`) });
  expect(found).toEqual({
    kind: 'refused',
    problems: [
      {
        code: 'format.unsafe',
        severity: 'error',
        message: 'The file cannot be formatted without a risk to what it says; it is left as it is.',
        help: 'Write what is unusual in it (anchors, explicit keys, odd indents) in a plainer way, or split it.',
        file: 'a.yaml',
        line: 1,
        column: 1,
      },
    ],
  });
});

/** A manifest in the hand of somebody with habits of their own. */
const handwritten = fc
  .record({
    value: fc.dictionary(
      fc.constantFrom('spec', 'metadata', 'kind', 'status', 'a b', '1'),
      fc.jsonValue({ maxDepth: 4 }),
      { noNullPrototype: true },
    ),
    indent: fc.integer({ min: 1, max: 6 }),
    indentSeq: fc.boolean(),
    collectionStyle: fc.constantFrom('any' as const, 'flow' as const),
    singleQuote: fc.boolean(),
    blockQuote: fc.constantFrom('folded' as const, 'literal' as const, false as const),
    lineWidth: fc.constantFrom(0, 20, 80),
    comments: fc.array(
      fc.record({ at: fc.nat(40), column: fc.nat(12), text: fc.constantFrom('#', '# one', '# two: three', '') }),
      { maxLength: 6 },
    ),
    lineEnd: fc.constantFrom('\n', '\r\n'),
  })
  .map(({ value, comments, lineEnd, ...options }) => {
    const lines = new Document({ ...value, apiVersion: 'pawl/v1' }).toString(options).split('\n');
    for (const { at, column, text } of comments) lines.splice(at % lines.length, 0, `${' '.repeat(column)}${text}`);
    return lines.join(lineEnd);
  });

test('formatting twice is formatting once; it changes no digest and loses no comment', () => {
  let count = 0;
  fc.assert(
    fc.property(handwritten, (text) => {
      const before = parseDocuments({ path: 'a.yaml', bytes: Buffer.from(text) });
      fc.pre(before.problems.length === 0 && before.documents.length > 0);
      const once = formatted(text);
      count += 1;
      expect(formatted(once)).toBe(once);
      expect(digestsOf(once)).toEqual(digestsOf(text));
      expect(once).not.toMatch(/\r|[^\n]$/);
    }),
    { numRuns: 300 },
  );
  expect(count).toBeGreaterThan(150);
});

function digestsOf(text: string): string[] {
  return parseDocuments({ path: 'a.yaml', bytes: Buffer.from(text) }).documents.map(({ value }) => digest({ value }));
}
