import { expect, test } from 'vitest';
import { neutral, neutralJson } from '../../src/manifest/neutral.ts';

test('what a terminal would act on or a reader could not see becomes visible', () => {
  expect(neutral('\u001b[31mred\u0007\r\n\t')).toBe('\\u{1b}[31mred\\u{7}\\r\\n\\t');
  expect(neutral('a\u202eb\u2066c\u200bd\ufeffe\u00adf\u{e0041}g\u3164h')).toBe(
    'a\\u{202e}b\\u{2066}c\\u{200b}d\\u{feff}e\\u{ad}f\\u{e0041}g\\u{3164}h',
  );
  expect(neutral('\u009b31m\u2028\ud800')).toBe('\\u{9b}31m\\u{2028}\\u{d800}');
});

test('ordinary text of any language stays as it is', () => {
  for (const text of ['plain', 'naïve café', '日本語', 'Ελληνικά', '→ “quoted” …', '❤️ 👍', 'עברית']) {
    expect(neutral(text)).toBe(text);
  }
});

test('a selector that is no part of an emoji is shown', () => {
  expect(neutral('a\ufe0f')).toBe('a\\u{fe0f}');
  expect(neutral('❤️\ufe0f')).toBe('❤️\\u{fe0f}');
});

test('escaped JSON means what it meant', () => {
  const value = { text: '\u009b1m\u202e\u{e0041}\u001b and "quotes"\n' };
  const json = neutralJson(JSON.stringify(value, null, 2));
  expect(JSON.parse(json)).toEqual(value);
  expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test('a command to a build log becomes text, and in JSON it keeps its meaning', () => {
  expect(neutral('a ##[add-mask]x ##vso[task.setvariable]y')).toBe(
    'a #\\u{23}[add-mask]x #\\u{23}vso[task.setvariable]y',
  );
  const json = JSON.stringify({ a: '##[error]x' });
  expect(neutralJson(json)).not.toContain('##[');
  expect(JSON.parse(neutralJson(json))).toEqual({ a: '##[error]x' });
  expect(neutral('## [a] # #[b] ##c')).toBe('## [a] # #[b] ##c');
});
