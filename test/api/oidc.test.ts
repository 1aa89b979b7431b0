import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { oidcTokens } from '../../src/api/oidc.ts';

const provider = createServer();
let issuer = '';
const { privateKey, publicKey } = await generateKeyPair('ES256');
const other = await generateKeyPair('ES256');

beforeAll(async () => {
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }];
  provider.on('request', (request, response) => {
    response.setHeader('content-type', 'application/json');
    const isDiscovery = request.url === '/.well-known/openid-configuration';
    response.end(JSON.stringify(isDiscovery ? { issuer, jwks_uri: `${issuer}/keys` } : { keys }));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
});
afterAll(() => void provider.close());

interface Claims {
  readonly [name: string]: unknown;
}

function signed(claims: Claims = {}, key = privateKey): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ iss: issuer, aud: 'pawl', sub: 'ada', iat: now, exp: now + 300, groups: ['x'], ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .sign(key);
}

const prove = (token: string, nameClaim = 'sub') => oidcTokens({ issuer, audience: 'pawl', nameClaim })(token);

test('a token of the provider proves a person by its claims', async () => {
  const proved = await prove(await signed());
  expect(proved).toMatchObject({
    person: { name: 'oidc:ada', proof: 'oidc', roles: [], groups: [], claims: { issuer, values: { groups: ['x'] } } },
  });
});

test.each<[string, () => Promise<string>]>([
  ['of another service', () => signed({ aud: 'billing' })],
  ['of another issuer', () => signed({ iss: 'https://evil.example' })],
  ['that is over', () => signed({ exp: 1_000 })],
  ['that is not yet good', () => signed({ nbf: Math.floor(Date.now() / 1_000) + 3_600 })],
  ['without an end', () => signed({ exp: undefined })],
  ['signed by another key', () => signed({}, other.privateKey)],
  [
    'signed with a shared secret',
    () =>
      new SignJWT({ iss: issuer, aud: 'pawl', sub: 'ada' })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(new TextEncoder().encode('x'.repeat(64))),
  ],
  ['with no signature', async () => `${(await signed()).split('.').slice(0, 2).join('.')}.`],
  ['that is no token', () => Promise.resolve('pawl')],
])('one %s proves nobody', async (_, make) => {
  expect(await prove(await make())).toHaveProperty('refused');
});

test('an address names a person only where it is verified', async () => {
  expect(await prove(await signed({ email: 'ada@example.com' }), 'email')).toHaveProperty('refused');
  const verified = await signed({ email: 'ada@example.com', email_verified: true });
  expect(await prove(verified, 'email')).toMatchObject({ person: { name: 'ada@example.com' } });
});
