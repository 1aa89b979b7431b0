import { expect, test } from 'vitest';
import type { SecretReading } from '../../src/tools/secret-reading.ts';
import { bundleSecrets } from '../../src/tools/secrets.ts';
import { canary, canarySecrets } from './fixture.ts';

const use = { secret: 'default/crm', key: 'token' };

function reading(value: string | undefined): Promise<SecretReading> {
  if (value !== undefined) return Promise.resolve({ kind: 'read', value });
  return Promise.resolve({ kind: 'unread', reason: 'env_missing', why: 'the worker has no PAWL_SECRET_CRM' });
}

function spellings(value: string): string[] {
  const bytes = Buffer.from(value);
  const percent = encodeURIComponent(value);
  return [
    value,
    bytes.toString('base64'),
    bytes.toString('base64url'),
    Buffer.from(`user:${value}`).toString('base64'),
    Buffer.from(`ab${value}cd`).toString('base64'),
    Buffer.from(`x${value}yz`).toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    percent,
    percent.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
    percent.replaceAll('%20', '+'),
    new URLSearchParams({ k: value }).toString(),
    JSON.stringify(value),
    JSON.stringify(value).replaceAll('/', '\\/'),
    JSON.stringify(JSON.stringify({ a: value })).slice(7, -4),
    JSON.stringify(JSON.stringify(JSON.stringify(value))).slice(6, -6),
    JSON.stringify(value).replace(
      /[\u0080-\uffff]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  ];
}

test.each([canary, 'sk-live-0123456789abcdef', 'ümläut-sécret', 'a~b.c!d(e)', 'q"uo\\te/7f', '\\\\x""/ü'])(
  '%s is taken out in every spelling',
  async (value) => {
    const secrets = canarySecrets(value);
    await secrets.load();
    // Whatever is left of the value, in whichever spelling, is too short to be worth anything.
    for (const spelling of spellings(value)) {
      const clean = secrets.scrubText(`before ${spelling} after`);
      expect(clean).toContain('[secret]');
      expect(clean.length).toBeLessThan('before [secret] after'.length + 12);
    }
  },
);

test('values, keys and numbers of a result are all scrubbed', async () => {
  const secrets = canarySecrets('12345678');
  await secrets.load();
  expect(secrets.scrub({ a: ['x12345678y', 12345678, 1, null, true], '12345678': 'k' })).toEqual({
    a: ['x[secret]y', '[secret]', 1, null, true],
    '[secret]': 'k',
  });
});

test('a body of JSON is read before it is scrubbed: any letter of it may be an escape', async () => {
  const escaped = Array.from(canary, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  const secrets = canarySecrets();
  await secrets.load();
  expect(secrets.scrubBody(`{"error":"no such key: ${escaped}"}`)).toBe('{"error":"no such key: [secret]"}');
  expect(secrets.scrubBody(`<p>${canary}</p>`)).toBe('<p>[secret]</p>');
});

test('of a user and password, the password alone is a secret too', async () => {
  const secrets = canarySecrets('crm-user:pass-7f3a');
  await secrets.load();
  expect(secrets.scrubText('wrong password pass-7f3a')).toBe('wrong password [secret]');
});

test('a value is taken out before it was used here: the worker before may have used it', async () => {
  const secrets = canarySecrets();
  await secrets.load();
  expect(secrets.scrub({ a: `x ${canary}` })).toEqual({ a: 'x [secret]' });
  expect(secrets.scrubText(Buffer.from(canary).toString('hex'))).toBe('[secret]');
});

test('a value that the worker does not have leaves the others known', async () => {
  const keys = { absent: 'PAWL_SECRET_A', short: 'PAWL_SECRET_B', there: 'PAWL_SECRET_C' };
  const values = new Map([
    ['PAWL_SECRET_B', 'abc'],
    ['PAWL_SECRET_C', canary],
  ]);
  const secrets = bundleSecrets({ 'default/crm': { source: 'env', keys } }, ({ at }) => reading(values.get(at)));
  await secrets.load();
  expect(secrets.scrub([canary, 'abc'])).toEqual(['[secret]', 'abc']);
});

test.each([
  ['not set', undefined],
  ['empty', ''],
  ['a line break alone', '\n'],
  ['too short to be kept out of outputs', 'abc'],
  ['broken over two lines', 'line\nbreak'],
])('a variable that is %s makes the secret unavailable, and the error says what to set', async (_name, value) => {
  const secrets = bundleSecrets({ 'default/crm': { source: 'env', keys: { token: 'PAWL_SECRET_CRM' } } }, () =>
    reading(value),
  );
  await expect(secrets.resolve(use)).rejects.toThrow(
    expect.objectContaining({
      code: 'secret.unavailable',
      message: expect.stringMatching(/^Secret\/default\/crm key token is not available: .*PAWL_SECRET_CRM/),
    }),
  );
});

test('a secret or key that the bundle does not hold is unavailable, whatever the worker has', async () => {
  const secrets = canarySecrets();
  for (const [secret, key] of [
    ['other/crm', 'token'],
    ['default/crm', 'other'],
    ['constructor', 'name'],
    ['default/crm', 'constructor'],
  ] as const) {
    await expect(secrets.resolve({ secret, key })).rejects.toThrow(/the bundle does not hold it/);
  }
});

test('a line break at the end of a variable is not part of the secret', async () => {
  expect(await canarySecrets('token-1\n').resolve(use)).toBe('token-1');
});

test('a value that was rotated is used from the next call on, and both are taken out', async () => {
  let value = 'before-4711';
  const secrets = bundleSecrets({ 'default/crm': { source: 'file', keys: { token: '/run/secrets/crm' } } }, () =>
    reading(value),
  );
  await secrets.load();
  expect(await secrets.resolve(use)).toBe('before-4711');
  value = 'after-4712';
  expect(await secrets.resolve(use)).toBe('after-4712');
  expect(secrets.scrubText('before-4711 after-4712')).toBe('[secret] [secret]');
});

test('nothing is passed off as clean before the values are known', () => {
  expect(() => canarySecrets().scrubText(canary)).toThrow(TypeError);
  expect(() => canarySecrets().scrub({ a: canary })).toThrow(TypeError);
});
