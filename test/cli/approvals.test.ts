import { expect, test } from 'vitest';
import type { ApprovalRecord } from '../../src/api/operations-approval.ts';
import { approvalTable } from '../../src/cli/approval-text.ts';
import { approvalStatesOf } from '../../src/cli/approvals.ts';

test('states are said as people say them, or as the record does', () => {
  expect(approvalStatesOf('waiting,Used, denied')).toEqual(['pending', 'consumed', 'denied']);
  expect(approvalStatesOf('pending,approved,consumed,expired,cancelled')).toEqual([
    'pending',
    'approved',
    'consumed',
    'expired',
    'cancelled',
  ]);
});

test.each(['', 'Running', 'waiting,', 'constructor'])('%j is no state of an approval, and those are named', (text) => {
  expect(() => approvalStatesOf(text)).toThrow(
    expect.objectContaining({
      code: 'cli.usage',
      exit: 64,
      help: 'One of waiting, approved, denied, expired, used, cancelled, or several with commas.',
    }),
  );
});

const record = {
  id: '7k2m9xq4ab',
  state: 'pending',
  run: '00000000-0000-4000-8000-00000000000a',
  place: 'write#2',
  action: { subject: 'Agent/support/clerk', tool: 'support/send-email' },
  asks: [{ approved: 1, min: 2 }],
  expiresAt: '2026-01-01T00:00:00.000Z',
} as unknown as ApprovalRecord;

test.each([40, 59])('in %i columns a table keeps the id, the state and the tool', (width) => {
  expect(approvalTable([record], width).split('\n')).toEqual(
    ['ID           STATE     TOOL', '7k2m9xq4ab   pending   support/send-email'].map((line) =>
      line.length > width ? `${line.slice(0, width - 1)}…` : line,
    ),
  );
});

test('in a wide one it has all', () => {
  const text = approvalTable([record], 200);
  for (const part of ['Agent/support/clerk', record.run, 'write#2', '1/2', record.expiresAt])
    expect(text).toContain(part);
});
