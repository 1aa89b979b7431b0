import { describe, expect, test } from 'vitest';
import { hiddenBrought, hiddenCharacters } from '../../src/plan/hidden-characters.ts';

const found = (text: string) => hiddenCharacters(text).map(({ character, name, count }) => [character, name, count]);

describe('hidden characters', () => {
  test('are counted by code point and named as Unicode names them', () => {
    expect(found('a\u202eb\u202ec\u200b')).toEqual([
      ['U+200B', 'ZERO WIDTH SPACE', 1],
      ['U+202E', 'RIGHT-TO-LEFT OVERRIDE', 2],
    ]);
  });

  test.each([
    ['an escape sequence', '\u001b[31m', 'U+001B', 'ESCAPE'],
    ['a tag, which spells text that only a model reads', '\u{e0041}', 'U+E0041', 'TAG CHARACTER'],
    ['a selector after a letter, which can carry bytes', 'a\ufe01', 'U+FE01', 'VARIATION SELECTOR'],
    ['an emoji selector where no emoji is', 'a\ufe0f', 'U+FE0F', 'VARIATION SELECTOR'],
    ['one of the further selectors', '😀\u{e0100}', 'U+E0100', 'VARIATION SELECTOR'],
    ['a joiner between Latin letters', 'ad\u200dmin', 'U+200D', 'ZERO WIDTH JOINER'],
    ['a non-joiner after an Arabic letter with nothing to join', '\u0645\u200c ', 'U+200C', 'ZERO WIDTH NON-JOINER'],
    ['half of a pair', 'a\ud800b', 'U+D800', 'LONE SURROGATE'],
    ['a character that every font may draw otherwise', '\ue000', 'U+E000', 'PRIVATE USE CHARACTER'],
    ['a letter without a shape', '\u3164', 'U+3164', 'HANGUL FILLER'],
    ['a pattern without dots', '\u2800', 'U+2800', 'BRAILLE PATTERN BLANK'],
    ['a separator of lines that no editor shows', 'a\u2028b', 'U+2028', 'LINE SEPARATOR'],
    ['a mark at the beginning of a file', '\ufeffYou', 'U+FEFF', 'ZERO WIDTH NO-BREAK SPACE'],
  ])('%s is one', (_what, text, character, name) => {
    expect(found(text)).toEqual([[character, name, 1]]);
  });

  test.each([
    ['plain text over lines, with tabs', 'You are brief.\n\tAlways.\r\n'],
    ['accents, and letters of other scripts', 'Grüße, приве́т, 你好, שלום, مرحبا'],
    ['an emoji with its selector', 'Done ✔️'],
    ['a family and a flag of joined emoji', '👨‍👩‍👧 🏳️‍🌈'],
    ['an emoji of a skin colour joined to another', '👩🏽‍🚀'],
    ['a keycap', '1️⃣'],
    ['Persian with its non-joiners', 'می‌خواهم'],
    ['Hindi with its joiners', 'क्‍ष'],
    ['dashes, quotes and wide spaces', 'a — “b” …\u00a0c'],
  ])('%s has none', (_what, text) => {
    expect(found(text)).toEqual([]);
  });

  test('only what a change brings is told of the change', () => {
    expect(hiddenBrought('a\u200b', 'b\u200b\u200b\u2066')).toMatchObject([
      { character: 'U+200B', count: 1 },
      { character: 'U+2066', count: 1 },
    ]);
    expect(hiddenBrought('a\u200b\u200b', 'a\u200b')).toEqual([]);
  });
});
