import { describe, expect, test } from 'vitest';
import { callModel } from '../../src/models/call.ts';
import type { ModelAnswer } from '../support/model-server.ts';
import { canarySecrets } from '../tools/fixture.ts';
import { after, asking, endpoint, optionsWith, serverWith } from './fixture.ts';

const search = { name: 'search', description: 'Searches.', inputSchema: { type: 'object' } };

test('the request carries the prompt, the parameters and the offered tools', async () => {
  const server = await serverWith([{ text: 'Shipped.' }]);
  const model = endpoint(server.url, {
    parameters: { maxOutputTokens: 1000, temperature: 0.5, seed: 7, stop: ['END'] },
  });
  const outputSchema = { type: 'object', properties: { status: { type: 'string' } } };
  await callModel(model, asking({ tools: [search], outputSchema }), optionsWith());
  expect(server.calls).toMatchObject([
    {
      authorization: undefined,
      body: {
        model: 'small',
        max_tokens: 300,
        temperature: 0.5,
        seed: 7,
        stop: ['END'],
        messages: [
          { role: 'system', content: 'You help.' },
          { role: 'user', content: 'Where is order 7?' },
        ],
        tools: [{ type: 'function', function: { name: 'search', parameters: { type: 'object' } } }],
        response_format: { type: 'json_schema', json_schema: { schema: outputSchema, strict: false } },
      },
    },
  ]);
});

test('the answer comes with pawl’s own call ids and the arguments as they were sent', async () => {
  const raw = '{"amount":1,"amount":1000}';
  const server = await serverWith([
    {
      text: 'Look:',
      toolCalls: [
        { id: 'same', name: 'search', arguments: raw },
        { id: 'same', name: 'rm_rf', arguments: '{"a":' },
        { name: 'search', arguments: '' },
      ],
      usage: { inputTokens: 12, outputTokens: 3 },
    },
  ]);
  expect(await callModel(endpoint(server.url), asking({ messages: after(1) }), optionsWith())).toEqual({
    text: 'Look:',
    toolCalls: [
      { id: '2.1', name: 'search', arguments: raw },
      { id: '2.2', name: 'rm_rf', arguments: '{"a":' },
      { id: '2.3', name: 'search', arguments: '{}' },
    ],
    usage: { inputTokens: 12, outputTokens: 3 },
    model: 'small',
    finish: 'toolCalls',
  });
});

test('earlier calls and their results go back under the same ids', async () => {
  const server = await serverWith([{ text: 'Done.' }]);
  const messages = [
    ...after(0),
    {
      role: 'assistant',
      text: '',
      toolCalls: [
        { id: '1.1', name: 'search', arguments: '{"id":"7"}' },
        { id: '1.2', name: 'search', arguments: '{"id"' },
      ],
    },
    { role: 'tool', callId: '1.1', tool: 'search', result: { found: true } },
    { role: 'tool', callId: '1.2', tool: 'search', result: { error: 'invalid_arguments', retryable: true } },
  ] as const;
  await callModel(endpoint(server.url), asking({ messages }), optionsWith());
  expect(server.calls[0]?.body.messages.slice(2)).toMatchObject([
    {
      role: 'assistant',
      tool_calls: [
        { id: '1.1', function: { arguments: '{"id":"7"}' } },
        { id: '1.2', function: { arguments: '"{\\"id\\""' } },
      ],
    },
    { role: 'tool', tool_call_id: '1.1', content: '{"found":true}' },
    { role: 'tool', tool_call_id: '1.2', content: '{"error":"invalid_arguments","retryable":true}' },
  ]);
});

describe('a failure is typed, asked once and says what to do', () => {
  test.each<[string, ModelAnswer, string, object]>([
    ['429', { status: 429, retryAfter: '3' }, 'RetryableError', { code: 'model.rate_limited', retryAfterMs: 3000 }],
    [
      '429 without a word on when',
      { status: 429 },
      'RetryableError',
      { code: 'model.rate_limited', retryAfterMs: undefined },
    ],
    [
      '429 until a century later',
      { status: 429, retryAfter: 'Wed, 21 Oct 2099 07:28:00 GMT' },
      'RetryableError',
      { retryAfterMs: 3_600_000 },
    ],
    ['500', { status: 500 }, 'RetryableError', { code: 'model.unavailable' }],
    ['529', { status: 529 }, 'RetryableError', { code: 'model.unavailable' }],
    ['a cut body', { cut: true }, 'RetryableError', { code: 'model.unavailable' }],
    ['no answer', { hang: true }, 'RetryableError', { code: 'model.timeout' }],
    [
      '401',
      { status: 401 },
      'TerminalError',
      { code: 'model.unauthorised', help: expect.stringContaining('secretRef') },
    ],
    ['403', { status: 403 }, 'TerminalError', { code: 'model.unauthorised' }],
    [
      '400',
      { status: 400, body: 'unknown model' },
      'TerminalError',
      { code: 'model.request_refused', message: expect.stringContaining('unknown model') },
    ],
    ['a page instead of JSON', { raw: '<html>' }, 'TerminalError', { code: 'model.response_invalid' }],
    ['no choice', { raw: '{"choices":[]}' }, 'TerminalError', { code: 'model.response_invalid' }],
    [
      'another model',
      { text: 'x', model: 'large' },
      'TerminalError',
      { code: 'model.response_mismatch', message: 'The endpoint asked for the model small, and large answered.' },
    ],
    ['a longer model', { text: 'x', model: 'small-turbo' }, 'TerminalError', { code: 'model.response_mismatch' }],
    [
      '129 tool calls',
      { toolCalls: Array.from({ length: 129 }, () => ({ name: 'search', arguments: '{}' })) },
      'TerminalError',
      { code: 'model.response_too_large' },
    ],
    ['too much text', { text: 'x'.repeat(1024 * 1024 + 1) }, 'TerminalError', { code: 'model.response_too_large' }],
    ['too many bytes', { raw: ' '.repeat(8 * 1024 * 1024 + 1) }, 'TerminalError', { code: 'model.response_too_large' }],
  ])('%s', async (name, answer, type, expected) => {
    const server = await serverWith(() => answer);
    const options = optionsWith(name === 'no answer' ? { deadlineMs: 1_000 } : {});
    await expect(callModel(endpoint(server.url), asking(), options)).rejects.toMatchObject({ name: type, ...expected });
    expect(server.calls).toHaveLength(1);
  });

  test('the worker’s signal ends the call', async () => {
    const worker = new AbortController();
    const server = await serverWith(() => {
      worker.abort();
      return { hang: true };
    });
    await expect(
      callModel(endpoint(server.url), asking(), optionsWith({ signal: worker.signal })),
    ).rejects.toMatchObject({ code: 'model.aborted' });
  });

  test('a private baseUrl needs allowPrivate, and without it nothing is asked', async () => {
    const server = await serverWith([{ text: 'x' }]);
    await expect(
      callModel(endpoint(server.url, { allowPrivate: false }), asking(), optionsWith()),
    ).rejects.toMatchObject({
      code: 'egress.denied',
      help: expect.stringContaining('allowPrivate'),
    });
    expect(server.calls).toHaveLength(0);
  });

  test('a closed port can be tried again', async () => {
    const server = await serverWith([]);
    await server.close();
    await expect(callModel(endpoint(server.url), asking(), optionsWith())).rejects.toMatchObject({
      name: 'RetryableError',
      code: 'model.unavailable',
    });
  });
});

test.each(['small', 'small-2024-08-06', 'small-20240806', 'small-0613', 'small@20240806', 'small:latest'])(
  '%s is a release of the model small',
  async (model) => {
    const server = await serverWith([{ text: 'x', model }]);
    expect((await callModel(endpoint(server.url), asking(), optionsWith())).model).toBe(model);
  },
);

describe('what the provider ran itself stops the run', () => {
  const call = { id: 'a', type: 'web_search_call', function: { name: 'search', arguments: '{}' } };
  test.each([
    ['a tool call that is no function', { tool_calls: [call] }],
    ['a tool call in another shape', { tool_calls: [{ id: 'a', type: 'mcp_call', mcp: {} }] }],
    ['executed tools', { executed_tools: [{ name: 'browser' }] }],
  ])('%s', async (_name, message) => {
    const raw = JSON.stringify({
      model: 'small',
      choices: [{ message: { role: 'assistant', content: 'x', ...message }, finish_reason: 'stop' }],
    });
    const server = await serverWith([{ raw }]);
    await expect(callModel(endpoint(server.url), asking(), optionsWith())).rejects.toMatchObject({
      code: 'model.server_tool_denied',
    });
  });
});

test.each([
  ['none', 'none' as const],
  ['a fraction', { inputTokens: 1.5, outputTokens: 2 }],
  ['a negative figure', { inputTokens: -1, outputTokens: 2 }],
  ['no input', { inputTokens: 0, outputTokens: 2 }],
  ['no output of an answer', { inputTokens: 3, outputTokens: 0 }],
])('a usage of %s counts as none, so that everything held is charged', async (_name, usage) => {
  const server = await serverWith([{ text: 'x', usage }]);
  expect((await callModel(endpoint(server.url), asking(), optionsWith())).usage).toBeUndefined();
});

test('a tool call in plain text is text', async () => {
  const text = '<tool_call>{"name":"refund","arguments":{}}</tool_call>\n```json\n{"tool":"refund"}\n```';
  const server = await serverWith([{ text }]);
  expect(await callModel(endpoint(server.url), asking(), optionsWith())).toMatchObject({ text, toolCalls: [] });
});

test('what PostgreSQL cannot hold is replaced in text and names, and a name so mended is no tool’s', async () => {
  const server = await serverWith([
    {
      text: 'a\0b\ud800',
      toolCalls: [
        { name: 'search\0', arguments: '{}' },
        { name: 's'.repeat(500), arguments: '{}' },
      ],
    },
  ]);
  const response = await callModel(endpoint(server.url), asking(), optionsWith());
  expect(response.text).toBe('a\ufffdb\ufffd');
  expect(response.toolCalls.map((call) => call.name)).toEqual(['search\ufffd', 's'.repeat(128)]);
});

describe('the key never comes back', () => {
  const auth = { secret: 'default/crm', key: 'token' };
  const key = 'sk-canary-7f3a9b';

  test('in an answer that echoes it', async () => {
    const encoded = Buffer.from(key).toString('base64');
    const server = await serverWith([
      { text: `Your key is ${key}.`, toolCalls: [{ name: key, arguments: JSON.stringify({ key, encoded }) }] },
    ]);
    const response = await callModel(
      endpoint(server.url, { auth }),
      asking(),
      optionsWith({ secrets: canarySecrets(key) }),
    );
    expect(server.calls[0]?.authorization).toBe(`Bearer ${key}`);
    expect(response.text).toBe('Your key is [secret].');
    expect(JSON.stringify(response)).not.toMatch(/canary|c2stY2FuYXJ5/);
  });

  test.each([400, 401, 429, 500])(
    'in the error of a status %i that echoes it, nor in its stack or cause',
    async (status) => {
      const server = await serverWith([{ status, body: `Bad key ${key}` }]);
      const failure = await callModel(
        endpoint(server.url, { auth }),
        asking(),
        optionsWith({ secrets: canarySecrets(key) }),
      ).catch((error: unknown) => error);
      if (!(failure instanceof Error)) throw new Error('it fails');
      expect(failure.message).toContain('[secret]');
      expect(`${failure.message}${failure.stack}${JSON.stringify(failure)}${String(failure.cause)}`).not.toContain(
        'canary',
      );
    },
  );

  test('and where it is not available, nothing is asked', async () => {
    const server = await serverWith([{ text: 'x' }]);
    const call = callModel(
      endpoint(server.url, { auth: { secret: 'default/none', key: 'token' } }),
      asking(),
      optionsWith(),
    );
    await expect(call).rejects.toMatchObject({ code: 'secret.unavailable' });
    expect(server.calls).toHaveLength(0);
  });
});
