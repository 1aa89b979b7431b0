import { expect, test } from 'vitest';
import { parseDocuments } from '../../src/manifest/document.ts';
import { nestsTooDeep } from '../../src/manifest/yaml-depth.ts';
import { bytesOf } from './manifests.ts';

test.each(['{', '[', '{a: ', '- ', '? ', '[a,', '-\t', ': ', `-${' '.repeat(9)}`])(
  'a file of nothing but %j is refused before it is parsed',
  (piece) => {
    const text = piece.repeat(Math.floor(250_000 / piece.length));
    const { documents, problems } = parseDocuments({ path: 'a.yaml', bytes: bytesOf(text) });
    expect(documents).toEqual([]);
    expect(problems.map(({ code }) => code)).toEqual(['yaml.depth']);
  },
);

test('brackets and dashes in texts, and long lists, nest nothing', () => {
  expect(nestsTooDeep(`a: "${'['.repeat(5_000)}"\n`)).toBe(false);
  expect(nestsTooDeep(`a: |\n  ${'- '.repeat(5_000)}\n`)).toBe(false);
  expect(nestsTooDeep(`{ ${Array.from({ length: 5_000 }, (_, at) => `k${at}: [{}]`).join(', ')} }`)).toBe(false);
  expect(nestsTooDeep('- a: b\n'.repeat(5_000))).toBe(false);
});
