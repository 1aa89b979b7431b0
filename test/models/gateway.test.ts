import { describe, expect, test } from 'vitest';
import { callModel } from '../../src/models/call.ts';
import type { GatewayRule } from '../../src/policy/authority.ts';
import { startProviderServer } from '../support/provider-server.ts';
import { onTestFinished } from 'vitest';
import { asking, endpoint, optionsWith } from './fixture.ts';

async function provider(name: 'openai' | 'anthropic') {
  const server = await startProviderServer(name, [{ text: 'Hello.' }]);
  onTestFinished(() => server.close());
  return server;
}

const auth = { profile: 'bearer', secret: { secret: 'default/crm', key: 'token' } } as const;
const rule = (change: Partial<GatewayRule> = {}): GatewayRule => ({
  rule: 'AgentPolicy/a/b',
  require: ['model'],
  ...change,
});

describe('a model behind a gateway', () => {
  test.each(['openai', 'anthropic'] as const)('is asked there as the gateway says, by %s’s protocol', async (name) => {
    const server = await provider(name);
    const url = `${server.url}/v1`;
    const gateway = {
      gateway: 'platform/approved',
      url,
      auth: { ...auth, profile: 'apiKeyHeader', headerName: 'X-Gate' },
    } as const;
    const model = endpoint(url, { provider: name, gateway });
    const gateways = [rule({ allow: ['platform/approved'] })];
    expect(await callModel(model, asking(), optionsWith({ gateways }))).toMatchObject({ text: 'Hello.' });
    expect(server.calls[0]?.headers['x-gate']).toBeDefined();
    expect(server.calls[0]?.headers['authorization']).toBeUndefined();
    expect(server.calls[0]?.headers['x-api-key']).toBeUndefined();
  });

  test.each([
    ['none', undefined, rule(), 'gateway.required'],
    [
      'one that the policy does not allow',
      'platform/other',
      rule({ allow: ['platform/approved'] }),
      'gateway.not_allowed',
    ],
    ['one, where none is allowed', 'platform/approved', rule({ require: [], allow: [] }), 'gateway.not_allowed'],
  ])('is not connected to where it has %s', async (_name, gateway, gatewayRule, code) => {
    const server = await provider('openai');
    const url = `${server.url}/v1`;
    const behind = gateway === undefined ? {} : { gateway: { gateway, url } };
    const model = endpoint(url, { provider: 'openai', ...behind });
    await expect(callModel(model, asking(), optionsWith({ gateways: [gatewayRule] }))).rejects.toMatchObject({ code });
    expect(server.calls).toEqual([]);
  });

  test.each(['https://gateway.example.com/v1', 'PORT/other', 'PORT/v1x'])(
    'is not connected to elsewhere, whatever the endpoint’s address has become: %s',
    async (elsewhere) => {
      const server = await provider('openai');
      const url = elsewhere.replace('PORT', server.url);
      const model = endpoint(`${server.url}/v1`, {
        provider: 'openai',
        gateway: { gateway: 'platform/approved', url },
      });
      await expect(callModel(model, asking(), optionsWith())).rejects.toMatchObject({ code: 'gateway.required' });
      expect(server.calls).toEqual([]);
    },
  );
});
