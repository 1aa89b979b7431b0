import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { say } from '../cli/fixture.ts';

const everything = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('a server is asked, pinned and seen to differ, and the gate’s answer follows the lock file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-pin-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const started = spawn(process.execPath, [everything, 'streamableHttp'], {
    env: { PATH: process.env['PATH'], PORT: String(port) },
    stdio: 'ignore',
  });
  onTestFinished(() => void started.kill('SIGKILL'));
  await mkdir(join(folder, 'agents'));
  await writeFile(
    join(folder, 'pawl.yaml'),
    'apiVersion: pawl/v1\nenvironments: [{ name: dev, branch: main, paths: [agents] }]\n',
  );
  await writeFile(join(folder, 'agents/a.yaml'), manifests(`http://127.0.0.1:${port}/mcp`));
  const app = createApp(folder, {});
  const mcp = (...words: readonly string[]) => say(words, { app, cwd: folder });

  await expect.poll(async () => (await mcp('mcp', 'diff', 'everything')).exit, { timeout: 20_000 }).toBe(2);
  expect(await mcp('mcp', 'diff', 'everythin')).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining('everything'),
  });
  expect(await mcp('can-i', 'clerk', 'mcp:everything:echo')).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining('pin.missing'),
  });

  const lock = join(folder, 'pawl.lock.yaml');
  await symlink(join(folder, 'elsewhere'), lock);
  expect((await mcp('mcp', 'pin', 'everything')).stderr).toContain('is a link');
  await rm(lock);

  const pinned = await mcp('mcp', 'pin', 'everything', '--output', 'json');
  expect(JSON.parse(pinned.stdout)).toMatchObject({ written: true, servers: [{ server: 'default/everything' }] });
  expect(await mcp('mcp', 'diff', 'everything')).toMatchObject({ exit: 0 });
  expect(await mcp('can-i', 'clerk', 'mcp:everything:echo')).toMatchObject({ exit: 0 });
  const text = await readFile(lock, 'utf8');
  expect((await mcp('mcp', 'pin', 'everything')).stderr).toContain('has all of it already');
  expect(await readFile(lock, 'utf8')).toBe(text);

  await writeFile(
    lock,
    text.replace(/\n {6}echo:\n(?: {8}.*\n)+/, '\n').replace(/toolsDigest: .*/, `toolsDigest: ${'x'}`),
  );
  expect(await mcp('mcp', 'diff', 'everything')).toMatchObject({ exit: 3 });
});

function manifests(url: string): string {
  return `apiVersion: pawl/v1
kind: McpServer
metadata: { name: everything }
spec: { transport: http, url: '${url}', allowPrivate: true }
---
apiVersion: pawl/v1
kind: Agent
metadata: { name: clerk }
spec:
  modelRef: small
  prompt: Say it.
  roles: [desk]
  tools: [{ mcpServerRef: everything, tools: [echo, 'get-s*'] }]
---
apiVersion: pawl/v1
kind: AgentRole
metadata: { name: desk }
spec: { permissions: ['tool:everything:write'] }
---
apiVersion: pawl/v1
kind: ModelEndpoint
metadata: { name: small }
spec: { provider: openaiCompatible, model: m, baseUrl: 'https://m.example.com/v1' }
---
apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: desk }
spec: { graph: { work: { agentRef: clerk } } }
`;
}
