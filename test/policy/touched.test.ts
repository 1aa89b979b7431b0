import { expect, test } from 'vitest';
import { type AccountedRow, foldRow } from '../../src/policy/fold-journal.ts';
import { type Booking, Ledger } from '../../src/policy/ledger.ts';
import { repetitionKey } from '../../src/policy/context.ts';
import { touchedIn } from '../../src/policy/touched.ts';
import { overHttp, ruled, trifecta } from './branches-calls.ts';
import { authority, bundle, toolNamed } from './fixture.ts';

const content = {
  ...bundle,
  tools: {
    'default/search': toolNamed('search', { dataClass: 'untrustedRead' }),
    'default/refund': toolNamed('refund', { dataClass: 'privateRead' }),
    'default/delete': toolNamed('delete', { impl: overHttp }),
    'memory:default/notes:read': toolNamed('memory_read', {
      impl: { type: 'memory', memory: 'default/notes', operation: 'read' },
    }),
    'memory:default/notes:write': toolNamed('memory_write', {
      operations: ['write'],
      impl: { type: 'memory', memory: 'default/notes', operation: 'write' },
    }),
  },
};
const watching = ruled({ flow: [trifecta] });

const booking = (tool: string, change: Partial<Booking> = {}): Booking => ({
  node: 'draft',
  subject: 'Agent/default/support',
  kind: 'tool',
  allowed: true,
  again: false,
  tokens: 0,
  cost: 0,
  repeated: repetitionKey(tool, 'f'.repeat(64)),
  ...change,
});

function touched(ledger: Ledger, live = watching): readonly string[] | undefined {
  const revisions = { pinned: authority, live };
  const found = touchedIn(ledger, {
    revisions,
    bundle: content,
    live: { system: 'default/desk', subjects: { a: live } },
  });
  return found?.touched && [...found.touched].sort();
}

function called(...tools: readonly string[]): Ledger {
  const ledger = new Ledger();
  for (const [index, tool] of tools.entries()) ledger.book(`draft/1.${index}`, booking(tool));
  return ledger;
}

test('a call counts from the moment it is allowed, in any step of the run', () => {
  expect(touched(called())).toEqual([]);
  expect(touched(called('default/search'))).toEqual(['untrustedRead']);
  expect(touched(called('default/search', 'default/refund', 'default/search'))).toEqual([
    'privateRead',
    'untrustedRead',
  ]);
});

test('a call that was refused, or gave way to another decision, touches nothing', () => {
  const ledger = new Ledger();
  ledger.book('draft/1.0', booking('default/search', { allowed: false }));
  ledger.book('draft/1.1', booking('default/refund'));
  ledger.release('draft/1.1');
  expect(touched(ledger)).toEqual([]);
});

test('what a call took changes nothing of what it touched, nor does that nobody knows how it ended', () => {
  const ledger = called('default/search', 'default/refund');
  ledger.settle('draft/1.0', 0, 5);
  ledger.unmake('draft/1.1');
  expect(touched(ledger)).toEqual(['privateRead', 'untrustedRead']);
});

test('a tool that says nothing of data counts as the worst, and what goes into a memory when it is read', () => {
  expect(touched(called('default/delete'))).toEqual(['externalWrite', 'privateRead', 'untrustedRead']);
  expect(touched(called('memory:default/notes:write'))).toEqual([]);
  expect(touched(called('memory:default/notes:read'))).toEqual(['privateRead', 'untrustedRead']);
});

test('a memory in a service is outside: what goes there is a write, and its sessions are what a stranger may have written', () => {
  const url = 'https://memory.example/v1';
  const http = { url, allowPrivate: false, timeoutMs: 10_000 };
  const memories = { 'default/far': { type: 'http', session: { ttlMs: 1, maxMessages: 1 }, http } } as const;
  const writing = { type: 'memory', memory: 'default/far', operation: 'write', url } as const;
  const tools = { 'memory:default/far:write': toolNamed('memory_write', { operations: ['write'], impl: writing }) };
  const bundleOfService = { ...content, memories, tools };
  const known = { revisions: { pinned: authority, live: watching }, bundle: bundleOfService, live: undefined };
  const all = ['externalWrite', 'privateRead', 'untrustedRead'];
  expect([...(touchedIn(called('memory:default/far:write'), known)?.touched ?? [])].sort()).toEqual(all);
  const row = { phase: 'result', node: 'draft', kind: 'memory', argsDigest: undefined, error: undefined } as const;
  const spent = { tokensReserved: 0, tokensIn: 0, tokensOut: 0, cost: 0 };
  const told = new Ledger();
  foldRow(told, { ...row, ...spent, path: 'draft/remembered', target: 'default/far', outcome: 'done' }, 'Agent/a/b');
  foldRow(told, { ...row, ...spent, path: 'draft/history', target: 'default/notes', outcome: 'done' }, 'Agent/a/b');
  expect([...(touchedIn(told, known)?.touched ?? [])]).toEqual([]);
  foldRow(told, { ...row, ...spent, path: 'draft/history', target: 'default/far', outcome: 'done' }, 'Agent/a/b');
  expect([...(touchedIn(told, known)?.touched ?? [])].sort()).toEqual(['privateRead', 'untrustedRead']);
});

test('what live says of a tool counts too, and a tool that nobody knows counts nothing', () => {
  const live = {
    ...watching,
    facts: { tools: { 'default/search': { operations: ['read'], classes: ['privateRead'] as const } } },
  };
  expect(touched(called('default/search'), live)).toEqual(['privateRead', 'untrustedRead']);
  expect(touched(called('Agent/default/other'))).toEqual([]);
});

test('where no rule watches, nothing is worked out; a rule on trial watches', () => {
  expect(touched(called('default/search'), authority)).toBeUndefined();
  expect(touched(called('default/search'), { ...authority, audit: watching })).toEqual(['untrustedRead']);
});

test('a journal folds to the same', () => {
  const ledger = new Ledger();
  const row: AccountedRow = {
    path: 'draft/1.0',
    phase: 'intent',
    node: 'draft',
    kind: 'tool',
    target: 'default/search',
    argsDigest: 'f'.repeat(64),
    outcome: undefined,
    error: undefined,
    tokensReserved: 0,
    tokensIn: undefined,
    tokensOut: undefined,
    cost: 0,
  };
  foldRow(ledger, row, 'Agent/default/support');
  foldRow(ledger, { ...row, path: 'draft/1.1', target: 'default/refund', phase: 'result', outcome: 'denied' }, 'x');
  expect(touched(ledger)).toEqual(['untrustedRead']);
});
