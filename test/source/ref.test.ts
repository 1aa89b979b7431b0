import { expect, test } from 'vitest';
import { parseRef } from '../../src/source/ref.ts';

test.each([
  ['main', 'main', []],
  ['feature/a-b_c.d', 'feature/a-b_c.d', []],
  ['HEAD', 'HEAD', []],
  ['HEAD~2', 'HEAD', [1, 1]],
  ['v1.2^2~1', 'v1.2', [2, 1]],
  ['main^^', 'main', [1, 1]],
  ['refs/heads/main', 'refs/heads/main', []],
])('%s is a reference', (text, base, parents) => {
  expect(parseRef(text)).toEqual({ base, parents });
});

test.each([
  '',
  '-x',
  '--upload-pack=touch marker',
  '--output=/tmp/marker',
  'a/-x',
  'main..other',
  'main@{1}',
  '@',
  'main:agents/a.yaml',
  ':/message',
  'main^{tree}',
  'main^0',
  'a b',
  'a\nb',
  'a\u0000',
  'a//b',
  'a/',
  'a.',
  '.a',
  'a/.b',
  'a.lock',
  '*',
  'a?',
  'a[b',
  'a\\b',
  `a${'~9999'.repeat(3)}`,
  'x'.repeat(300),
])('%j is refused by grammar', (text) => {
  expect(() => parseRef(text)).toThrowError(expect.objectContaining({ code: 'git.ref_refused' }));
});
