import { describe, expect, onTestFinished, test } from 'vitest';
import type { ToolOutcome } from '../../../src/tools/tool.ts';
import type { A2aAnswer } from '../../support/a2a-server.ts';
import { grant, startOAuthServer } from '../../support/oauth-server.ts';
import { canarySecrets } from '../fixture.ts';
import { agent, call, keeping, toolAt, versions } from './fixture.ts';

describe('an agent elsewhere', () => {
  const html = (status: number) =>
    ({
      raw: (response) => void response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Hello</h1>'),
    }) satisfies A2aAnswer;
  const cut = { raw: (response) => void response.destroy() } satisfies A2aAnswer;
  const long = {
    raw: (response) => void response.writeHead(200).end(JSON.stringify({ text: 'x'.repeat(70_000) })),
  } satisfies A2aAnswer;
  const away = {
    raw: (response) => void response.writeHead(307, { location: 'http://169.254.169.254/' }).end(),
  } satisfies A2aAnswer;
  const otherId = { raw: (response) => void response.end('{"jsonrpc":"2.0","id":99,"result":{}}') } satisfies A2aAnswer;
  const twice = {
    raw: (response) => void response.end('{"jsonrpc":"2.0","id":1,"id":1,"result":{}}'),
  } satisfies A2aAnswer;

  test.each<[string, A2aAnswer, Partial<ToolOutcome> & { message: string }]>([
    [
      'that is broken',
      html(500),
      { kind: 'unknown', code: 'tool.unavailable', message: 'The agent at HOST answered with 500.' },
    ],
    [
      'that breaks down and says why',
      {
        raw: (response, { id }) =>
          void response
            .writeHead(500)
            .end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_602, message: 'Bad part' } })),
      },
      {
        kind: 'failed',
        code: 'agent.remote_refused',
        message: 'The agent at HOST refused the request (-32602): Bad part',
      },
    ],
    [
      'that asks to slow down',
      html(429),
      { kind: 'failed', code: 'tool.rate_limited', message: 'The agent at HOST asks to slow down (429).' },
    ],
    [
      'that lets nobody in',
      html(401),
      {
        kind: 'failed',
        code: 'agent.remote_refused',
        message: 'The agent at HOST did not let pawl in: it answered with 401.',
      },
    ],
    [
      'that is not there',
      html(404),
      { kind: 'failed', code: 'agent.remote_refused', message: 'The agent at HOST answered with 404.' },
    ],
    [
      'that answers with a page',
      html(200),
      {
        kind: 'unknown',
        code: 'result.invalid',
        message: 'The agent at HOST did not answer as the A2A protocol says.',
      },
    ],
    [
      'that leads elsewhere',
      away,
      {
        kind: 'failed',
        code: 'agent.remote_refused',
        message: 'The agent at HOST answered with a redirect, which is not followed.',
      },
    ],
    [
      'that answers another request',
      otherId,
      {
        kind: 'unknown',
        code: 'result.invalid',
        message: 'The agent at HOST did not answer as the A2A protocol says.',
      },
    ],
    [
      'that says a thing twice',
      twice,
      {
        kind: 'unknown',
        code: 'result.invalid',
        message: 'The agent at HOST did not answer as the A2A protocol says.',
      },
    ],
    [
      'that answers with a book',
      long,
      { kind: 'unknown', code: 'result.too_large', message: 'The answer is longer than 65536 bytes.' },
    ],
    [
      'that breaks off',
      cut,
      { kind: 'unknown', code: 'tool.network', message: 'The connection failed: UND_ERR_SOCKET.' },
    ],
    [
      'that names no task',
      { task: 'working', id: '' },
      { kind: 'unknown', code: 'result.invalid', message: 'The agent at HOST began a task without a usable id.' },
    ],
    [
      'in a state that there is not',
      { task: 'dreaming' },
      {
        kind: 'unknown',
        code: 'result.invalid',
        message: 'The agent at HOST says of its task a state that the A2A protocol does not have. Its task is task-1.',
      },
    ],
    [
      'that says nothing',
      { message: [] },
      { kind: 'unknown', code: 'result.invalid', message: 'The agent at HOST answered with an empty message.' },
    ],
  ])('%s', async (_name, answer, end) => {
    const { url, host } = await agent(() => answer);
    const { kind, code, message } = (await call(toolAt(url))) as Extract<ToolOutcome, { kind: 'failed' }>;
    expect({ kind, code, message }).toEqual({ ...end, message: end.message.replace('HOST', host) });
  });

  test.each<[string, A2aAnswer, string, string]>([
    [
      'no longer knows its task',
      { error: -32_001 },
      'agent.remote_refused',
      'The agent at HOST no longer knows the task.',
    ],
    ['answers with a page', html(200), 'result.invalid', 'The agent at HOST did not answer as the A2A protocol says.'],
  ])('that %s leaves open what it did', async (_name, later, code, message) => {
    const { url, host } = await agent(({ verb }) => (verb === 'send' ? { task: 'working' } : later));
    const told = `${message.replace('HOST', host)} Its task is task-1.`;
    expect(await call(toolAt(url))).toEqual({ kind: 'unknown', code, message: told });
  });

  test('that answers for another task is not believed', async () => {
    const { url, host } = await agent(({ verb }) =>
      verb === 'send' ? { task: 'working' } : { task: 'completed', id: 'b' },
    );
    const message = `The agent at ${host} answered with another task than it was asked for. Its task is task-1.`;
    expect(await call(toolAt(url))).toEqual({ kind: 'unknown', code: 'result.invalid', message });
  });

  test('that breaks off while it works is asked again', async () => {
    const { url } = await agent(({ verb, nth }) => {
      if (verb === 'send') return { task: 'working' };
      return nth === 1 ? cut : { task: 'completed', parts: [{ text: 'Found.' }] };
    });
    expect(await call(toolAt(url))).toEqual({ kind: 'done', output: 'Found.' });
  });

  test.each<[string, number, Partial<ToolOutcome>]>([
    ['a moment goes on with its task', 2, { kind: 'done', output: 'Found.' }],
    ['long leaves open what it did', 50, { kind: 'unknown', code: 'tool.timeout' }],
  ])('for which no token can be had for %s', async (_name, refusals, end) => {
    const tokens = await startOAuthServer((response, nth) =>
      nth === 1 || nth > 1 + refusals ? grant(response, nth) : void response.writeHead(503).end(),
    );
    onTestFinished(() => tokens.close());
    const { url, seen } = await agent(({ verb, headers }) => {
      if (verb === 'send') return { task: 'working' };
      return headers.authorization === 'Bearer token-1'
        ? html(401)
        : { task: 'completed', parts: [{ text: 'Found.' }] };
    });
    const secret = { secret: 'default/crm', key: 'token' };
    const auth = { profile: 'oauth2ClientCredentials', secret, tokenUrl: tokens.tokenUrl } as const;
    const outcome = await call(toolAt(url, { auth }, 2_000), { secrets: canarySecrets('client:hunter22') });
    expect(outcome).toMatchObject(end);
    if (outcome.kind === 'unknown') expect(outcome.message).toContain('Its task is task-1.');
    expect(seen.filter(({ verb }) => verb === 'send')).toHaveLength(1);
  });

  test('whose card cannot be fetched leaves open a task that it began before', async () => {
    const { url, seen } = await agent(
      () => ({ task: 'working' }),
      '1.0',
      () => ({}),
    );
    const tool = toolAt(url.replace('/a2a', '/card.json'));
    const task = keeping({ known: { id: 'task-1', version: '1.0' } });
    const outcome = await call(tool, { task });
    expect(outcome).toMatchObject({ kind: 'unknown', code: 'result.invalid' });
    expect(outcome).toHaveProperty('message', expect.stringContaining('Its task is task-1.'));
    const tokens = await startOAuthServer((response) => void response.writeHead(503).end());
    onTestFinished(() => tokens.close());
    const secret = { secret: 'default/crm', key: 'token' };
    const auth = { profile: 'oauth2ClientCredentials', secret, tokenUrl: tokens.tokenUrl } as const;
    const secrets = canarySecrets('client:hunter22');
    const closed = toolAt(url.replace('/a2a', '/card.json'), { auth });
    expect(await call(closed, { task, secrets })).toMatchObject({ kind: 'unknown', code: 'auth.token_unavailable' });
    expect(seen).toEqual([]);
  });

  test.each(versions)('may be named by its card (%s)', async (version) => {
    const card = (url: string) =>
      version === '1.0'
        ? { name: 'A', supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }] }
        : {
            name: 'A',
            url,
            protocolVersion: '0.3.0',
            preferredTransport: 'JSONRPC',
            skills: [],
            capabilities: {},
            defaultInputModes: [],
            defaultOutputModes: [],
          };
    const { url, seen } = await agent(() => ({ message: [{ text: 'Hi.' }] }), version, card);
    const tool = toolAt(url.replace('/a2a', '/.well-known/agent-card.json'));
    expect(await call(tool)).toEqual({ kind: 'done', output: 'Hi.' });
    expect(seen).toHaveLength(1);
  });

  test.each<[string, unknown, string, string]>([
    [
      'another host',
      { supportedInterfaces: [{ url: 'http://169.254.169.254/', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }] },
      'egress.denied',
      'The agent card at HOST names an endpoint at another host, which nobody reviewed.',
    ],
    ['nothing', {}, 'result.invalid', 'The agent card at HOST names no endpoint for JSON-RPC of A2A 1.0 or 0.3.'],
    ['no card', null, 'result.invalid', 'The agent card at HOST names no endpoint for JSON-RPC of A2A 1.0 or 0.3.'],
    [
      'odd things',
      { supportedInterfaces: [null, 7] },
      'result.invalid',
      'The agent card at HOST names no endpoint for JSON-RPC of A2A 1.0 or 0.3.',
    ],
  ])('whose card names %s is not called', async (_name, card, code, message) => {
    const { url, host, seen } = await agent(
      () => ({ message: [{ text: 'Hi.' }] }),
      '1.0',
      () => card,
    );
    const outcome = await call(toolAt(url.replace('/a2a', '/card.json')));
    expect(outcome).toEqual({ kind: 'failed', code, message: message.replace('HOST', host), retryable: false });
    expect(seen).toEqual([]);
  });

  test('outside the hosts of a policy, or at a private address, is not connected to', async () => {
    const { url, seen } = await agent(() => ({ message: [{ text: 'Hi.' }] }));
    const { origin } = new URL(url);
    expect(await call(toolAt(url), { egress: [['api.example.com']] })).toMatchObject({
      code: 'egress.denied',
      message: `Refused: ${origin} is not among the hosts that are allowed.`,
    });
    expect(await call(toolAt(url, { allowPrivate: false }))).toMatchObject({ kind: 'failed', code: 'egress.denied' });
    expect(seen).toEqual([]);
  });

  test('is called as an OAuth client, and no token comes back', async () => {
    const tokens = await startOAuthServer();
    onTestFinished(() => tokens.close());
    const { url, seen } = await agent(({ headers }) => ({ message: [{ text: `${headers.authorization}` }] }));
    const secret = { secret: 'default/crm', key: 'token' };
    const auth = { profile: 'oauth2ClientCredentials', secret, tokenUrl: tokens.tokenUrl } as const;
    const outcome = await call(toolAt(url, { auth }), { secrets: canarySecrets('client:hunter22') });
    expect(seen[0]?.headers.authorization).toBe('Bearer token-1');
    expect(outcome).toEqual({ kind: 'done', output: 'Bearer [secret]' });
  });

  test('is told the step where it remembers it, and else begins anew; each attempt has a message of its own', async () => {
    const { url, seen } = await agent(() => ({ message: [{ text: 'Hi.' }] }));
    await call(toolAt(url, { remembers: true }), { task: keeping() });
    await call(toolAt(url, { remembers: true }), { task: keeping({ message: 'run|lead/1~2' }) });
    await call(toolAt(url), { task: keeping() });
    const sent = seen.map(({ params }) => params['message'] as { messageId: string; contextId?: string });
    expect(new Set(sent.map(({ contextId }) => contextId)).size).toBe(2);
    expect(sent[0]?.contextId).toBe(sent[1]?.contextId);
    expect(sent[2]?.contextId ?? '').toBe('');
    expect(sent[0]?.messageId).toBe(sent[2]?.messageId);
    expect(sent[0]?.messageId).not.toBe(sent[1]?.messageId);
  });
});
