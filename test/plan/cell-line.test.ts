import { expect, test } from 'vitest';
import type { CellChange } from '../../src/plan/access.ts';
import { CellLines } from '../../src/plan/cell-line.ts';

const cell = (part: Partial<CellChange>): CellChange => ({
  subject: 'Agent/default/writer',
  system: 'default/triage',
  target: 'tool',
  name: 'default/search',
  operation: 'read',
  direction: 'widened',
  before: { kind: 'deny', rule: 'AgentPolicy/default/one' },
  after: { kind: 'allow', rule: 'AgentRole/default/all' },
  causes: [],
  ...part,
});

test('every cell has a line of its own parts, whatever came before it', () => {
  const { operation: _none, ...model } = cell({ target: 'model', name: 'default/small' });
  const cells = [
    cell({}),
    cell({ operation: 'write' }),
    cell({}),
    cell({ after: { kind: 'ask', rule: 'AgentRole/default/all', asks: [] } }),
    cell({ before: { kind: 'ask', rule: 'AgentRole/default/all', asks: [] } }),
    cell({ subject: 'Agent/default/reader' }),
    cell({ system: 'default/other' }),
    model,
    cell({ name: 'default/small' }),
    cell({}),
  ];
  const lines = new CellLines(({ target }) => ` of a ${target}`);
  expect(cells.map((one) => lines.of(one))).toEqual([
    'Agent/default/writer default/triage tool default/search read deny allow of a tool',
    'Agent/default/writer default/triage tool default/search write deny allow of a tool',
    'Agent/default/writer default/triage tool default/search read deny allow of a tool',
    'Agent/default/writer default/triage tool default/search read deny ask of a tool',
    'Agent/default/writer default/triage tool default/search read ask allow of a tool',
    'Agent/default/reader default/triage tool default/search read deny allow of a tool',
    'Agent/default/writer default/other tool default/search read deny allow of a tool',
    'Agent/default/writer default/triage model default/small  deny allow of a model',
    'Agent/default/writer default/triage tool default/small read deny allow of a tool',
    'Agent/default/writer default/triage tool default/search read deny allow of a tool',
  ]);
});
