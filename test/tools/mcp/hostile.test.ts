import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { BundleServer } from '../../../src/manifest/bundle-world.ts';
import { startProcess } from '../../support/processes.ts';
import { canary } from '../fixture.ts';
import type { Listing } from '../../../src/tools/mcp/listing.ts';
import type { SessionsOptions } from '../../../src/tools/mcp/sessions.ts';
import { isolation, localServer, mcpWorld, root } from './fixture.ts';

const script = join(root, 'test/support/hostile-mcp-server.js');
const token = { name: 'TOKEN', secret: { secret: 'default/crm', key: 'token' } } as const;

function hostile(scenario = 'none', change: Partial<Extract<BundleServer, { transport: 'stdio' }>> = {}) {
  return localServer([script, scenario], { env: [token, { name: 'MODE', value: 'test' }], ...change });
}

let pinned: Promise<Listing> | undefined;

/** A server that is honest at its start is asked for its tools once. */
function world(server = hostile(), change: Partial<SessionsOptions> = {}) {
  return mcpWorld(server, { ...change, pinned: (pinned ??= mcpWorld(hostile()).list()) });
}

test('what a server answers is data: text, descriptions of anything else, and nothing that is followed', async () => {
  const server = world();
  expect(await server.call('echo', { a: [1, 'ü'] })).toEqual({ kind: 'done', output: '{"a":[1,"ü"]}' });
  expect(await server.call('html')).toEqual({
    kind: 'done',
    output: '<script>fetch("https://evil.example")</script>',
  });
  expect(await server.call('parts')).toEqual({
    kind: 'done',
    output: {
      text: 'Look:',
      attachments: [
        { type: 'image', mimeType: 'image/png', bytes: 3 },
        { type: 'audio', mimeType: 'audio/wav', bytes: 6 },
        { type: 'link', uri: 'http://169.254.169.254/', name: 'metadata' },
        { type: 'resource', uri: 'file:///etc/passwd', mimeType: 'text/plain', text: 'root' },
        { type: 'resource', uri: 'file:///x', bytes: 3 },
      ],
    },
  });
  expect(await server.call('unknown_part')).toMatchObject({ kind: 'failed', code: 'result.invalid' });
  expect(await server.call('deep')).toMatchObject({ kind: 'failed', code: 'result.invalid' });
  expect(await server.call('structured', { answer: 'aaaa' })).toEqual({ kind: 'done', output: { answer: 'aaaa' } });
  // A pattern that takes the engine of JavaScript until the end of time.
  const long = `${'a'.repeat(40)}!`;
  expect(await server.call('structured', { answer: long })).toMatchObject({ kind: 'failed', code: 'result.invalid' });
  expect(await server.call('unstructured')).toMatchObject({ kind: 'failed', code: 'result.invalid' });
  expect(await server.call('protocol_error')).toMatchObject({ kind: 'failed', code: 'tool.failed', retryable: false });
  expect(await server.call('echo', {}, { tool: { maxResultBytes: 1 } })).toMatchObject({ code: 'result.too_large' });
});

test('a server finds what its manifest declares and nothing else, and a secret that it says again is taken out', async () => {
  const server = world();
  const env = await server.call('env');
  const found: unknown = env.kind === 'done' && typeof env.output === 'string' ? JSON.parse(env.output) : undefined;
  expect(Object.keys(found ?? {}).sort()).toEqual(['HOME', 'LANG', 'MODE', 'PATH', 'PWD', 'TOKEN'].sort());
  expect(found).toMatchObject({ TOKEN: '[secret]', MODE: 'test' });
  expect(await server.call('error', { what: 'such city' })).toEqual({
    kind: 'failed',
    code: 'tool.failed',
    message: 'The tool failed: No such city; token [secret]',
    retryable: false,
  });
});

test('noise, answers to nothing and requests of its own do not stand between a call and its answer', async () => {
  const server = world();
  expect(await server.call('noise')).toEqual({ kind: 'done', output: 'after noise' });
  expect(await server.call('twice')).toEqual({ kind: 'done', output: 'first' });
  expect(await server.call('asks')).toEqual({ kind: 'done', output: '-32601 -32601 -32601' });
  const logged = server.logged();
  for (const what of ['sampling/createMessage', 'roots/list', 'elicitation/create', 'no message', 'answers nothing'])
    expect(logged).toContain(what);
  expect(logged).not.toContain('password');
  const together = await Promise.all(Array.from({ length: 50 }, (_, n) => server.call('echo', { n })));
  expect(together).toEqual(together.map((_, n) => ({ kind: 'done', output: `{"n":${n}}` })));
});

describe('a tool that is not as it was pinned is not called', () => {
  test('nor later in the session, when the server takes the change back', async () => {
    const server = world();
    expect(await server.call('echo')).toMatchObject({ kind: 'done' });
    expect(await server.call('flip')).toEqual({ kind: 'done', output: 'flipped' });
    // Between two lists it is back: nobody called it meanwhile, and the change was seen all the same.
    expect(await server.call('pid')).toMatchObject({ kind: 'done' });
    expect(await server.call('flip_back')).toMatchObject({ kind: 'done' });
    const refused = await server.call('echo');
    expect(refused).toMatchObject({ kind: 'failed', code: 'tool.pin_mismatch', retryable: false });
    expect(await server.call('remove')).toMatchObject({ kind: 'done' });
    expect(await server.call('html')).toMatchObject({ kind: 'failed', code: 'tool.unavailable' });
  });

  test('nor where the server shows another list to whoever calls than to whoever pinned', async () => {
    const other = await mcpWorld(hostile('second')).call('echo', {}, { digest: `sha256:${'0'.repeat(64)}` });
    expect(other).toMatchObject({ kind: 'failed', code: 'tool.pin_mismatch' });
    expect(await world().call('nothing')).toMatchObject({ kind: 'failed', code: 'tool.unavailable' });
  });
});

test.each([
  ['duplicate', 'two tools of one name'],
  ['endless', 'more than 100 pages'],
  ['circle', 'goes round in a circle'],
  ['many', 'more than 1000 tools'],
  ['version', 'protocol version is not supported'],
])('a list that no honest server gives is refused: %s', async (scenario, why) => {
  await expect(mcpWorld(hostile(scenario)).list()).rejects.toMatchObject({
    code: 'tool.server_refused',
    message: expect.stringContaining(why),
  });
});

test('a description of a megabyte makes its tool unusable, and no other', async () => {
  const { tools, unusable } = await mcpWorld(hostile('description')).list();
  expect([...tools.keys()]).toEqual(['echo']);
  expect(unusable.get('large')).toContain('65536');
});

describe('a call that has no answer', () => {
  test('ends at its deadline whatever the server says of its progress', async () => {
    const server = world();
    const late = { tool: { timeoutMs: 600 } };
    expect(await server.call('progress', {}, late)).toMatchObject({ kind: 'unknown', code: 'tool.timeout' });
    const read = { tool: { timeoutMs: 600, operations: ['read'] } };
    expect(await server.call('progress', {}, read)).toMatchObject({
      kind: 'failed',
      code: 'tool.timeout',
      retryable: true,
    });
    expect(await server.call('echo')).toMatchObject({ kind: 'done' });
  });

  test('is given up with its run', async () => {
    const server = world();
    const control = new AbortController();
    const call = server.call('progress', {}, { options: { signal: control.signal } });
    await vi.waitFor(() => server.call('echo'));
    control.abort();
    expect(await call).toMatchObject({ kind: 'unknown', code: 'tool.aborted' });
  });

  test('because the server died has an unknown outcome, unless the call may be made again', async () => {
    const server = world(hostile('none', { maxRestarts: 1 }));
    const died = await server.call('exit');
    expect(died).toMatchObject({ kind: 'unknown', code: 'tool.failed' });
    // What it said may be of another run's call: it is in the log alone.
    expect(died).toMatchObject({ message: expect.stringMatching(/exited with code 3\.$/) });
    expect(server.logged()).toContain('dying with [secret]');
    const again = await server.call('exit', {}, { tool: { idempotent: true } });
    expect(again).toMatchObject({ kind: 'failed', code: 'tool.failed', retryable: true });
    // Two deaths within an hour are one more than it may be restarted.
    const refused = await server.call('echo');
    expect(refused).toMatchObject({ kind: 'failed', code: 'tool.failed', retryable: false });
    expect(refused).toMatchObject({
      message: expect.stringContaining('McpServer/default/server died more than 1 times'),
    });
  });
});

test('a server that dies at its start is started again as often as it may, and an hour later', async () => {
  let now = 0;
  const server = world(hostile('exit', { maxRestarts: 2 }), { now: () => now });
  const call = () => server.call('echo', {});
  for (let start = 0; start < 3; start += 1) {
    expect(await call()).toMatchObject({ kind: 'failed', message: expect.stringContaining('no configuration found') });
    now += 60_000;
  }
  expect(await call()).toMatchObject({
    retryable: false,
    message: expect.stringContaining('not started again for 57 minutes'),
  });
  now = 60 * 60_000 + 1;
  expect(await call()).toMatchObject({ message: expect.stringContaining('no configuration found') });
});

test('an image that is named by a tag alone is not started', async () => {
  const { command: _command, ...rest } = hostile();
  const server: BundleServer = {
    ...rest,
    transport: 'container',
    image: 'ghcr.io/example/mcp-tickets:1.4.0',
    isolation: { min: 'container', filesystem: 'scratch' },
  };
  const containers = () => Promise.resolve({ ...isolation, tiers: ['container'] as const });
  await expect(mcpWorld(server, { isolation: containers }).list()).rejects.toMatchObject({
    code: 'isolation.unavailable',
    message: expect.stringContaining('The image of McpServer/default/server is named by a tag'),
    sent: false,
  });
});

test('a server that says nothing is given up at its start timeout', async () => {
  const server = world(hostile('silent', { startTimeoutMs: 1_500 }));
  expect(await server.call('echo', {})).toMatchObject({
    kind: 'failed',
    code: 'tool.timeout',
    message: 'McpServer/default/server did not start and answer within 1500 ms.',
  });
});

describe('a server that does what no server may is ended', () => {
  test.each([
    ['noise for ever', 'noise', 'progress', 'tool.server_refused'],
    ['notifications for ever', 'none', 'flood', 'tool.server_refused'],
    ['answers to nothing for ever', 'none', 'bogus', 'tool.server_refused'],
    ['bytes that are no text', 'none', 'bytes', 'tool.server_refused'],
  ])('%s', async (_what, scenario, tool, code) => {
    const server = world(hostile(scenario));
    expect(await server.call(tool)).toMatchObject({ code });
  });

  test('an answer of 50 MiB fails its call, and the next one is answered by a new process', async () => {
    const server = world();
    const first = await server.call('pid');
    expect(await server.call('huge')).toMatchObject({ kind: 'failed', code: 'result.too_large' });
    const second = await server.call('pid');
    expect(second).toMatchObject({ kind: 'done' });
    expect(first).toMatchObject({ kind: 'done' });
  });
});

test('nothing is left of a server that is closed, not even what it started in a session of its own', async () => {
  const server = world();
  expect(await server.call('children')).toMatchObject({ kind: 'done' });
  await vi.waitFor(() => expect(processes()).toContain('pawl-test-orphan'));
  await server.sessions.close();
  await vi.waitFor(() => expect(processes()).not.toContain('pawl-test-orphan'));
  expect(await server.call('echo', {})).toMatchObject({ code: 'tool.aborted' });
});

test('nothing is left of a server whose worker is killed', async () => {
  const marker = 'pawl-test-killed';
  const worker = startProcess({ entry: 'test/support/mcp-session-main.ts', args: [script, marker] });
  await worker.waitFor(/open/);
  expect(sandboxed(marker)).toBe(true);
  await worker.kill();
  await vi.waitFor(() => expect(sandboxed(marker)).toBe(false), { timeout: 10_000 });
});

test('a server is stopped when nobody used it for its idle timeout, and started when it is needed', async () => {
  const server = world(hostile('none', { idleTimeoutMs: 1, args: [script, 'none', 'pawl-test-idle'] }));
  expect(await server.call('echo')).toMatchObject({ kind: 'done' });
  await vi.waitFor(() => expect(processes()).not.toContain('pawl-test-idle'), { timeout: 10_000 });
  expect(await server.call('echo')).toMatchObject({ kind: 'done' });
});

test('no secret of a server is in what a process list shows', async () => {
  const server = world();
  expect(await server.call('echo')).toMatchObject({ kind: 'done' });
  expect(processes()).not.toContain(canary);
});

/** Apart from the worker itself, which was told the marker too. */
function sandboxed(marker: string): boolean {
  return processes()
    .split('\n')
    .some((line) => line.includes(marker) && line.includes('hostile-mcp-server') && !line.includes('mcp-session-main'));
}

function processes(): string {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}
