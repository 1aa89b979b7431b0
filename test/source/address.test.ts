import { expect, test } from 'vitest';
import { parseAddress } from '../../src/source/address.ts';
import { openRepository } from '../../src/source/repository.ts';

test.each([
  ['https://github.com/acme/agents.git', 'https'],
  ['https://git.example.com:8443/acme/agents', 'https'],
  ['http://127.0.0.1:8080/agents', 'http'],
  ['http://localhost/agents', 'http'],
  ['http://[::1]:8080/agents', 'http'],
  ['ssh://git@github.com/acme/agents.git', 'ssh'],
  ['ssh://git@[fd00::1]:22/acme/agents.git', 'ssh'],
  ['git@github.com:acme/agents.git', 'ssh'],
])('%s is read by %s', (url, protocol) => {
  expect(parseAddress(url).protocol).toBe(protocol);
});

test.each([
  'ext::sh -c touch% /tmp/marker',
  'ext::sh',
  'fd::7',
  '--upload-pack=touch /tmp/marker',
  '-oProxyCommand=touch',
  'ssh://-oProxyCommand=touch/x',
  'ssh://git@-oProxyCommand=touch/x',
  'ssh://github.com/-x',
  '-git@github.com:x',
  'git@-oProxyCommand=x:y',
  'git@github.com:-x',
  'file:///etc',
  'file://localhost/srv/agents',
  'git://github.com/acme/agents',
  'ftp://example.com/agents',
  'http://example.com/agents',
  'http://127.example.com/agents',
  'https://',
  'https://example.com',
  'https://example.com/a b',
  'https://example.com/a\nb',
  'https://example.com/a\u0000',
  'https://example.com/a?upload-pack=x',
  'https://example.com/a#x',
  'https://example.com\\@evil.example/a',
  '/srv/agents',
  'C:\\agents',
  '',
  `https://example.com/${'a'.repeat(3000)}`,
])('%j is refused before anything is started', (url) => {
  expect(() => parseAddress(url)).toThrowError(expect.objectContaining({ code: 'git.url_refused' }));
});

test.each([
  'https://user:hunter2@example.com/agents',
  'https://hunter2@example.com/agents',
  'ssh://git:hunter2@example.com/agents',
  'https://example.com/agents?token=hunter2',
])('a credential in the address is refused and not repeated: %s', async (url) => {
  const error: unknown = await openRepository({ url, directory: '/nonexistent' }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'git.url_refused' });
  expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('hunter2');
});

test('http to another machine is read only where that is allowed', () => {
  expect(parseAddress('http://git.intern/agents', { allowHttp: true }).protocol).toBe('http');
  expect(() => parseAddress('http://git.intern/agents')).toThrowError(/http to another machine/);
});

test('ssh without the program git says what to install', async () => {
  const opened = openRepository({
    url: 'git@github.com:acme/agents.git',
    directory: '/nonexistent',
    reader: 'isomorphic',
  });
  await expect(opened).rejects.toMatchObject({ code: 'git.url_refused', help: expect.stringContaining('Install git') });
});
