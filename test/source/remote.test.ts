import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRepository, type OpenOptions, type Repository } from '../../src/source/repository.ts';
import { createRepository, type GitHttpServer, serveGit, type TestRepository } from '../support/git-http.ts';

describe.each(['git-cli', 'isomorphic'] as const)('%s', (reader) => {
  let origin: TestRepository;
  let folder: string;
  const closers: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    origin = await createRepository();
    folder = await mkdtemp(join(tmpdir(), 'pawl-remote-'));
  });

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await rm(folder, { recursive: true, force: true });
    await origin.remove();
  });

  async function open(url: string, more: Partial<OpenOptions> = {}): Promise<Repository> {
    const repository = await openRepository({ url, directory: folder, reader, ...more });
    closers.push(() => repository.close());
    return repository;
  }

  async function serve(options?: Parameters<typeof serveGit>[1]): Promise<GitHttpServer> {
    const server = await serveGit(origin, options);
    closers.push(() => server.close());
    return server;
  }

  async function answer(respond: (server: Server) => void): Promise<string> {
    const server = createServer();
    respond(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/agents`;
  }

  test('new commits come with a fetch, and not before', async () => {
    const first = await origin.commit({ 'a.yaml': 'a: 1\n' });
    const repository = await open((await serve()).url);
    expect(await repository.resolve('main')).toBe(first);
    const second = await origin.commit({ 'a.yaml': 'a: 2\n' });
    expect(await repository.resolve('main')).toBe(first);
    await repository.fetch();
    expect(await repository.resolve('main')).toBe(second);
    await repository.fetch();
    expect(await repository.subject(second)).toBe('Change');
  });

  test('a force-push is seen: the old head is no ancestor of the new one', async () => {
    await origin.commit({ 'a.yaml': 'a: 1\n' });
    const live = await origin.commit({ 'a.yaml': 'a: 2\n' });
    const repository = await open((await serve()).url);
    await repository.fetch();
    await origin.git('reset', '--quiet', '--hard', 'HEAD~1');
    const rewritten = await origin.commit({ 'a.yaml': 'a: 3\n' });
    await repository.fetch();
    expect(await repository.resolve('main')).toBe(rewritten);
    expect(await repository.isAncestor(live, rewritten)).toBe(false);
  });

  test('a deleted branch is not found after the next fetch', async () => {
    await origin.commit({ 'a.yaml': 'a: 1\n' });
    await origin.git('branch', 'prod');
    const repository = await open((await serve()).url);
    await repository.resolve('prod');
    await origin.git('branch', '--delete', '--force', 'prod');
    await repository.fetch();
    await expect(repository.resolve('prod')).rejects.toMatchObject({
      code: 'git.ref_not_found',
      name: 'TerminalError',
    });
  });

  test('where HEAD of the remote leads nowhere a branch is read, or the error names what is needed', async () => {
    await origin.commit({ 'a.yaml': 'a: 1\n' });
    await origin.git('checkout', '--quiet', '-b', 'prod');
    await origin.git('branch', '--delete', '--force', 'main');
    await origin.git('symbolic-ref', 'HEAD', 'refs/heads/main');
    const repository = await open((await serve()).url);
    if (reader === 'git-cli') expect(await repository.resolve('prod')).toMatch(/^[0-9a-f]{40}$/);
    else await expect(repository.resolve('prod')).rejects.toThrowError(/default branch of .* does not exist/);
  });

  test('a remote without branches is an error, never an empty repository', async () => {
    const repository = await open((await serve()).url);
    await expect(repository.resolve('main')).rejects.toMatchObject({
      code: expect.stringMatching(/^git\.(remote_empty|ref_not_found)$/),
    });
  });

  test('HEAD of a mirror is the default branch of the remote, and follows it', async () => {
    const first = await origin.commit({ 'a.yaml': 'a: 1\n' });
    await origin.git('checkout', '--quiet', '-b', 'trunk');
    const second = await origin.commit({ 'a.yaml': 'a: 2\n' });
    const repository = await open((await serve()).url);
    expect(await repository.resolve('HEAD')).toBe(second);
    await origin.git('checkout', '--quiet', 'main');
    await repository.fetch();
    expect(await repository.resolve('HEAD')).toBe(first);
    const third = await origin.commit({ 'a.yaml': 'a: 3\n' });
    await repository.fetch();
    expect(await repository.resolve('HEAD')).toBe(third);
  });

  test('a token is sent in a header, and without it the answer is unauthorised', async () => {
    const commit = await origin.commit({ 'a.yaml': 'a: 1\n' });
    const { url } = await serve({ basicAuth: { user: 'x-access-token', password: 'canary-4711' } });
    const repository = await open(url, { token: 'canary-4711' });
    expect(await repository.resolve('main')).toBe(commit);
    for (const token of [undefined, 'wrong-canary']) {
      const refused = await open(url, { ...(token === undefined ? {} : { token }), directory: join(folder, 'other') });
      const error: unknown = await refused.fetch().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'git.unauthorised', name: 'TerminalError' });
      expect(`${String(error)}${JSON.stringify(error)}`).not.toContain('canary');
    }
    const written = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const file of written.filter((one) => one.isFile())) {
      expect((await readFile(join(file.parentPath, file.name))).includes('canary'), file.name).toBe(false);
    }
  });

  test('a repository that is gone is a 404', async () => {
    const { url } = await serve();
    const repository = await open(`${url}-gone`);
    await expect(repository.fetch()).rejects.toMatchObject({ code: 'git.repository_not_found', name: 'TerminalError' });
  });

  test('a remote that is down or failing is worth another try', async () => {
    const down = await open('http://127.0.0.1:1/agents');
    await expect(down.fetch()).rejects.toMatchObject({ code: 'git.unreachable', name: 'RetryableError' });
    const failing = await open(
      await answer((server) => server.on('request', (_, response) => response.writeHead(503).end())),
    );
    await expect(failing.fetch()).rejects.toMatchObject({ code: 'git.unreachable', name: 'RetryableError' });
    const nonsense = await open(await answer((server) => server.on('request', (_, response) => response.end('hello'))));
    await expect(nonsense.fetch()).rejects.toMatchObject({
      code: expect.stringMatching(/^git\.(unreachable|remote_empty)$/),
      name: 'RetryableError',
    });
  });

  test('a redirect is not followed', async () => {
    let reached = false;
    const target = await answer((server) =>
      server.on('request', (_, response) => {
        reached = true;
        response.writeHead(404).end();
      }),
    );
    const url = await answer((server) =>
      server.on('request', (request, response) =>
        response.writeHead(302, { location: `${target}${request.url}` }).end(),
      ),
    );
    await expect((await open(url, { token: 'canary' })).fetch()).rejects.toMatchObject({ code: 'git.redirected' });
    expect(reached).toBe(false);
  });

  test('a remote that never answers is given up at the deadline, and at a signal', async () => {
    const silent = await answer(() => undefined);
    const repository = await open(silent, { fetchTimeoutMs: 300 });
    await expect(repository.fetch()).rejects.toMatchObject({ code: 'git.timeout', name: 'RetryableError' });
    const patient = await open(silent, { directory: join(folder, 'other') });
    await expect(patient.fetch(AbortSignal.timeout(200))).rejects.toMatchObject({ code: 'git.timeout' });
  });

  test('a fetch above its size limit is stopped, and nothing of it is used', async () => {
    // Random bytes do not compress.
    await origin.commit({ 'large.bin': randomBytes(4 * 1024 * 1024) });
    const repository = await open((await serve()).url, { fetchBytesMax: 1024 * 1024 });
    await expect(repository.fetch()).rejects.toMatchObject({ code: 'git.fetch_too_large', name: 'TerminalError' });
    await expect(repository.resolve('main')).rejects.toMatchObject({ code: 'git.fetch_too_large' });
  });

  test.each(['damaged', 'lost'])('a mirror whose objects are %s is rebuilt, once', async (fault) => {
    const commit = await origin.commit({ 'agents/a.yaml': 'a: 1\n', 'agents/b.yaml': 'b: 1\n' });
    await origin.git('gc', '--quiet');
    const server = await serve();
    await (await open(server.url)).fetch();
    await spoilObjects(folder, fault === 'lost');
    const repository = await open(server.url);
    const entries = await repository.entries(commit, ['agents']);
    const blobs = await repository.read(
      entries.map(({ id }) => id),
      1000,
    );
    expect([...blobs.values()].map((bytes) => Buffer.from(bytes).toString()).sort()).toEqual(['a: 1\n', 'b: 1\n']);
    await repository.close();
    // Damaged again, now with the remote gone: an error, and no partial answer.
    await spoilObjects(folder, fault === 'lost');
    await rename(origin.path, `${origin.path}-away`);
    await expect(
      repository.read(
        entries.map(({ id }) => id),
        1000,
      ),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/^git\.(object_|repository_not_found|unreachable)/),
    });
    await rename(`${origin.path}-away`, origin.path);
  });
});

/** Overwrites or removes every object of the mirrors, loose or packed. */
async function spoilObjects(folder: string, remove: boolean): Promise<void> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const objects = files.filter(
    (file) => file.isFile() && /\/objects\//.test(`${file.parentPath}/`) && !file.name.endsWith('.idx'),
  );
  for (const file of objects) {
    const path = join(file.parentPath, file.name);
    if (remove) await rm(path);
    else {
      const length = (await readFile(path)).length;
      await rm(path);
      await writeFile(path, Buffer.alloc(length, 0x5a));
    }
  }
}
