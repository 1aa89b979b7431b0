import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bundleWith } from '../support/graphs.ts';
import { runInMemory } from '../support/memory-executor.ts';

const page = readFileSync(new URL('../../docs/graphs.md', import.meta.url), 'utf8');
const shown = Array.from(
  page.matchAll(/## ([^\n]*)\n(?:(?!\n## )[\s\S])*?```yaml\n([\s\S]*?)```/g),
  ([, title, text]) => [title ?? '', text ?? ''],
);

const outputs: Readonly<Record<string, unknown>> = {
  Pipeline: { write: { text: 'one' } },
  'Fan-out and join': { answer: { found: [{ topic: 'wool' }, { topic: 'wool' }] } },
  'A list': { each: [{ page: 'a' }, { page: 'b' }] },
  Routing: { urgent: { kind: 'urgent' } },
  Loop: { improve: { score: 3 } },
  'Review and revise: a cycle': { publish: { round: 3 } },
  'Swarm with a bound': { route: { next: 'a', left: 0 } },
};

test('the page on graphs shows every pattern', () => {
  expect(shown.map(([title]) => title)).toEqual(Object.keys(outputs));
});

test.each(shown)('%s is valid, and runs as the page says', async (title = '', spec = '') => {
  const input = { page: 'one', topic: 'wool', pages: ['a', 'b'], kind: 'urgent' };
  const { run } = await runInMemory({ bundle: bundleWith(spec), input });
  expect(run.error).toBeUndefined();
  expect(run.output).toEqual(outputs[title]);
});
