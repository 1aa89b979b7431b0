import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseByLibrary, parseDocuments } from '../../src/manifest/document.ts';
import { readPlainYaml } from '../../src/manifest/plain-yaml.ts';
import { estateTexts } from './estate-outcome.ts';
import { fuzzing } from './fuzz-outcome.ts';
import { bytesOf } from './manifests.ts';
import { textMutated } from './mutation.ts';

/** Whatever is read at all is the file that it is to the library, with its places: to be asked of every text. */
function expectSameMeaning(text: string): boolean {
  if (readPlainYaml(text) === undefined) return false;
  const read = parseDocuments({ path: 'a.yaml', bytes: bytesOf(text) });
  const byLibrary = parseByLibrary({ file: 'a.yaml', text });
  expect(read, JSON.stringify(text)).toEqual(byLibrary);
  // In the order in which it is written, too.
  expect(JSON.stringify(read)).toBe(JSON.stringify(byLibrary));
  return true;
}

describe('what is read without the YAML library means what it means to the library', () => {
  test.each([...estateTexts].filter(([path]) => path.endsWith('yaml')))('in %s', (_path, text) => {
    expectSameMeaning(text);
  });

  test('in manifests to which something was done', { timeout: 120_000 }, () => {
    const cases = fc.constantFrom(...estateTexts.values()).chain(textMutated);
    fc.assert(fc.property(cases, expectEither), { ...fuzzing, numRuns: 3_000 });
  });

  test('in lines put together from all that YAML gives a meaning', { timeout: 120_000 }, () => {
    fc.assert(fc.property(lines(fc.constantFrom(...indents), fc.constantFrom(...atoms)), expectEither), {
      ...fuzzing,
      numRuns: 10_000,
    });
  });

  test('in lines that are mostly right, of which a good part is read', { timeout: 120_000 }, () => {
    let [read, all] = [0, 0];
    fc.assert(
      fc.property(mostlyRight, (text) => {
        all += 1;
        if (expectSameMeaning(text)) read += 1;
      }),
      { ...fuzzing, numRuns: 5_000 },
    );
    expect(read).toBeGreaterThan(all / 20);
  });
});

function expectEither(text: string): void {
  expectSameMeaning(text);
  expectSameMeaning(`${text}\n`);
}

const indents = ['', '', '', ' ', '  ', '  ', '   ', '    ', '- ', '-', '  - ', '- - ', '-   '];
const plainAtoms = [
  'a: ',
  'b: ',
  'c:\n',
  'd: |\n',
  'e: |-\n',
  'x',
  'y z',
  '12',
  '1.5',
  'true',
  '"q"',
  "'s'",
  '[x, y]',
].concat(['{ a: x, b: [1] }', '# note', ' # note', '\n', '\n', '\n\n', '---\n']);
const atoms = plainAtoms.concat(
  [
    'a:',
    ': ',
    ':',
    '- ',
    '? ',
    '[',
    ']',
    '{',
    '}',
    ',',
    ', ',
    '"',
    "'",
    '#',
    ' #',
    '|',
    '|+',
    '|2',
    '>',
    '>-\n',
    '&a ',
    '*a',
  ],
  [
    '!x ',
    '<<: ',
    '...\n',
    '---',
    '--- ',
    '%YAML 1.1\n',
    '\t',
    '\r',
    '\\n',
    '\\',
    '~',
    'null',
    'Null',
    'TRUE',
    'no',
    '.inf',
  ],
  [
    '-1',
    '+1',
    '012',
    '0x1f',
    '0o7',
    '1e3',
    '.5',
    '5.',
    '1_0',
    '30s',
    '12:30',
    '9007199254740993',
    '__proto__: ',
    'null: ',
  ],
  [
    '1: ',
    'é',
    '😀',
    '\u00a0',
    '\u3000',
    '\u2028',
    '\ufeff',
    '\u0085',
    '$',
    '${ a ? b : c }',
    'a:b',
    '::',
    '@',
    '`',
    '=',
    '<',
    '(',
  ],
);

function lines(indent: fc.Arbitrary<string>, atom: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const line = fc
    .tuple(indent, fc.array(atom, { maxLength: 4 }))
    .map(([before, parts]) => `${before}${parts.join('')}\n`);
  return fc.array(line, { minLength: 1, maxLength: 7 }).map((all) => all.join(''));
}

/** Fields and entries of lists, a level deeper or back at times: some of them fit together. */
const mostlyRight = fc
  .array(
    fc.tuple(
      fc.constantFrom('', '', '  ', '  ', '    ', '- ', '  - '),
      fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g.h', 'i-j', 'k/l', 'x_y'),
      fc.constantFrom(
        ':',
        ':',
        ': |',
        ': |-',
        ': x',
        ': y z ',
        ': 12',
        ': "q: #"',
        ": 's'",
        ': [x, { a: y }]',
        ': {}',
        ': no # c',
      ),
      fc.constantFrom('', '', '', '\n', '\n  # c', '\n   text', '\n    - x', '\n---'),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((all) => all.map((parts) => `${parts.join('')}\n`).join(''));

describe('what is read without the library', () => {
  test.each([
    ['anchors', 'a: &x 1\n'],
    ['aliases', 'a: *x\n'],
    ['tags', 'a: !!str 1\n'],
    ['merge keys', '<<: { a: 1 }\n'],
    ['escapes', 'a: "\\u0041"\n'],
    ['a key that stands twice', 'a: 1\na: 2\n'],
    ['a key that JavaScript gives a meaning', '__proto__: 1\n'],
    ['a number in another form', 'a: 0x1f\n'],
    ['a number that would be rounded', 'a: 9007199254740993\n'],
    ['a directive', '%YAML 1.1\n---\na: no\n'],
    ['a text over several lines', 'a: b\n  c\n'],
    ['a tab', 'a:\tb\n'],
    ['a character that cannot be seen', 'a: b\u00a0\n'],
    ['a missing value', 'a:\n'],
  ])('is nothing with %s', (_what, text) => expect(readPlainYaml(text)).toBeUndefined());

  test('is what manifests are written in', () => {
    const text = `# A file of two.
apiVersion: pawl/v1 # the only one
kind: Agent
metadata: { name: greeter, labels: { tier: "gold" } }
spec:
  prompt: |
    You greet people.

      - by name
    # This is part of it.
  roles: [reader, 'writer']
  limits:
    maxSteps: 3
    maxCost: 0.25
  tools:
  - toolRef: lookup
    requireApproval: true
  - mcpServerRef: mail
    tools:
      - "send_*"
---
kind: Tool
`;
    expect(expectSameMeaning(text)).toBe(true);
    expect(readPlainYaml(text)).toMatchObject([
      { index: 0, start: 17, value: { spec: { prompt: 'You greet people.\n\n  - by name\n# This is part of it.\n' } } },
      { index: 1, value: { kind: 'Tool' } },
    ]);
  });

  test('is found to be so in time that grows with the text, whatever stands in it', () => {
    // Each of these would take minutes if any step looked again at what is behind or before it.
    for (const unit of ['a: b\n', '  - x: y\n', ' ', '#', '[', '"', 'a ', ': ', '- ', 'é', '---\n', 'k: "a\n'])
      expectSameMeaning(`a:\n${unit.repeat(Math.floor(60_000 / unit.length))}\n`);
  });
});
