import { describe, expect, test } from 'vitest';
import { vetUrl } from '../../src/tools/egress-url.ts';

const rules = {
  hosts: ['allowed.com', '*.wide.com', 'http://plain.com', 'ports.com:8443', '10.0.0.1'],
  allowPrivate: false,
};

test.each([
  'https://allowed.com/x?q=1#f',
  'https://ALLOWED.com/',
  'https://allowed.com:443/',
  'https://a.wide.com/',
  'https://a.b.wide.com/',
  'http://plain.com/',
  'http://plain.com:80/',
  'https://ports.com:8443/',
  'https://10.0.0.1/',
  'https://0xa.1/',
  // Each is another spelling of what is declared, and reaches what it names.
  'https://012.0.0.1/',
  'https://167772161/',
  'https://allowed。com/',
  'https://allowed.com/%2f%2e%2e/x;y?u=https://evil.com@evil.com#@evil.com',
])('%s is declared', (url) => {
  expect(vetUrl(url, rules).kind).toBe('vetted');
});

describe('what is not declared, or not what it looks like, is denied', () => {
  test.each([
    'https://other.com/',
    'http://allowed.com/',
    'https://plain.com/',
    'https://allowed.com:8443/',
    'https://ports.com/',
    'https://wide.com/',
    'https://evilwide.com/',
    'https://allowed.com.evil.com/',
    'https://allowed.com./',
    'https://allowed.com@evil.com/',
    'https://user:pw@allowed.com/',
    'https://evil.com\\@allowed.com/',
    'https://evil.com\\.allowed.com/',
    'https://allowed.com%2f@evil.com/',
    'https://evil.com%2f.wide.com/',
    'https://evil.com;allowed.com/',
    'https://evil.com#@allowed.com/',
    'https://evil.com?@allowed.com/',
    'https://allowed.com /',
    'https://allow\ted.com/',
    'https://allowed.com/\r\nHost: evil.com',
    'https://а​llowed.com/',
    'https://аllowed.com/',
    'ftp://allowed.com/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'javascript:alert(1)',
    '//allowed.com/',
    'https://evil.com%5c@allowed.com/',
    'https://evil.com/%2f@allowed.com/',
    'https://allowed.com%00.evil.com/',
    'https://allowed.com%0d%0aHost:evil.com/',
    'https://xn--llowed-7ve.com/',
    'https://allowed。com.evil.com/',
    'https://sub.allowed.com/',
    'https://a.wide.com./',
    'https://0x0a.0.0.2/',
    'https://012.0.0.2/',
    'https://10.2/',
    'https://167772162/',
    'https://[::ffff:10.0.0.2]/',
    'allowed.com',
    '',
    'https://',
    'https://[::1',
  ])('%j', (url) => {
    expect(vetUrl(url, rules)).toMatchObject({ kind: 'denied', message: expect.stringMatching(/\.$/) });
  });
});

test('no hosts means none, and an entry that is no host matches nothing', () => {
  expect(vetUrl('https://allowed.com/', { hosts: [], allowPrivate: false }).kind).toBe('denied');
  for (const entry of [
    '*',
    '*.',
    'https://',
    'allowed.com/path',
    '*.*.com',
    'user@allowed.com',
    '*.0.0.1',
    'ftp://allowed.com',
  ]) {
    expect(vetUrl('https://allowed.com/', { hosts: [entry], allowPrivate: false }).kind).toBe('denied');
    expect(vetUrl('https://127.0.0.1/', { hosts: [entry], allowPrivate: false }).kind).toBe('denied');
  }
});

test('a refusal repeats neither the query nor the user part of a URL', () => {
  const told = [vetUrl('https://CANARY:CANARY@x.com/?k=CANARY', rules), vetUrl('https://x.com/CANARY?k=CANARY', rules)];
  expect(JSON.stringify(told)).not.toContain('CANARY');
});
