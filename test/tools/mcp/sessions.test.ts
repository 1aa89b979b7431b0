import { expect, onTestFinished, test, vi } from 'vitest';
import { answering, endpoint, text } from './endpoint.ts';
import { mcpWorld, remoteServer } from './fixture.ts';

test('a session that the server forgot is begun anew, and a call that may be made twice is made there', async () => {
  let calls = 0;
  const { mcp, seen } = await endpoint(({ message }, response) => {
    calls += 1;
    if (calls === 2) return void response.writeHead(404).end();
    answering(response, message.id, text(String(calls)));
  });
  const world = mcpWorld(remoteServer(mcp));
  const reading = { tool: { operations: ['read'] } } as const;
  expect(await world.call('ask', {}, reading)).toEqual({ kind: 'done', output: '1' });
  expect(await world.call('ask', {}, reading)).toEqual({ kind: 'done', output: '3' });
  // Once to pin, and once for each session.
  expect(seen.filter(({ message }) => message.method === 'tools/list')).toHaveLength(3);
});

test('a call that must not be made twice is not repeated where the server says that it forgot the session', async () => {
  let calls = 0;
  const { mcp, seen } = await endpoint(({ message }, response) => {
    calls += 1;
    if (calls === 2) return void response.writeHead(404).end();
    answering(response, message.id, text(String(calls)));
  });
  const world = mcpWorld(remoteServer(mcp));
  expect(await world.call('ask')).toEqual({ kind: 'done', output: '1' });
  expect(await world.call('ask')).toMatchObject({ kind: 'unknown', code: 'tool.unavailable' });
  expect(calls).toBe(2);
  // The next one begins a session anew, and asks nothing of it before.
  expect(await world.call('ask')).toEqual({ kind: 'done', output: '3' });
  expect(seen.filter(({ message }) => message.method === 'ping')).toEqual([]);
});

test('after a silence a session is asked for before such a call, so that a server that began anew loses none', async () => {
  let gone = false;
  const { mcp, seen } = await endpoint(
    ({ message }, response) => void answering(response, message.id, text('x')),
    ({ message }, response) => {
      if (message.method === 'initialize') gone = false;
      if (gone) response.writeHead(404).end();
      return gone;
    },
  );
  const world = mcpWorld(remoteServer(mcp));
  expect(await world.call('ask')).toMatchObject({ kind: 'done' });
  gone = true;
  const start = performance.now();
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => start + 60_000);
  onTestFinished(() => clock.mockRestore());
  expect(await world.call('ask')).toMatchObject({ kind: 'done' });
  expect(seen.filter(({ message }) => message.method === 'ping')).toHaveLength(1);
  expect(seen.filter(({ message }) => message.method === 'tools/call')).toHaveLength(2);
});

test('the deadline of a call is over opening its session too, and a call that never left is no unknown one', async () => {
  const { mcp, seen } = await endpoint(
    ({ message }, response) => void answering(response, message.id, text('x')),
    ({ message }) => message.method === 'initialize',
  );
  const world = mcpWorld(remoteServer(mcp, { startTimeoutMs: 1_000 }));
  const outcome = await world.call('ask', {}, { digest: 'sha256:any', tool: { timeoutMs: 300 } });
  expect(outcome).toMatchObject({ kind: 'failed', code: 'tool.timeout', retryable: true });
  expect(seen.filter(({ message }) => message.method !== 'initialize')).toEqual([]);
});
