import { expect, test } from 'vitest';
import { parseDocuments } from '../../src/manifest/document.ts';
import { at, bytesOf } from './manifests.ts';

const problemsOf = (text: string) => parseDocuments({ path: 'a.yaml', bytes: bytesOf(text) }).problems;

test.each([
  ['a: { b: ${ input.c } }\nd:\n  - e: 1\n    f: { g: 2 }\n', 'yaml.syntax 1:10', 'Write `"${ … }"`.'],
  ['a: "b\nc: { d: 1 }\n', 'yaml.syntax 1:4', 'Close it at the end of its text.'],
  [`a: 'b'\nc: 'it''s\nd: ''e''\n`, 'yaml.syntax 2:4', 'Close it at the end of its text.'],
  ['a: "b \\" c\nd: 1\n', 'yaml.syntax 1:4', 'Close it at the end of its text.'],
  ['a:\n\tb: 1\n\tc: 2\n', 'yaml.syntax 2:1', 'Indent with spaces.'],
  [
    'a:\n   b: 1\n  c: 2\n  d: 3\n',
    'yaml.syntax 3:3',
    'Let the fields of one map, and the entries of one list, begin in the same column.',
  ],
  [
    'a: b: c\nd: e: f\n',
    'yaml.syntax 1:4',
    'Put a text that holds a colon and a space in quotes, or correct the indentation.',
  ],
  [
    'spec:\ndescription: x\n  modelRef: y\n',
    'yaml.syntax 2:14',
    'Put a text that holds a colon and a space in quotes, or correct the indentation.',
  ],
  ['a: @b\n', 'yaml.syntax 1:4', 'Put the text in quotes.'],
  ['a: "\\d"\n', 'yaml.syntax 1:5', 'Write a backslash twice, or use single quotes.'],
  ['a: [b\nc: 1\n', 'yaml.syntax 2:1', 'Close the bracket, and indent what stands within it.'],
])('one mistake is one problem with its cure: %j', (text, place, help) => {
  const problems = problemsOf(text);
  expect(problems.map(at)).toEqual([place]);
  expect(problems[0]?.help).toBe(help);
});

test('tags are no consequence of each other, and each is said', () => {
  expect(problemsOf('a: !x 1\nb: !y 2\n').map(at)).toEqual(['yaml.tag 1:4', 'yaml.tag 2:4']);
});

test('each document has its own mistake', () => {
  expect(problemsOf('a: @b\nc: @d\n---\ne: @f\n').map(at)).toEqual(['yaml.syntax 1:4', 'yaml.syntax 4:4']);
});
