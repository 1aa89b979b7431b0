import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gitHubHook, startGitHub as startLoop } from '../src/app-github.ts';
import { openForge } from '../src/app-forge.ts';
import { eachRepository, sourceName } from '../src/app-source.ts';
import { Closers } from '../src/closers.ts';
import { type Config, readConfig } from '../src/config.ts';
import { createControlPlane } from '../src/controller/planning.ts';
import { createLog } from '../src/log.ts';
import { openRepository } from '../src/source/repository.ts';
import { openMessages } from '../src/store/inbox.ts';
import { claimEnvironments } from '../src/store/sync.ts';
import { type OpenedDatabase, openTestDatabase } from './support/databases.ts';
import { startGitHub, type TestGitHub } from './support/github/start-github.ts';
import { listen } from './support/loopback.ts';
import { agent, sound } from './support/small-repository.ts';

let hub: TestGitHub;
let opened: OpenedDatabase;
let folder: string;
let config: Config;

beforeAll(async () => {
  [hub, opened, folder] = [
    await startGitHub(),
    await openTestDatabase('embedded'),
    await mkdtemp(join(tmpdir(), 'pawl-app-github-')),
  ];
  for (const name of ['one', 'two']) {
    const yaml = `apiVersion: pawl/v1\nenvironments:\n  - { name: ${name}, branch: main, paths: [agents], apply: auto }\n`;
    const files = { ...sound, 'pawl.yaml': yaml };
    await hub.createRepository({ owner: 'acme', name, files, roles: { ann: 'write' } });
  }
  config = readConfig(folder, {
    PATH: process.env['PATH'],
    PAWL_REPOSITORIES: `${hub.cloneUrl('acme', 'one')} ${hub.cloneUrl('acme', 'two')}`,
    PAWL_GITHUB_API_URL: hub.apiUrl,
    PAWL_GITHUB_APP_ID: String(hub.app.id),
    PAWL_GITHUB_APP_KEY: hub.app.privateKey,
    PAWL_GITHUB_WEBHOOK_SECRET: hub.webhooks.secret,
    PAWL_PUBLIC_URL: 'https://pawl.example.com/',
    PAWL_POLL_MS: '3600000',
  });
}, 120_000);
afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  await hub.close();
});

/** A loop for each of the repositories, as the controller of several starts them. */
async function startEach(stack: Closers): Promise<void> {
  for (const one of eachRepository(config)) {
    if (one.repository.kind !== 'url') throw new Error('no address');
    const { url, directory } = one.repository;
    const token = hub.tokenOf('acme');
    const repository = await openRepository({ url, directory, token, allowHttp: true, surroundings: one.surroundings });
    stack.add(() => repository.close());
    const plane = createControlPlane(repository, opened.database, sourceName(one));
    startLoop(one, { plane: { ...plane, forge: openForge(one, one.repository) }, log: createLog('silent'), stack });
  }
}

async function openPull(name: string, branch: string): Promise<number> {
  const files = { 'agents/clerk.yaml': agent('clerk').replace('Be kind', `Be ${branch}`) };
  await hub.people.push(`acme/${name}`, { branch, files, as: 'ann' });
  return (await hub.people.openPullRequest(`acme/${name}`, { head: branch, title: branch, as: 'ann' })).number;
}

const commentsOf = (name: string, number: number) =>
  [...hub.state(`acme/${name}`).comments.values()].filter(({ issue }) => issue === number).map(({ body }) => body);

test('each of several repositories has its loop, which a webhook of its own wakes, and links of its own', async () => {
  const names = eachRepository(config).map((one) => openForge(one, one.repository)?.name?.());
  expect(names).toEqual(['acme/one', 'acme/two']);
  const first = { one: await openPull('one', 'calm'), two: await openPull('two', 'calm') };
  const stack = new Closers();
  try {
    await startEach(stack);
    const written = () => [commentsOf('one', first.one).length, commentsOf('two', first.two).length];
    await expect.poll(written, { timeout: 60_000, interval: 50 }).toEqual([1, 1]);
    const [body = ''] = commentsOf('two', first.two);
    expect(body).toContain('[What is live](https://pawl.example.com/v1/environments/two/history)');
    expect(body).not.toContain('/v1/environments/one');
    const door = gitHubHook(config, opened.database, createLog('silent'));
    if (door === undefined) throw new Error('no door');
    const server = await listen((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const headers = request.headers as Record<string, string>;
        void door({ body: Buffer.concat(chunks), headers })
          .then(() => response.writeHead(202).end())
          .catch(() => response.writeHead(401).end());
      });
    });
    stack.add(() => server.close());
    hub.webhooks.to(server.url);
    const from = hub.requests.length;
    const second = await openPull('two', 'bold');
    await expect.poll(() => commentsOf('two', second).length, { timeout: 60_000, interval: 50 }).toBe(1);
    hub.webhooks.to(undefined);
    const asked = hub.requests.slice(from).map(({ path }) => path);
    expect(asked.filter((path) => path.startsWith('/repos/acme/one/pulls'))).toEqual([]);
  } finally {
    await stack.close();
  }
}, 120_000);

test('a server of one repository keeps webhooks of those that others look after, and of no stranger', async () => {
  const [one] = eachRepository(config);
  if (one === undefined) throw new Error('none');
  const door = gitHubHook(one, opened.database, createLog('silent'));
  const { sign } = await import('@octokit/webhooks-methods');
  const knock = async (name: string, delivery: string) => {
    const text = JSON.stringify({ repository: { full_name: name } });
    const headers = {
      'x-github-delivery': delivery,
      'x-github-event': 'push',
      'x-hub-signature-256': await sign(hub.webhooks.secret, text),
    };
    return (await door?.({ body: Buffer.from(text), headers }))?.status;
  };
  expect(await knock('acme/two', 'd-1')).toBe('ignored');
  await claimEnvironments(opened.database.db, `${new URL(hub.url).host}/acme/two`, ['two']);
  expect(await knock('Acme/Two', 'd-2')).toBe('stored');
  expect(await knock('acme/three', 'd-3')).toBe('ignored');
  const kept = await openMessages(opened.database.db, 'acme/two');
  expect(kept.map(({ delivery }) => delivery)).toContain('d-2');
});
