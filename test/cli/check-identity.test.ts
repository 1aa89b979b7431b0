import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { providerFault } from '../../src/api/oidc.ts';
import { checkIdentity, type DoorInspection } from '../../src/cli/check-identity.ts';
import { readApiSettings } from '../../src/config-api.ts';

const checked = (inspection: DoorInspection, environment: Record<string, string> = {}) =>
  checkIdentity(readApiSettings(environment), inspection);
const issuer = 'https://id.example';

test.each<[DoorInspection, Record<string, string>, string]>([
  [{ tokens: 0 }, {}, 'this user alone'],
  [{ tokens: 1 }, {}, 'this user, 1 token'],
  [{ tokens: 3 }, { PAWL_TRUSTED_PROXY: '1' }, 'this user, 3 tokens, behind a proxy that ends TLS'],
  [
    { tokens: 0, provider: { issuer, fault: undefined } },
    { PAWL_TLS_CERT_FILE: '/a', PAWL_TLS_KEY_FILE: '/b' },
    'this user, identity provider https://id.example, over TLS',
  ],
  [{ tokens: undefined }, {}, 'this user alone, and tokens that were not counted'],
])('doctor says who is let in: %j %j', (inspection, environment, detail) => {
  expect(checked(inspection, environment)).toEqual([{ name: 'identity', state: 'ok', detail }]);
});

test('doctor warns of a provider that lets nobody in, whatever it says of itself', async () => {
  const provider = createServer((_, response) => {
    response.end(JSON.stringify({ issuer: 'https://evil.example', secret: 'hunter2' }));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const other = await providerFault(address);
  await new Promise((resolve) => provider.close(resolve));
  expect([other, await providerFault(address)]).toEqual([
    'the discovery document is another issuer’s',
    'it does not answer',
  ]);
  const [, warned] = checked({ tokens: 0, provider: { issuer: address, fault: other } });
  expect(warned).toEqual({
    name: 'identity provider',
    state: 'warning',
    detail: `${address} lets nobody in: the discovery document is another issuer’s`,
    help: 'Check PAWL_OIDC_ISSUER, and that this machine reaches it.',
  });
});
