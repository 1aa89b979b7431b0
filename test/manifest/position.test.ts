import { expect, test } from 'vitest';
import { overlay } from '../../src/manifest/overlay.ts';
import { manifest, validateText } from './manifests.ts';

const many = Array.from({ length: 300 }, (_, index) => index);

test('a file of hundreds of documents that are all wrong is read once for all their places', () => {
  const text = many.map((index) => manifest('Tool', `t-${index}`, '{wrong: 1}')).join('---\n');
  const lines = text.split('\n');
  const started = performance.now();
  const { problems } = validateText(text);
  // Reading the file again for each document took over half a minute.
  expect(performance.now() - started).toBeLessThan(30_000);
  const unknown = problems.filter(({ message }) => message.includes('wrong'));
  expect(unknown).toHaveLength(300);
  expect(unknown.every(({ line, column }) => lines[line - 1]?.slice(column - 1).startsWith('wrong'))).toBe(true);
});

test('hundreds of patches without a base are told at once, without guesses at their names', () => {
  const { manifests } = validateText(
    many.map((at) => manifest('Task', `some-task-${at}`, '{systemRef: s}')).join('---\n'),
    'base/a.yaml',
  );
  const metadata = ', annotations: {pawl/patch: merge}';
  const patches = many
    .map((at) => manifest('Task', `smoe-task-${at}`, { spec: '{priority: 3}', metadata }))
    .join('---\n');
  const origins = { paths: ['base', 'over'] };
  const all = overlay([...manifests, ...validateText(patches, 'over/a.yaml').manifests], origins).problems;
  expect(all.filter(({ code }) => code === 'patch.no_base')).toHaveLength(300);
  expect(all.some(({ help }) => help?.includes('Did you mean'))).toBe(false);
  const [one = ''] = patches.split('---\n');
  const few = overlay([...manifests, ...validateText(one, 'over/a.yaml').manifests], origins).problems;
  expect(few.find(({ code }) => code === 'patch.no_base')?.help).toBe('Did you mean `Task/default/some-task-0`?');
});
