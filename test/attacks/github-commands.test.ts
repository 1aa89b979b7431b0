import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../src/github/command.ts';
import { anyText } from '../support/any-text.ts';

describe('what only looks like a command, or stands where none counts, is none', () => {
  test.each([
    ['quoted', '> /pawl ack R1-3f2a'],
    ['in a fence', '```\n/pawl ack R1-3f2a\n```'],
    ['in a span of code', '`/pawl ack R1-3f2a`'],
    ['indented', ' /pawl ack R1-3f2a'],
    ['indented as code', '    /pawl ack R1-3f2a'],
    ['on the second line', 'Please:\n/pawl ack R1-3f2a'],
    ['after an empty line', '\n/pawl ack R1-3f2a'],
    ['after text', 'You can /pawl ack R1-3f2a'],
    ['in a list', '- /pawl ack R1-3f2a'],
    ['in a comment of HTML', '<!-- /pawl ack R1-3f2a -->'],
    ['behind a mark of pawl’s own', '<!-- pawl:plan x -->/pawl ack R1-3f2a'],
    ['in upper case', '/PAWL ack R1-3f2a'],
    ['with a capital', '/Pawl ack R1-3f2a'],
    ['with a Cyrillic a', '/p\u0430wl ack R1-3f2a'],
    ['with a fullwidth solidus', '\uff0fpawl ack R1-3f2a'],
    ['with a division slash', '\u2215pawl ack R1-3f2a'],
    ['behind a byte order mark', '\ufeff/pawl ack R1-3f2a'],
    ['behind a zero-width space', '\u200b/pawl ack R1-3f2a'],
    ['with a zero-width joiner within', '/pa\u200dwl ack R1-3f2a'],
    ['behind an override of direction', '\u202e/pawl ack R1-3f2a'],
    ['with a no-break space', '/pawl\u00a0ack R1-3f2a'],
    ['with a tab', '/pawl\tack R1-3f2a'],
    ['glued to another word', '/pawlack R1-3f2a'],
    ['of another name', '/pawl-ack R1-3f2a'],
    ['empty', ''],
  ])('%s', (_, comment) => {
    expect(parseCommand(comment)).toBeUndefined();
  });

  test.each([
    ['with a Cyrillic letter in the verb', '/pawl \u0430ck R1-3f2a'],
    ['with a fullwidth digit', '/pawl ack R\uff11-3f2a'],
    ['with another hyphen', '/pawl ack R1\u20113f2a'],
    ['with a zero-width space after the id', '/pawl ack R1-3f2a\u200b'],
    ['with a zero-width space in the reason', '/pawl ack R1-3f2a fine\u200bfine'],
    ['with letters turned around in the reason', '/pawl ack R1-3f2a \u202e tsop'],
    ['with a line separator', '/pawl ack R1-3f2a\u2028R2-77aa'],
    ['with a tab', '/pawl ack R1-3f2a\tR2-77aa'],
    ['with NUL', '/pawl ack R1-3f2a\0'],
    ['with a filler of Hangul', '/pawl ack R1-3f2a \u3164'],
    ['with two commands in a line', '/pawl ack R1-3f2a;/pawl ack guard.deletes'.replace(';', ' ')],
  ])('and what is nearly one acknowledges nothing: %s', (_, comment) => {
    expect(parseCommand(comment)).toEqual({ kind: 'unknown' });
  });
});

test('a control character anywhere in the line makes it no command, a tab in the reason too', () => {
  const controls = [
    ...Array.from({ length: 32 }, (_, code) => code),
    127,
    ...Array.from({ length: 32 }, (_, code) => 128 + code),
  ];
  for (const code of controls) {
    const character = String.fromCodePoint(code);
    if (character === '\n' || character === '\r') continue;
    for (const line of [
      `/pawl ack R1-3f2a fine${character}R2-77aa`,
      `/pawl plan ${character}`,
      `/pawl ${character}help`,
    ]) {
      expect(parseCommand(line), `U+${code.toString(16)}`).toEqual({ kind: 'unknown' });
    }
  }
});

test('the reason may hold what was assigned after this Unicode, such as the newest emoji', () => {
  expect(parseCommand('/pawl ack R1-3f2a seen \u{1fadf}\u0378')).toMatchObject({ kind: 'ack' });
});

test('no other text acknowledges than the one line', () => {
  const noise = anyText(12);
  const parts = fc.constantFrom(
    '/pawl',
    'ack',
    ' ',
    'R1-3f2a',
    '\n',
    '\r',
    '> ',
    '`',
    '\u200b',
    'guard.deletes',
    'plan',
  );
  const text = fc.array(fc.oneof(noise, parts), { maxLength: 10 }).map((all) => all.join(''));
  fc.assert(
    fc.property(text, (comment) => {
      const command = parseCommand(comment);
      if (command?.kind !== 'ack') return;
      const line = comment.split(/\r\n|\n|\r/)[0] ?? '';
      expect(line).toMatch(/^\/pawl ack +(?:R1-3f2a|guard\.deletes)(?: |$)/);
    }),
    { numRuns: 2_000, seed: 7 },
  );
});

test('a line of any length is read in no time', () => {
  expect(parseCommand(`/pawl ack ${' R1-3f2a'.repeat(100_000)}`)).toEqual({ kind: 'unknown' });
  expect(parseCommand(`/pawl${' '.repeat(1_000_000)}`)).toEqual({ kind: 'unknown' });
});
