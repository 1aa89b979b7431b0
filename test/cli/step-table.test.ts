import { expect, test } from 'vitest';
import type { TraceNode } from '../../src/api/operations.ts';
import { stepTable } from '../../src/cli/step-table.ts';

function place(node: string, state: TraceNode['state'] = 'done', kind: TraceNode['kind'] = 'tool'): TraceNode {
  const call = { path: `${node}/1`, tokensIn: 10, tokensOut: 2, cost: 3 } as TraceNode['calls'][number];
  return { node, kind, target: 'default/echo', state, startedAt: undefined, endedAt: undefined, calls: [call] };
}

function names(nodes: readonly TraceNode[], width = 120): readonly string[] {
  return stepTable(nodes, width)
    .slice(1)
    .map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));
}

test('ten thousand items that stand alike are five rows, which say what the hidden ones used', () => {
  const items = Array.from({ length: 10_000 }, (_, index) => place(`list[${index}]`));
  expect(names([place('list'), ...items, place('end')])).toEqual([
    'list | done | - | 12 | $0.000003',
    'list[0] | done | - | 12 | $0.000003',
    'list[1] | done | - | 12 | $0.000003',
    'list[2] | done | - | 12 | $0.000003',
    '… 9,996 more | all done | - | 119,952 | $0.029988',
    'list[9999] | done | - | 12 | $0.000003',
    'end | done | - | 12 | $0.000003',
  ]);
});

test('what stands otherwise, what people said, and a few that are alike have rows of their own', () => {
  const items = Array.from({ length: 14 }, (_, index) => place(`list[${index}]`, index === 6 ? 'failed' : 'done'));
  const people = Array.from({ length: 12 }, (_, index) => place(`ask#${index}`, 'done', 'human'));
  const shown = names([...items, ...people]);
  expect(shown.filter((line) => line.includes('failed'))).toHaveLength(1);
  expect(shown.filter((line) => line.startsWith('ask#'))).toHaveLength(12);
  expect(shown.filter((line) => line.startsWith('list['))).toHaveLength(14);
});

test.each([40, 80])('it fits in %i columns', (width) => {
  const items = Array.from({ length: 100 }, (_, index) => place(`a-node-with-a-name[${index}]`));
  expect(stepTable(items, width).filter((line) => line.length > width)).toEqual([]);
});
