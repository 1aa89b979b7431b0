import { describe, expect, test } from 'vitest';
import { callGuard, textBytesMax } from '../../src/guards/call.ts';
import type { GuardPattern } from '../../src/manifest/bundle-guard.ts';
import { about, guard, optionsWith } from './fixture.ts';

const card: GuardPattern = { name: 'card', pattern: '[0-9]{4}( ?[0-9]{4}){3}', replacement: '[card]' };

function find(patterns: readonly GuardPattern[], ...texts: readonly string[]) {
  return callGuard(guard({ type: 'regex', patterns }), about(...texts), optionsWith());
}

describe('patterns', () => {
  test('are found and counted by name, and masked where they stand', async () => {
    expect(await find([card], 'Pay 4111 1111 1111 1111 and 4222222222222222.', 'Nothing.')).toEqual({
      kind: 'checked',
      findings: [{ found: { card: 2 }, masked: 'Pay [card] and [card].' }, { found: {} }],
    });
  });

  test('that overlap become one part, so that no half of a finding is left', async () => {
    const patterns = [
      { name: 'start', pattern: 'abcd', replacement: '[1]' },
      { name: 'end', pattern: 'cdef', replacement: '[2]' },
    ];
    expect(await find(patterns, 'xabcdefx')).toMatchObject({ findings: [{ masked: 'x[1]x' }] });
  });

  test('do not find what another one wrote in place of something', async () => {
    const patterns = [
      { name: 'a', pattern: 'secret', replacement: 'card' },
      { name: 'b', pattern: 'card', replacement: '[b]' },
    ];
    expect(await find(patterns, 'secret card')).toMatchObject({ findings: [{ masked: 'card [b]' }] });
  });

  test('see letters beyond the first plane whole', async () => {
    expect(await find([{ name: 'any', pattern: '\u{1F600}', replacement: '' }], 'a\u{1F600}b')).toMatchObject({
      findings: [{ found: { any: 1 }, masked: 'ab' }],
    });
  });

  test('take linear time, whatever they are', async () => {
    const text = 'a'.repeat(30_000);
    expect(await find([{ name: 'slow', pattern: '(a+)+$', replacement: '' }], `${text}!`)).toMatchObject({
      kind: 'checked',
    });
  });
});

test('more text than a guard looks at is not looked at in part: the check failed', async () => {
  expect(await find([card], 'x'.repeat(textBytesMax + 1))).toMatchObject({ kind: 'failed' });
  const texts = Array.from({ length: 2_001 }, (_, at) => `text ${at}`);
  expect(await find([card], ...texts)).toMatchObject({ kind: 'failed' });
});

test('patterns that take longer than the guard’s time have failed', async () => {
  const patterns = Array.from({ length: 100 }, (_, at) => ({ ...card, name: `card-${at}` }));
  const outcome = await callGuard(
    guard({ type: 'regex', patterns }, { timeoutMs: 30 }),
    about('12 '.repeat(100_000)),
    optionsWith(),
  );
  expect(outcome).toEqual({ kind: 'failed', message: 'The check took longer than 30 ms.' });
});

test('a pattern that does not compile fails the check and says its name, not a text', async () => {
  expect(await find([{ name: 'bad', pattern: '(?=x)', replacement: '' }], 'x')).toEqual({
    kind: 'failed',
    message: 'The pattern bad does not compile.',
  });
});
