import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import { callTool } from '../../src/tools/call.ts';
import { canary, canarySecrets, httpTool, optionsWith, resolving, serve } from './fixture.ts';
import { bodyOf } from '../support/loopback.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function recorder(): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = await serve(async (request, response) => {
    seen.push({ method: request.method, url: request.url, headers: request.headers, body: await bodyOf(request) });
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end('{"b":1,"a":[true]}');
  });
  return { url: server.url, seen };
}

test('the template becomes the request, and the JSON answer the output', async () => {
  const { url, seen } = await recorder();
  const tool = httpTool({
    method: 'POST',
    url: `${url}/tickets/{id}`,
    query: { dry: '{dry}', lang: 'en {region}' },
    headers: { 'X-Reason': 'because {why}' },
    body: { amount: '{amount}' },
  });
  const outcome = await callTool(tool, { id: 't/1', region: 'GB&x', why: 'late', amount: 12 }, optionsWith());
  expect(outcome).toEqual({ kind: 'done', output: { a: [true], b: 1 } });
  expect(seen).toMatchObject([
    {
      method: 'POST',
      url: '/tickets/t%2F1?lang=en+GB%26x',
      body: '{"amount":12}',
      headers: { 'x-reason': 'because late', 'idempotency-key': 'key-1', 'content-type': 'application/json' },
    },
  ]);
});

test.each([
  ['bearer', undefined, 'authorization', 'Bearer user:tok-7f3a'],
  ['basic', undefined, 'authorization', `Basic ${Buffer.from('user:tok-7f3a').toString('base64')}`],
  ['apiKeyHeader', 'X-Key', 'x-key', 'user:tok-7f3a'],
] as const)('the auth profile %s sends the secret in its header', async (profile, headerName, header, value) => {
  const { url, seen } = await recorder();
  const auth = {
    profile,
    secret: { secret: 'default/crm', key: 'token' },
    ...(headerName === undefined ? {} : { headerName }),
  };
  await callTool(httpTool({ url, auth }), {}, optionsWith({ secrets: canarySecrets('user:tok-7f3a') }));
  expect(seen[0]?.headers[header]).toBe(value);
});

describe('no call is made', () => {
  test.each([
    [
      'with a line break in a header',
      { headers: { 'x-note': '{note}' } },
      { note: 'a\r\nx-admin: 1' },
      'tool.argument_refused',
    ],
    [
      'with a header that frames the message',
      { headers: { 'Transfer-Encoding': 'chunked' } },
      {},
      'tool.template_invalid',
    ],
    ['with a host of its own', { headers: { Host: 'evil.test' } }, {}, 'tool.template_invalid'],
    ['past its declared hosts', { egress: { hosts: ['api.test'], allowPrivate: true } }, {}, 'egress.denied'],
    [
      'to a private address without allowPrivate',
      { egress: { hosts: [] as string[], allowPrivate: false } },
      {},
      'egress.denied',
    ],
    [
      'without its secret',
      { auth: { profile: 'bearer', secret: { secret: 'default/none', key: 'token' } } },
      {},
      'secret.unavailable',
    ],
  ] as const)('%s', async (_name, change, args, code) => {
    const { url, seen } = await recorder();
    const outcome = await callTool(httpTool({ url, ...change }), args, optionsWith());
    expect(outcome).toMatchObject({ kind: 'failed', code, retryable: false, message: expect.stringMatching(/\S/) });
    expect(seen).toEqual([]);
  });
});

describe('what becomes of a call whose answer is', () => {
  const read = { operations: ['read'] };
  const write = { operations: ['write'] };
  const idempotent = { operations: ['write'], idempotent: true };
  test.each([
    [404, read, { kind: 'failed', code: 'tool.failed', retryable: false }],
    [429, read, { kind: 'failed', code: 'tool.rate_limited', retryable: true }],
    [503, read, { kind: 'failed', code: 'tool.unavailable', retryable: true }],
    [503, idempotent, { kind: 'failed', code: 'tool.unavailable', retryable: true }],
    [503, write, { kind: 'failed', code: 'tool.unavailable', retryable: false }],
    [503, { operations: ['read', 'write'] }, { kind: 'failed', code: 'tool.unavailable', retryable: false }],
    [304, read, { kind: 'failed', code: 'tool.failed', retryable: false }],
  ] as const)('status %i for %j', async (status, tool, expected) => {
    const server = await serve((_request, response) => void response.writeHead(status).end());
    expect(await callTool(httpTool({ url: server.url }, tool), {}, optionsWith())).toMatchObject(expected);
  });

  test.each([
    ['no answer in time', 50, read, { kind: 'failed', code: 'tool.timeout', retryable: true }],
    ['no answer in time', 50, idempotent, { kind: 'failed', code: 'tool.timeout', retryable: true }],
    ['no answer in time', 50, write, { kind: 'unknown', code: 'tool.timeout' }],
    ['a broken connection', 5000, read, { kind: 'failed', code: 'tool.network', retryable: true }],
    ['a broken connection', 5000, write, { kind: 'unknown', code: 'tool.network' }],
  ] as const)('%s within %i ms for %j', async (name, timeoutMs, tool, expected) => {
    const server = await serve((request) => void (name === 'a broken connection' && request.socket.destroy()));
    const outcome = await callTool(
      httpTool({ url: server.url, method: 'POST' }, { ...tool, timeoutMs }),
      {},
      optionsWith(),
    );
    expect(outcome).toMatchObject(expected);
  });

  test('a closed port, even for a write: nothing was sent', async () => {
    const server = await serve(() => undefined);
    await server.close();
    const outcome = await callTool(httpTool({ url: server.url, method: 'POST' }, write), {}, optionsWith());
    expect(outcome).toMatchObject({ kind: 'failed', code: 'tool.network', retryable: true });
  });

  test('given up by the worker', async () => {
    const worker = new AbortController();
    const server = await serve(() => worker.abort());
    const options = optionsWith({ signal: worker.signal });
    expect(await callTool(httpTool({ url: server.url }, write), {}, options)).toMatchObject({
      kind: 'unknown',
      code: 'tool.aborted',
    });
    expect(await callTool(httpTool({ url: server.url }, write), {}, options)).toMatchObject({
      kind: 'failed',
      code: 'tool.aborted',
    });
  });
});

describe('a result is', () => {
  test.each<[string, string | Buffer, Record<string, string>, object]>([
    ['text as it stands', 'plain', { 'content-type': 'text/plain' }, { kind: 'done', output: 'plain' }],
    ['nothing', '', {}, { kind: 'done', output: null }],
    ['JSON by a vendor’s type', '[1]', { 'content-type': 'application/vnd.api+json' }, { kind: 'done', output: [1] }],
    ['refused when not UTF-8', Buffer.from([0x61, 0xff]), {}, { kind: 'failed', code: 'result.invalid' }],
    ['refused with a NUL', 'a\0b', {}, { kind: 'failed', code: 'result.invalid' }],
    [
      'refused with an escaped NUL',
      '"\\u0000"',
      { 'content-type': 'application/json' },
      { kind: 'failed', code: 'result.invalid' },
    ],
    [
      'refused as broken JSON',
      '{"a":',
      { 'content-type': 'application/json' },
      { kind: 'failed', code: 'result.invalid' },
    ],
    [
      'refused with an inexact number',
      '{"id":9007199254740993}',
      { 'content-type': 'application/json' },
      { kind: 'failed', code: 'result.invalid' },
    ],
    ['refused when compressed', 'x', { 'content-encoding': 'gzip' }, { kind: 'failed', code: 'result.invalid' }],
    ['refused when too large', 'x'.repeat(65_537), {}, { kind: 'failed', code: 'result.too_large' }],
  ])('%s', async (_name, body, headers, expected) => {
    const server = await serve((_request, response) => void response.writeHead(200, headers).end(body));
    expect(await callTool(httpTool({ url: server.url }), {}, optionsWith())).toMatchObject(expected);
  });

  test('held against the output schema, and refused by place and rule', async () => {
    const server = await serve(
      (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"total":"x"}'),
    );
    const outputSchema = { type: 'object', properties: { total: { type: 'number' } } };
    expect(await callTool(httpTool({ url: server.url }, { outputSchema }), {}, optionsWith())).toMatchObject({
      kind: 'failed',
      code: 'result.invalid',
      message: 'The result at /total: must be number.',
    });
  });
});

describe('a secret never comes back', () => {
  const auth = { profile: 'basic', secret: { secret: 'default/crm', key: 'token' } } as const;

  test.each([200, 400, 500])('in an answer of status %i that repeats the request', async (status) => {
    const server = await serve((request, response) => {
      const sent = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString();
      const echo = {
        header: request.headers.authorization,
        value: sent,
        [sent]: encodeURIComponent(sent),
        hex: Buffer.from(sent).toString('hex'),
      };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(echo));
    });
    const outcome = JSON.stringify(
      await callTool(httpTool({ url: server.url, auth }), {}, optionsWith({ secrets: canarySecrets() })),
    );
    expect(outcome).toContain('[secret]');
    for (const part of [
      '7f3a',
      Buffer.from(canary).toString('base64').slice(2, 12),
      Buffer.from(canary).toString('hex').slice(0, 8),
    ]) {
      expect(outcome).not.toContain(part);
    }
  });

  test('cut in half where an error’s text ends', async () => {
    const server = await serve((_request, response) => void response.writeHead(400).end(`${'x'.repeat(292)}${canary}`));
    const outcome = JSON.stringify(
      await callTool(httpTool({ url: server.url, auth }), {}, optionsWith({ secrets: canarySecrets() })),
    );
    expect(outcome).not.toContain('canary');
  });

  test('in the error of a host that does not resolve, or a URL that holds it', async () => {
    const tool = httpTool({ url: 'https://api.test/x', auth, query: { token: canary } });
    const outcome = await callTool(tool, {}, optionsWith({ secrets: canarySecrets(), network: resolving([]) }));
    expect(outcome).toMatchObject({ kind: 'failed', code: 'tool.network' });
    expect(JSON.stringify(outcome)).not.toContain('7f3a');
  });
});
