import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import { createRepository, type GitHttpServer, serveGit, type TestRepository } from '../support/git-http.ts';

const readers = ['git-cli', 'isomorphic'] as const;
const ways = ['a local repository', 'a worktree', 'a bare clone', 'smart HTTP'] as const;
const cases = readers.flatMap((reader) => ways.map((way) => ({ reader, way })));

describe.each(cases)('$reader reads $way', ({ reader, way }) => {
  let origin: TestRepository;
  let server: GitHttpServer;
  let folder: string;
  let repository: Repository;
  const commits: string[] = [];
  let side = '';

  beforeAll(async () => {
    origin = await createRepository();
    folder = await mkdtemp(join(tmpdir(), 'pawl-source-'));
    commits.push(
      await origin.commit(
        { 'agents/a.yaml': 'a: 1\n', 'agents/deep/b.yaml': 'b: 1\n', 'README.md': 'x' },
        'First line\n\nBody',
      ),
    );
    commits.push(await origin.commit({ 'agents/a.yaml': 'a: 2\n', 'tools/t.yaml': 't: ü\n' }, 'Second'));
    await origin.git('tag', '--annotate', '-m', 'tag', 'v1');
    await origin.git('branch', 'feature/x', commits[0] ?? '');
    // Packed references and packed objects, beside loose ones of the last commit.
    await origin.git('gc', '--quiet');
    commits.push(await origin.commit({ 'agents/deep/b.yaml': undefined, 'agents/c.yaml': 'c: 1\n' }, 'Third'));
    await origin.git('checkout', '--quiet', '-b', 'side', commits[1] ?? '');
    side = await origin.commit({ 'agents/side.yaml': 's: 1\n' }, 'Side');
    await origin.git('checkout', '--quiet', 'main');
    server = await serveGit(origin);
    repository = await open();
    await repository.fetch();
  });

  afterAll(async () => {
    await repository.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
    await origin.remove();
  });

  async function open(): Promise<Repository> {
    if (way === 'smart HTTP') return openRepository({ url: server.url, directory: join(folder, 'mirrors'), reader });
    if (way === 'a local repository') return openRepository({ path: origin.path, reader });
    const target = join(folder, 'copy');
    if (way === 'a worktree') await origin.git('worktree', 'add', '--quiet', '--detach', target, 'main');
    else await origin.git('clone', '--quiet', '--bare', origin.path, target);
    return openRepository({ path: target, reader });
  }

  test('branches, tags, commit ids, abbreviations and parents name commits', async () => {
    const [first = '', second = '', third = ''] = commits;
    expect(await repository.resolve('main')).toBe(third);
    expect(await repository.resolve('refs/heads/main')).toBe(third);
    expect(await repository.resolve('feature/x')).toBe(first);
    expect(await repository.resolve('v1')).toBe(second);
    expect(await repository.resolve(first)).toBe(first);
    expect(await repository.resolve(first.slice(0, 12))).toBe(first);
    expect(await repository.resolve('main~2')).toBe(first);
    expect(await repository.resolve('main^~1')).toBe(first);
    expect(await repository.resolve('side')).toBe(side);
  });

  test('HEAD is the commit that is checked out', async () => {
    expect(await repository.resolve('HEAD')).toBe(commits[2]);
  });

  test.each(['nowhere', 'main~9', '0123456789012345678901234567890123456789'])(
    '%s is not found, by name',
    async (ref) => {
      await expect(repository.resolve(ref)).rejects.toMatchObject({
        code: 'git.ref_not_found',
        message: expect.stringContaining(ref),
      });
    },
  );

  test('entries carry path, kind, id and size, and stay inside the paths', async () => {
    const [first = '', second = ''] = commits;
    const entries = await repository.entries(first, ['agents']);
    expect(entries.sort(byPath)).toEqual([
      { path: 'agents/a.yaml', kind: 'file', id: await origin.git('rev-parse', `${first}:agents/a.yaml`), size: 5 },
      {
        path: 'agents/deep/b.yaml',
        kind: 'file',
        id: await origin.git('rev-parse', `${first}:agents/deep/b.yaml`),
        size: 5,
      },
    ]);
    expect(pathsOf(await repository.entries(second, ['']))).toEqual([
      'README.md',
      'agents/a.yaml',
      'agents/deep/b.yaml',
      'tools/t.yaml',
    ]);
    expect(pathsOf(await repository.entries(second, ['agents/deep', 'README.md']))).toEqual([
      'README.md',
      'agents/deep/b.yaml',
    ]);
    expect(await repository.entries(second, ['agent', 'agents/a', 'missing'])).toEqual([]);
    expect(await repository.entries(second, [])).toEqual([]);
  });

  test('changes are what differs inside the paths', async () => {
    const [first = '', second = '', third = ''] = commits;
    const changes = (await repository.changes(first, third, ['agents', 'tools'])).sort(byPath);
    expect(changes.map(({ path, entry }) => [path, entry?.size])).toEqual([
      ['agents/a.yaml', 5],
      ['agents/c.yaml', 5],
      ['agents/deep/b.yaml', undefined],
      ['tools/t.yaml', 6],
    ]);
    expect(await repository.changes(second, second, [''])).toEqual([]);
    expect((await repository.changes(third, first, ['tools'])).map(({ path, entry }) => [path, entry])).toEqual([
      ['tools/t.yaml', undefined],
    ]);
  });

  test('a file that becomes a folder is one gone and one come', async () => {
    if (way !== 'a local repository') return;
    await origin.git('checkout', '--quiet', '--detach', 'main');
    const before = await origin.commit({ 'x.yaml': 'x: 1\n' });
    await origin.git('rm', '--quiet', 'x.yaml');
    const after = await origin.commit({ 'x.yaml/y.yaml': 'y: 1\n' });
    await origin.git('checkout', '--quiet', 'main');
    const changes = (await repository.changes(before, after, [''])).sort(byPath);
    expect(changes.map(({ path, entry }) => [path, entry?.size])).toEqual([
      ['x.yaml', undefined],
      ['x.yaml/y.yaml', 5],
    ]);
  });

  test('changes in more folders than are compared one by one are all found', async () => {
    if (way !== 'a local repository') return;
    await origin.git('checkout', '--quiet', '--detach', 'main');
    const names = Array.from({ length: 150 }, (_, index) => `many/f${index}/x.yaml`);
    const before = await origin.commit(Object.fromEntries(names.map((name) => [name, 'x: 1\n'])));
    const after = await origin.commit(Object.fromEntries(names.map((name) => [name, 'x: 22\n'])));
    await origin.git('checkout', '--quiet', 'main');
    const changes = await repository.changes(before, after, ['many']);
    expect(pathsOf(changes).sort()).toEqual([...names].sort());
    expect(new Set(changes.map(({ entry }) => entry?.size))).toEqual(new Set([6]));
  });

  test('blobs are read by id, whole, and never above the limit', async () => {
    const entries = await repository.entries(commits[1] ?? '', ['']);
    const blobs = await repository.read(
      entries.map(({ id }) => id),
      1000,
    );
    const text = new Map(entries.map(({ path, id }) => [path, Buffer.from(blobs.get(id) ?? []).toString('utf8')]));
    expect(text.get('tools/t.yaml')).toBe('t: ü\n');
    expect(text.get('agents/a.yaml')).toBe('a: 2\n');
    await expect(
      repository.read(
        entries.map(({ id }) => id),
        3,
      ),
    ).rejects.toMatchObject({ code: 'git.object_too_large' });
    expect(
      (
        await repository.read(
          entries.map(({ id }) => id),
          1000,
        )
      ).size,
    ).toBe(4);
  });

  test('an id that is not a blob is missing, never empty', async () => {
    const [first = ''] = commits;
    await expect(repository.read(['0123456789012345678901234567890123456789'], 10)).rejects.toMatchObject({
      code: 'git.object_missing',
    });
    await expect(repository.tree('0123456789012345678901234567890123456789')).rejects.toMatchObject({
      code: 'git.object_missing',
    });
    expect(await repository.tree(first)).toBe(await origin.git('rev-parse', `${first}^{tree}`));
  });

  test('the subject is the first line of the message', async () => {
    expect(await repository.subject(commits[0] ?? '')).toBe('First line');
  });

  test('the authors are those that the commit names', async () => {
    const [author, ...others] = await repository.authors(commits[0] ?? '');
    expect([author, others]).toEqual([
      {
        name: await origin.git('log', '-1', '--format=%an', commits[0] ?? ''),
        email: await origin.git('log', '-1', '--format=%ae', commits[0] ?? ''),
      },
      [],
    ]);
  });

  test('ancestry follows the graph', async () => {
    const [first = '', second = '', third = ''] = commits;
    expect(await repository.isAncestor(first, third)).toBe(true);
    expect(await repository.isAncestor(third, third)).toBe(true);
    expect(await repository.isAncestor(third, first)).toBe(false);
    expect(await repository.isAncestor(third, side)).toBe(false);
    expect(await repository.isAncestor(second, side)).toBe(true);
    expect(await repository.isAncestor('0123456789012345678901234567890123456789', side)).toBe(false);
  });
});

function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : 1;
}

function pathsOf(entries: readonly { path: string }[]): string[] {
  return entries.map(({ path }) => path).sort();
}
