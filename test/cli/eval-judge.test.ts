import { describe, expect, test } from 'vitest';
import { type Expectation, judge, type Ran } from '../../src/cli/eval-judge.ts';

const output = { reply: 'We are sorry.\nYour "kettle" comes back.', priority: 'high', tags: ['late', 'refund'] };
const ran: Ran = {
  succeeded: true,
  code: undefined,
  input: { ticket: 'Broken.' },
  output,
  called: new Set(['support/search', 'crm/close']),
  tokens: 100,
  cost: 5_000,
  durationMs: 1_500,
};

const missed = (expected: Partial<Expectation>, came: Partial<Ran> = {}): readonly string[] =>
  judge({ phase: 'Succeeded', ...expected }, { ...ran, ...came }, 'support').map(({ field }) => field);

describe('what is expected of the output', () => {
  test.each<[string, Partial<Expectation>]>([
    [
      'all of it, in any order of keys',
      { equals: { tags: ['late', 'refund'], priority: 'high', reply: output.reply } },
    ],
    ['a part of a map', { includes: { priority: 'high' } }],
    ['an entry wherever it stands', { includes: { tags: ['refund'] } }],
    ['its schema', { schema: { type: 'object', required: ['reply'] } }],
    ['a text as it was before it was escaped', { contains: ['sorry.\nYour "kettle"'] }],
    ['a text of its JSON', { contains: ['"priority":"high"'] }],
    ['the absence of one', { notContains: ['unicorn'] }],
    ['a pattern', { matches: '(?i)YOUR .kettle.' }],
    ['an expression', { expr: 'size(output.tags) == 2 && input.ticket.startsWith("Broken")' }],
  ])('may be %s', (_what, expected) => {
    expect(missed(expected)).toEqual([]);
  });

  test.each<[keyof Expectation, Partial<Expectation>]>([
    ['equals', { equals: { priority: 'high' } }],
    ['includes', { includes: { tags: ['refund', 'new'] } }],
    ['includes', { includes: { constructor: {} } }],
    ['schema', { schema: { type: 'array' } }],
    ['contains', { contains: ['unicorn'] }],
    ['notContains', { notContains: ['kettle'] }],
    ['matches', { matches: '^sorry$' }],
    ['expr', { expr: 'output.priority == "low"' }],
    ['expr', { expr: 'output.nothing == 1' }],
    ['expr', { expr: 'output.priority' }],
  ])('is missed by %s %j', (field, expected) => {
    expect(missed(expected)).toEqual([field]);
  });

  test('is asked of a text as of itself', () => {
    expect(missed({ equals: 'yes', matches: '^yes$' }, { output: 'yes' })).toEqual([]);
  });

  test('is not asked where there is none: the phase says so, with the code', () => {
    const failed = { succeeded: false, code: 'limit.steps', output: null };
    const [found, ...others] = judge({ phase: 'Succeeded', contains: ['a'] }, { ...ran, ...failed }, 'support');
    expect([found, others]).toEqual([{ field: 'phase', expected: 'Succeeded', came: 'Failed (limit.steps)' }, []]);
    expect(missed({ phase: 'Failed' }, failed)).toEqual([]);
    expect(missed({ phase: 'Failed' })).toEqual(['phase']);
  });
});

describe('what is expected of the run', () => {
  test('tools are named from the namespace of the eval', () => {
    expect(missed({ calls: ['search', 'crm/close'], notCalls: ['close'] })).toEqual([]);
    expect(missed({ calls: ['close'] })).toEqual(['calls']);
    expect(missed({ notCalls: ['search'] })).toEqual(['notCalls']);
  });

  test('limits hold up to themselves', () => {
    expect(missed({ maxTokens: 100, maxCost: 5_000, maxDuration: '1500ms' })).toEqual([]);
    expect(missed({ maxTokens: 99, maxCost: 4_999, maxDuration: '1s' })).toEqual([
      'maxTokens',
      'maxCost',
      'maxDuration',
    ]);
  });
});
