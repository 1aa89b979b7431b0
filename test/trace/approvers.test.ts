import { expect, test } from 'vitest';
import { renderTrace } from '../../src/trace/render.ts';
import { approvalsIn, withApprovers } from '../../src/trace/approvers.ts';
import { trace } from '../../src/trace/trace.ts';
import { bundleWith, Journal, succeeded } from './journal-rows.ts';

const bundle = bundleWith({ send: { edges: [{ to: 'note', default: false }] }, note: {} });
const journal = new Journal().done('send/1', 'note/1');
const rows = journal.rows.map((row) =>
  row.path === 'send/1' && row.phase === 'intent'
    ? { ...row, decision: { kind: 'allow' as const, rule: 'AgentRole/default/worker', approval: '7k2m9xq4ab' } }
    : row,
);
const traced = trace(succeeded, rows, bundle);
const votes = [
  { by: 'grace', as: 'approve' },
  { by: 'heidi\u001b[2J', as: 'approve' },
  { by: 'mallory', as: 'deny' },
] as const;
const calls = (from: typeof traced) => from.nodes.flatMap((node) => node.calls.map(({ decision }) => decision));

test('a trace names everybody who approved a call that people released, and nobody else', () => {
  expect([...approvalsIn(traced)]).toEqual(['7k2m9xq4ab']);
  const named = withApprovers(traced, [
    { id: '7k2m9xq4ab', votes },
    { id: 'other', votes: [{ by: 'trent', as: 'approve' }] },
  ]);
  expect(calls(named).map(({ approval, approvedBy }) => [approval, approvedBy])).toEqual([
    ['7k2m9xq4ab', ['grace', 'heidi\u001b[2J']],
    [undefined, undefined],
  ]);
  const text = renderTrace(named, { width: 200, color: false });
  expect(text).toContain('allowed by AgentRole/default/worker, approved by grace, heidi\\u{1b}[2J\n');
  expect(text).not.toMatch(/trent|mallory/);
});

test('a call whose request is not there is shown without names', () => {
  expect(calls(withApprovers(traced, []))).toEqual(calls(traced));
});
