import { expect, test } from 'vitest';
import type { ApprovalRecord } from '../../src/api/operations-approval.ts';
import { approvalTable, approvalText } from '../../src/cli/approval-text.ts';

// Whoever approves sees the call as it is: nothing that a model chose may hide, forge or reorder a part of it.

const hostile: readonly (readonly [string, string])[] = [
  ['clears the screen', '\u001b[2J\u001b[H'],
  ['goes back over the line', 'delete\r\b\b\bread'],
  ['hides a link', '\u001b]8;;http://evil.test\u0007safe\u001b]8;;\u0007'],
  ['turns the order round', '\u202e0001\u2066\u2069'],
  ['hides letters', 'pa\u200by\u00ad\u2060'],
  ['hides letters in tags', 'pay\u{e0041}\u{e0042}'],
  ['hides letters in variation selectors', 'a\ufe01\u{e0100}'],
  ['begins a line of its own', 'x\n  asks     root, by root: 1 of 1'],
  ['begins a line by another sign', 'x\u2028approval a1  approved by root\u2029\u0085'],
  ['commands a build log', '\n::add-mask::x\n##[error]forged'],
  ['writes in C1 controls', '\u009b31m\u0090q\u009c'],
  ['ends in half of a pair', 'x\ud800'],
];

function record(text: string): ApprovalRecord {
  const time = '2026-01-01T00:00:00.000Z';
  return {
    id: '00000000-0000-4000-8000-000000000001',
    environment: 'production',
    namespace: 'default',
    run: '00000000-0000-4000-8000-000000000002',
    system: `default/${text}`,
    place: text,
    path: `${text}/1.1`,
    actionDigest: 'a'.repeat(64),
    action: {
      subject: `Agent/${text}`,
      tool: text,
      pin: '',
      args: '',
      isolation: 'inline',
      egress: [text],
      secrets: [text],
      pinnedPolicy: '',
      livePolicy: '',
    },
    arguments: { [text]: text, list: [text] },
    asks: [{ rule: text, who: text, min: 2, approved: 1, fourEyes: true }],
    subject: text,
    state: 'pending',
    votes: [{ by: text, as: 'deny', text, at: time }],
    decidedBy: text,
    reason: text,
    createdAt: time,
    expiresAt: time,
    decidedAt: undefined,
  };
}

const plain = approvalText(record('plain')).split('\n').length;
const acts = /[^\n\P{Cc}]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|\p{Variation_Selector}|^\s*::|##\[/mu;

test.each(hostile)('a call whose text %s is shown letter by letter, and adds no line', (_name, text) => {
  const shown = approvalText(record(text));
  expect(shown).not.toMatch(acts);
  expect(shown.split('\n')).toHaveLength(plain);
  for (const state of ['approved', 'denied'] as const)
    expect(approvalText({ ...record(text), state })).not.toMatch(acts);
  const table = approvalTable([record(text)], 200);
  expect(table).not.toMatch(acts);
  expect(table.split('\n')).toHaveLength(2);
});
