import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../support/loopback.ts';
import { localServer, mcpWorld, remoteServer, root } from './fixture.ts';

const require = createRequire(import.meta.url);
const everything = require.resolve('@modelcontextprotocol/server-everything/dist/index.js');
const filesystem = require.resolve('@modelcontextprotocol/server-filesystem/dist/index.js');

test('the reference server answers over stdio, in a sandbox', async () => {
  const server = mcpWorld(localServer([everything, 'stdio']));
  const { tools, unusable } = await server.list();
  expect([...unusable]).toEqual([]);
  expect(tools.size).toBeGreaterThan(8);
  expect(await server.call('echo', { message: 'hello' })).toEqual({ kind: 'done', output: 'Echo: hello' });
  expect(await server.call('get-sum', { a: 2, b: 3 })).toMatchObject({ output: expect.stringContaining('5') });
  // It has an output schema, and says its answer as data.
  const weather = await server.call('get-structured-content', { location: 'New York' });
  expect(weather).toMatchObject({ kind: 'done', output: { temperature: expect.any(Number) } });
  const image = await server.call('get-tiny-image');
  expect(image).toMatchObject({ kind: 'done', output: { attachments: [{ type: 'image', mimeType: 'image/png' }] } });
  const env = await server.call('get-env');
  expect(JSON.stringify(env)).not.toContain('npm_');
});

test('the reference server answers over streamable HTTP', async () => {
  const free = await listen(() => undefined);
  await free.close();
  const { port } = free;
  const started = spawn(process.execPath, [everything, 'streamableHttp'], {
    env: { PATH: process.env['PATH'], PORT: String(port) },
    stdio: 'ignore',
  });
  onTestFinished(() => void started.kill('SIGKILL'));
  const server = mcpWorld(remoteServer(`http://127.0.0.1:${port}/mcp`));
  await expect.poll(() => server.list().catch(() => undefined), { timeout: 15_000 }).toBeDefined();
  expect(await server.call('echo', { message: 'hello' })).toEqual({ kind: 'done', output: 'Echo: hello' });
  const both = await Promise.all([server.call('get-sum', { a: 1, b: 1 }), server.call('get-sum', { a: 2, b: 2 })]);
  expect(JSON.stringify(both)).toMatch(/2.*4/);
  expect(await server.call('echo', { message: 3 })).toMatchObject({ kind: 'failed', code: 'tool.failed' });
});

test('a server of files sees those that its worker shows to programs, and no others', async () => {
  const folder = join(root, 'test/support');
  const server = mcpWorld(localServer([filesystem, folder, '/etc']));
  const read = await server.call('read_text_file', { path: join(folder, 'apt.ts') });
  expect(read).toMatchObject({ kind: 'done', output: { content: expect.stringContaining('apt-get') } });
  const passwords = await server.call('read_text_file', { path: '/etc/shadow' });
  expect(passwords).toMatchObject({ kind: 'failed', code: 'tool.failed', message: expect.stringContaining('ENOENT') });
  const other = await server.call('read_text_file', { path: '/usr/bin/env' });
  expect(other).toMatchObject({ kind: 'failed', code: 'tool.failed', message: expect.stringContaining('denied') });
});
