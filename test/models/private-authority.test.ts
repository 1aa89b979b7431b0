import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { callModel } from '../../src/models/call.ts';
import { goodLeaf, testRoot } from '../tools/certificates.ts';
import { canarySecrets } from '../tools/fixture.ts';
import { asking, endpoint, optionsWith } from './fixture.ts';

/** A provider behind TLS, whose certificate an authority of its own has signed. */
async function privateProvider(): Promise<{ readonly url: string; readonly asked: () => number }> {
  let asked = 0;
  const answer = {
    id: '1',
    object: 'chat.completion',
    created: 0,
    model: 'small',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Shipped.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
  const server = createServer({ ...goodLeaf }, (_request, response) => {
    asked += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked: () => asked };
}

const ca = { secret: 'default/crm', key: 'token' };

test('a provider whose certificate an own authority signed answers with its `caSecretRef`, and is refused without', async () => {
  const { url, asked } = await privateProvider();
  const secrets = canarySecrets(testRoot);
  await expect(callModel(endpoint(url), asking(), optionsWith({ secrets }))).rejects.toThrow(
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  );
  expect(asked()).toBe(0);
  const model = endpoint(url, { tls: { ca } });
  expect(await callModel(model, asking(), optionsWith({ secrets }))).toMatchObject({ text: 'Shipped.' });
  expect(asked()).toBe(1);
});

test('a secret that holds no certificate is said by its name before anything is sent', async () => {
  const { url, asked } = await privateProvider();
  const secrets = canarySecrets('no certificate at all');
  await expect(callModel(endpoint(url, { tls: { ca } }), asking(), optionsWith({ secrets }))).rejects.toMatchObject({
    code: 'secret.unavailable',
    message: expect.stringContaining('holds no PEM certificate'),
  });
  expect(asked()).toBe(0);
});
