import { describe, expect, onTestFinished, test } from 'vitest';
import type { BundleTool } from '../../../src/manifest/bundle.ts';
import type { RemoteTask } from '../../../src/tools/a2a/remote-task.ts';
import { callTool } from '../../../src/tools/call.ts';
import type { ToolOutcome } from '../../../src/tools/tool.ts';
import { type A2aAnswer, type Part, type RpcRequest, startA2aServer, type Version } from '../../support/a2a-server.ts';
import { startOAuthServer } from '../../support/oauth-server.ts';
import { canarySecrets, optionsWith } from '../fixture.ts';

async function agent(...answer: Parameters<typeof startA2aServer>) {
  const server = await startA2aServer(...answer);
  onTestFinished(() => server.close());
  return { ...server, host: new URL(server.url).host };
}

type External = Extract<BundleTool['impl'], { type: 'a2a' }>;

function toolAt(url: string, change: Partial<External> = {}, timeoutMs = 10_000): BundleTool {
  return {
    name: 'a2a',
    description: 'An agent elsewhere.',
    inputSchema: {},
    operations: ['write'],
    idempotent: false,
    timeoutMs,
    maxResultBytes: 65_536,
    costPerCall: 0,
    impl: { type: 'a2a', url, allowPrivate: true, ...change },
  };
}

interface Kept extends RemoteTask {
  readonly ids: string[];
}

function keeping(change: Partial<RemoteTask> = {}): Kept {
  const ids: string[] = [];
  return {
    ids,
    message: 'run|lead/1',
    context: 'run|lead',
    known: undefined,
    begun: ({ id }) => Promise.resolve(void ids.push(id)),
    leaves: () => false,
    ...change,
  };
}

const call = (tool: BundleTool, change: Parameters<typeof optionsWith>[0] = {}): Promise<ToolOutcome> =>
  callTool(tool, { task: 'Look it up.' }, optionsWith(change));

/** Works for two questions, then has done what it was asked. */
const slowly =
  (...parts: readonly Part[]) =>
  ({ verb, nth }: RpcRequest): A2aAnswer =>
    verb === 'send' || nth < 2 ? { task: 'working' } : { task: 'completed', parts };

const versions: readonly Version[] = ['1.0', '0.3'];

describe.each(versions)('an agent elsewhere that speaks A2A %s', (version) => {
  test('is sent one message, and asked for the task that it begins until that is over', async () => {
    const { url, seen } = await agent(slowly({ text: 'Found.' }), version);
    const task = keeping();
    expect(await call(toolAt(url), { task })).toEqual({ kind: 'done', output: 'Found.' });
    expect(seen.map(({ verb }) => verb)).toEqual(['send', 'get', 'get']);
    expect(seen[0]?.headers['a2a-version']).toBe(version);
    expect(JSON.stringify(seen[0]?.params)).toContain('Look it up.');
    expect(task.ids).toEqual(['task-1']);
  });

  test('may answer at once', async () => {
    const { url, seen } = await agent(() => ({ message: [{ text: 'Hello.' }] }), version);
    expect(await call(toolAt(url))).toEqual({ kind: 'done', output: 'Hello.' });
    expect(seen).toHaveLength(1);
  });

  test('gives text, data and files, of which none is opened', async () => {
    const file = { name: 'a.pdf', type: 'application/pdf' };
    const parts = [
      { text: 'One.' },
      { text: 'Two.' },
      { data: { n: 1 } },
      { url: 'http://169.254.169.254/', ...file },
      { bytes: 'aGk=', ...file },
    ];
    const { url } = await agent(() => ({ task: 'completed', parts }), version);
    const about = { name: 'a.pdf', mediaType: 'application/pdf' };
    expect(await call(toolAt(url))).toEqual({
      kind: 'done',
      output: {
        text: 'One.\n\nTwo.',
        data: [{ n: 1 }],
        files: [
          { ...about, url: 'http://169.254.169.254/' },
          { ...about, bytes: 'aGk=' },
        ],
      },
    });
  });

  test('gives one piece of data as it is', async () => {
    const { url } = await agent(() => ({ task: 'completed', parts: [{ data: { n: [1] } }] }), version);
    expect(await call(toolAt(url))).toEqual({ kind: 'done', output: { n: [1] } });
  });

  test('that was sent the work by an earlier owner of the run is asked, and sent nothing', async () => {
    const { url, seen } = await agent(slowly({ text: 'Found.' }), version);
    const task = keeping({ known: { id: 'task-1', version } });
    expect(await call(toolAt(url), { task })).toEqual({ kind: 'done', output: 'Found.' });
    expect(new Set(seen.map(({ verb }) => verb))).toEqual(new Set(['get']));
  });

  test.each<[string, A2aAnswer, string, string]>([
    ['failed', { task: 'failed', words: 'No such file.' }, 'agent.remote_failed', 'failed: No such file.'],
    ['rejected', { task: 'rejected' }, 'agent.remote_refused', 'did not take the work.'],
    ['was cancelled', { task: 'canceled' }, 'agent.remote_failed', 'gave the work up.'],
    [
      'asks back',
      { task: 'input-required', words: 'Which customer?' },
      'agent.remote_input',
      'asks for more than it was told, and was stopped: Which customer?',
    ],
    [
      'wants a person to sign in',
      { task: 'auth-required' },
      'agent.remote_input',
      'asks to be let in elsewhere, and was stopped.',
    ],
    [
      'refuses the request',
      { error: -32_602, words: 'Bad part' },
      'agent.remote_refused',
      'refused the request (-32602): Bad part',
    ],
  ])('that %s is told of as such', async (_name, end, code, message) => {
    const { url, host, seen } = await agent(({ verb }) => (verb === 'cancel' ? { task: 'canceled' } : end), version);
    const outcome = await call(toolAt(url));
    expect(outcome).toEqual({ kind: 'failed', code, message: `The agent at ${host} ${message}`, retryable: false });
    expect(seen.some(({ verb }) => verb === 'cancel')).toBe(code === 'agent.remote_input');
  });

  test('is told to stop when there is no more time', async () => {
    const { url, host } = await agent(({ verb }) => ({ task: verb === 'cancel' ? 'canceled' : 'working' }), version);
    const message = `The agent at ${host} was not done in time. It was stopped.`;
    expect(await call(toolAt(url, {}, 300))).toEqual({
      kind: 'failed',
      code: 'tool.timeout',
      message,
      retryable: false,
    });
  });

  test('that does not stop leaves open what it did', async () => {
    const { url, host } = await agent(() => ({ task: 'working' }), version);
    const message = `The agent at ${host} was not done in time. It could not be stopped. Its task is task-1.`;
    expect(await call(toolAt(url, {}, 300))).toEqual({ kind: 'unknown', code: 'tool.timeout', message });
  });

  test.each([
    [
      false,
      {
        kind: 'failed',
        code: 'tool.aborted',
        message: 'The call was given up by its worker. It was stopped.',
        retryable: false,
      },
      ['cancel'],
    ],
    [
      true,
      { kind: 'unknown', code: 'tool.aborted', message: 'The call was given up by its worker. Its task is task-1.' },
      [],
    ],
  ])('is stopped with the call, unless another worker goes on with it (%s)', async (leaves, end, last) => {
    const giveUp = new AbortController();
    const { url, seen } = await agent(({ verb }) => {
      if (verb === 'get') giveUp.abort();
      return { task: verb === 'cancel' ? 'canceled' : 'working' };
    }, version);
    const outcome = await call(toolAt(url), { signal: giveUp.signal, task: keeping({ leaves: () => leaves }) });
    expect(outcome).toEqual(end);
    expect(seen.slice(2).map(({ verb }) => verb)).toEqual(last);
  });
});

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
      { kind: 'failed', code: 'tool.unavailable', message: 'The agent at HOST answered with 500.' },
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
      { kind: 'failed', code: 'result.invalid', message: 'The agent at HOST did not answer as the A2A protocol says.' },
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
      { kind: 'failed', code: 'result.invalid', message: 'The agent at HOST did not answer as the A2A protocol says.' },
    ],
    [
      'that says a thing twice',
      twice,
      { kind: 'failed', code: 'result.invalid', message: 'The agent at HOST did not answer as the A2A protocol says.' },
    ],
    [
      'that answers with a book',
      long,
      { kind: 'failed', code: 'result.too_large', message: 'The answer is longer than 65536 bytes.' },
    ],
    [
      'that breaks off',
      cut,
      { kind: 'unknown', code: 'tool.network', message: 'The connection failed: UND_ERR_SOCKET.' },
    ],
    [
      'that names no task',
      { task: 'working', id: '' },
      { kind: 'failed', code: 'result.invalid', message: 'The agent at HOST began a task without a usable id.' },
    ],
    [
      'in a state that there is not',
      { task: 'dreaming' },
      {
        kind: 'failed',
        code: 'result.invalid',
        message: 'The agent at HOST says of its task a state that the A2A protocol does not have.',
      },
    ],
    [
      'that says nothing',
      { message: [] },
      { kind: 'failed', code: 'result.invalid', message: 'The agent at HOST answered with an empty message.' },
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
    const message = `The agent at ${host} answered with another task than it was asked for.`;
    expect(await call(toolAt(url))).toEqual({ kind: 'failed', code: 'result.invalid', message, retryable: false });
  });

  test('that breaks off while it works is asked again', async () => {
    const { url } = await agent(({ verb, nth }) => {
      if (verb === 'send') return { task: 'working' };
      return nth === 1 ? cut : { task: 'completed', parts: [{ text: 'Found.' }] };
    });
    expect(await call(toolAt(url))).toEqual({ kind: 'done', output: 'Found.' });
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
