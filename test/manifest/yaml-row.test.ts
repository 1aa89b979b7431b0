import { expect, test } from 'vitest';
import { parseDocuments } from '../../src/manifest/document.ts';
import { rowFault } from '../../src/manifest/yaml-row.ts';
import { expectSoon } from './fuzz-outcome.ts';
import { bytesOf } from './manifests.ts';

test.each(['*a ', '&a ', '!x ', '*a\n', '&a\t*a '])(
  'a file of nothing but %j is refused before it is parsed',
  (piece) => {
    const text = `a: b\nc: ${piece.repeat(Math.floor(250_000 / piece.length))}`;
    const { documents, problems, lost } = parseDocuments({ path: 'a.yaml', bytes: bytesOf(text) });
    expect([documents, lost.length]).toEqual([[], 1]);
    expect(problems).toMatchObject([
      {
        code: 'yaml.syntax',
        line: 2,
        column: 4,
        message: '100 anchors, aliases and tags or more stand in a row.',
        help: 'Put a text in quotes that begins with, or holds, a character that YAML uses itself.',
      },
    ]);
  },
);

test('texts, comments and lists of aliases are no such row', () => {
  const words = '*bold* !now &more '.repeat(200);
  expect(rowFault(`a: |\n  ${words}\nb: >-\n  ${words}\n`)).toBe(undefined);
  expect(rowFault(`a: "${words}"\nb: '${words}'\n`)).toBe(undefined);
  expect(rowFault(`a: b # ${words}\n`)).toBe(undefined);
  expect(rowFault(`a: x ${words}\n`)).toBe(undefined);
  expect(rowFault(`a: [${'*a , '.repeat(500)}]\n`)).toBe(undefined);
  expect(rowFault(`a: &a 1\nb:\n${'  - *a\n'.repeat(500)}`)).toBe(undefined);
});

test.each(['*', '&', '!', '*a!'])(
  'one word of nothing but %j, as long as a file may be, is soon found to be no row',
  (piece) => {
    const text = `a: ${piece.repeat(Math.floor(262_000 / piece.length))}\n`;
    expect(expectSoon(() => rowFault(text))).toBe(undefined);
  },
);

test('a row is found too whose first stands right behind what opens a flow', () => {
  expect(rowFault(`a: [${'*a '.repeat(100)}]\n`)).toMatchObject({ pos: [4, 5] });
  expect(rowFault(`a: [${'*a '.repeat(99)}]\n`)).toBe(undefined);
});
