import { expect, test } from 'vitest';
import { scrubber } from '../../src/tools/scrub.ts';

const value = `t0p "<s&cr'et>" /=+ ü`;

function clean(text: string, ...values: readonly string[]): string {
  const known = scrubber();
  for (const one of values) known.add(one);
  return known.text(text);
}

const utf16 = Buffer.from(value, 'utf16le');
const wide = Buffer.from(utf16).swap16();
const html = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

test.each([
  ['HTML text', html.replaceAll('&quot;', '"')],
  ['an HTML attribute', html],
  ['HTML with &#39;', html.replaceAll("'", '&#39;')],
  ['HTML with &#x27;', html.replaceAll("'", '&#x27;')],
  ['XML', html.replaceAll("'", '&apos;')],
  ['HTML with numbers beyond ASCII', html.replaceAll("'", '&#39;').replaceAll('ü', '&#252;')],
  ['UTF-16 in hex', utf16.toString('hex')],
  ['UTF-16 in upper-case hex, the other byte order', wide.toString('hex').toUpperCase()],
  ['UTF-16 in base64', utf16.toString('base64').replace(/=+$/, '')],
  ['a Basic pair', Buffer.from(`user:${value}`).toString('base64url')],
  ['JSON in JSON', JSON.stringify(JSON.stringify(value)).slice(3, -3)],
])('%s is found', (_what, text) => {
  const cleaned = clean(`before ${text} after`, value);
  expect(cleaned).toContain('[secret]');
  expect(cleaned).toMatch(/^before .{0,7}\[secret\].{0,3} after$/s);
});

test('of two values of which one is a part of the other, nothing is left standing', () => {
  expect(clean('token-1234-longer token-1234', 'token-1234', 'token-1234-longer')).not.toContain('longer');
});

test('what holds no value stays what it is', () => {
  const known = scrubber();
  known.add('a-secret-value');
  const output = { list: [1, true, null, 'text'], nested: { key: 'value' } };
  expect(known.json(output)).toEqual(output);
});

test('keys, numbers and nested texts are looked at too', () => {
  const known = scrubber();
  known.add('12345678');
  expect(known.json({ '12345678': 12345678, deep: [{ text: 'is 12345678' }] })).toEqual({
    '[secret]': '[secret]',
    deep: [{ text: 'is [secret]' }],
  });
});
