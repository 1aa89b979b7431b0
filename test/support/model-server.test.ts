import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV3GenerateResult } from '@ai-sdk/provider';
import { expect, onTestFinished, test } from 'vitest';
import { type ModelScript, type ModelServer, startModelServer } from './model-server.ts';

async function serverWith(script: ModelScript): Promise<ModelServer> {
  const server = await startModelServer(script);
  onTestFinished(() => server.close());
  return server;
}

// The provider package is the judge of the wire format: what it cannot read, pawl could not either.
async function generate(server: ModelServer): Promise<LanguageModelV3GenerateResult> {
  const provider = createOpenAICompatible({ name: 'local', baseURL: server.url, apiKey: 'key' });
  return provider('small').doGenerate({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }] });
}

test('a provider package reads text, tool calls, usage and the model that answered', async () => {
  const server = await serverWith([
    { text: 'Hi', usage: { inputTokens: 7, outputTokens: 2 }, model: 'other' },
    { toolCalls: [{ name: 'refund', arguments: '{"amount": 1' }], usage: 'none' },
  ]);
  const text = await generate(server);
  expect(text.content).toEqual([{ type: 'text', text: 'Hi' }]);
  expect(text.usage.inputTokens.total).toBe(7);
  expect(text.response?.modelId).toBe('other');
  const tool = await generate(server);
  expect(tool.content).toMatchObject([{ type: 'tool-call', toolName: 'refund', input: '{"amount": 1' }]);
  expect(tool.usage.inputTokens.total).toBeUndefined();
  expect(server.calls.map((call) => [call.body.model, call.authorization])).toEqual([
    ['small', 'Bearer key'],
    ['small', 'Bearer key'],
  ]);
});

test('a rate limit, a failure, a cut body and an exhausted script are errors', async () => {
  const server = await serverWith([{ status: 429, retryAfter: '3' }, { status: 500 }, { cut: true }]);
  await expect(generate(server)).rejects.toMatchObject({ statusCode: 429, responseHeaders: { 'retry-after': '3' } });
  await expect(generate(server)).rejects.toMatchObject({ statusCode: 500 });
  await expect(generate(server)).rejects.toThrow();
  await expect(generate(server)).rejects.toThrow(/no answer 4/);
});

test('a hanging answer ends with the client', async () => {
  const server = await serverWith(() => ({ hang: true }));
  const client = new AbortController();
  const call = fetch(`${server.url}/chat/completions`, {
    method: 'POST',
    body: '{}',
    signal: client.signal,
  });
  const ended = call.then(String, String);
  await expect.poll(() => server.calls.length).toBe(1);
  client.abort();
  expect(await ended).toMatch(/aborted/);
});
