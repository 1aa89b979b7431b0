import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { firstParentLine } from '../../src/source/first-parent-line.ts';
import { mergeResult } from '../../src/source/merge-result.ts';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import { createRepository, serveGit, type TestRepository } from '../support/git-http.ts';

const readers = ['git-cli', 'isomorphic'] as const;

interface Forge {
  readonly origin: TestRepository;
  readonly mirror: Repository;
  readonly directory: string;
  readonly base: string;
  readonly head: string;
}

/** A forge with one pull request, number 7, whose head is a fork's: no branch holds it. */
async function forgeWithPull(reader: (typeof readers)[number], headFiles: Record<string, string>): Promise<Forge> {
  const origin = await createRepository();
  await origin.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
  const fork = await origin.commit({ 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n' });
  const base = await origin.commit({ 'a.yaml': 'a: 2\n' });
  await origin.git('checkout', '--quiet', '--detach', fork);
  const head = await origin.commit(headFiles);
  await origin.git('update-ref', 'refs/pull/7/head', head);
  await origin.git('checkout', '--quiet', 'main');
  const server = await serveGit(origin);
  const directory = await mkdtemp(join(tmpdir(), 'pawl-merge-'));
  const mirror = await openRepository({ url: server.url, directory, reader });
  await mirror.fetch();
  onTestFinished(async () => {
    await mirror.close();
    await server.close();
    await rm(directory, { recursive: true, force: true });
    await origin.remove();
  });
  return { origin, mirror, directory, base, head };
}

async function mergeOf(origin: TestRepository, ours: string, theirs: string): Promise<string> {
  await origin.git('checkout', '--quiet', '--detach', ours);
  await origin.git('merge', '--quiet', '--no-ff', '-m', 'Merge', theirs);
  const merge = await origin.git('rev-parse', 'HEAD');
  await origin.git('checkout', '--quiet', 'main');
  return merge;
}

describe.each(readers)('with %s', (reader) => {
  test('a pull request comes when it is asked for, and not with the branches', async () => {
    const { mirror, head } = await forgeWithPull(reader, { 'b.yaml': 'b: 2\n' });
    await expect(mirror.resolve('refs/pull/7/head')).rejects.toMatchObject({ code: 'git.ref_not_found' });
    await mirror.fetchOnly({ pulls: [7, 8] });
    expect(await mirror.resolve('refs/pull/7/head')).toBe(head);
    await expect(mirror.resolve('refs/pull/8/head')).rejects.toMatchObject({ code: 'git.ref_not_found' });
    expect((await mirror.entries(head, [''])).map(({ path }) => path).sort()).toEqual(['a.yaml', 'b.yaml']);
    await mirror.fetch();
    expect(await mirror.resolve('refs/pull/7/head')).toBe(head);
  });

  test('a head that was pushed over is followed, and a merge that the forge took away is gone', async () => {
    const { origin, mirror, base, head } = await forgeWithPull(reader, { 'b.yaml': 'b: 2\n' });
    await origin.git('update-ref', 'refs/pull/7/merge', await mergeOf(origin, base, head));
    await mirror.fetchOnly({ pulls: [7] });
    await mirror.resolve('refs/pull/7/merge');
    await origin.git('update-ref', 'refs/pull/7/head', base);
    await origin.git('update-ref', '-d', 'refs/pull/7/merge');
    await mirror.fetchOnly({ pulls: [7] });
    expect(await mirror.resolve('refs/pull/7/head')).toBe(base);
    await expect(mirror.resolve('refs/pull/7/merge')).rejects.toMatchObject({ code: 'git.ref_not_found' });
  });

  test('a commit comes by its id, and one that the forge does not have is not there', async () => {
    const { origin, mirror, head } = await forgeWithPull(reader, { 'b.yaml': 'b: 2\n' });
    await origin.git('update-ref', '-d', 'refs/pull/7/head');
    await mirror.fetchOnly({ commits: [head] });
    expect(await mirror.parents(head)).toHaveLength(1);
    await expect(mirror.fetchOnly({ commits: ['0123456789012345678901234567890123456789'] })).rejects.toMatchObject({
      code: 'git.ref_not_found',
    });
  });

  test('nothing but numbers and ids is asked for, and never hundreds at once', async () => {
    const { mirror } = await forgeWithPull(reader, { 'b.yaml': 'b: 2\n' });
    await expect(mirror.fetchOnly({ commits: ['--upload-pack=touch x'] })).rejects.toMatchObject({
      code: 'git.ref_refused',
    });
    await expect(mirror.fetchOnly({ pulls: [0] })).rejects.toThrow('not a pull request');
    const many = Array.from({ length: 257 }, (_, index) => index + 1);
    await expect(mirror.fetchOnly({ pulls: many })).rejects.toThrow('at once');
  });

  test('the merge result has the tree of the merge that people would make', async () => {
    const { origin, mirror, base, head } = await forgeWithPull(reader, { 'b.yaml': 'b: 2\n' });
    const merge = await mergeOf(origin, base, head);
    await origin.git('update-ref', 'refs/pull/7/merge', merge);
    await mirror.fetchOnly({ pulls: [7] });
    const result = await mergeResult(mirror, { base, head, pull: 7 });
    expect(result).toMatchObject({ kind: 'merged', tree: await origin.git('rev-parse', `${merge}^{tree}`) });
    const commit = result.kind === 'merged' ? result.commit : '';
    expect(await mirror.parents(commit)).toEqual([base, head]);
    expect((await mirror.changes(base, commit, [''])).map(({ path }) => path)).toEqual(['b.yaml']);
  });

  test('the line of a branch is its first parents, oldest first', async () => {
    const { origin, mirror, base, head } = await forgeWithPull(reader, { 'b.yaml': 'b: 2\n' });
    const merge = await mergeOf(origin, base, head);
    // A side that merged the branch into itself and was pushed in its place: nothing of it may be passed over.
    const foxtrot = await mergeOf(origin, head, base);
    await origin.git('branch', 'merged', merge);
    await origin.git('branch', 'foxtrot', foxtrot);
    await mirror.fetch();
    expect(await firstParentLine(mirror, { after: base, to: merge })).toEqual([merge]);
    expect(await firstParentLine(mirror, { after: base, to: foxtrot })).toEqual([head, foxtrot]);
    expect(await firstParentLine(mirror, { after: base, to: base })).toEqual([]);
    expect(await firstParentLine(mirror, { after: undefined, to: merge })).toEqual([merge]);
    expect(await firstParentLine(mirror, { after: base, to: foxtrot, max: 1 })).toBeUndefined();
  });
});

describe('with git', () => {
  test('the merge result is the same commit on every machine', async () => {
    const { mirror, base, head } = await forgeWithPull('git-cli', { 'b.yaml': 'b: 2\n' });
    await mirror.fetchOnly({ pulls: [7] });
    const first = await mergeResult(mirror, { base, head });
    expect(first).toEqual(await mergeResult(mirror, { base, head }));
    expect(await mergeResult(mirror, { base: head, head })).toMatchObject({ tree: await mirror.tree(head) });
  });

  test('a conflict names the paths', async () => {
    const { mirror, base, head } = await forgeWithPull('git-cli', { 'a.yaml': 'a: 3\n', 'b.yaml': 'b: 2\n' });
    await mirror.fetchOnly({ pulls: [7] });
    expect(await mergeResult(mirror, { base, head })).toEqual({ kind: 'conflict', paths: ['a.yaml'] });
  });

  test('commits without common history have no merge result', async () => {
    const { origin, mirror, base } = await forgeWithPull('git-cli', { 'b.yaml': 'b: 2\n' });
    const stranger = await origin.git('commit-tree', '-m', 'Stranger', `${base}^{tree}`);
    await mirror.fetchOnly({ commits: [stranger] });
    expect(await mergeResult(mirror, { base, head: stranger })).toEqual({
      kind: 'unavailable',
      why: 'the two commits have no history in common',
    });
  });

  test('a merge driver, a filter, a replacement and a graft of the repository have no say', async () => {
    const { origin, base, head } = await forgeWithPull('git-cli', {
      'a.yaml': 'a: 3\n',
      '.gitattributes': '*.yaml merge=evil filter=evil\n',
    });
    const ran = join(origin.path, 'ran');
    await origin.git('config', 'merge.evil.driver', `touch ${ran}`);
    await origin.git('config', 'filter.evil.clean', `touch ${ran}`);
    await origin.git('config', 'merge.default', 'evil');
    await writeFile(join(origin.path, '.git/info/attributes'), '*.yaml merge=evil\n');
    await origin.git('replace', head, base);
    await writeFile(join(origin.path, '.git/info/grafts'), `${head}\n`);
    const repository = await openRepository({ path: origin.path, reader: 'git-cli' });
    onTestFinished(() => repository.close());
    expect(await mergeResult(repository, { base, head })).toEqual({ kind: 'conflict', paths: ['a.yaml'] });
    await expect(stat(ran)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readFile(join(origin.path, '.git/HEAD'), 'utf8')).toBe('ref: refs/heads/main\n');
  });
});

describe('without git', () => {
  test("the forge's merge counts only for exactly the two commits", async () => {
    const { origin, mirror, base, head } = await forgeWithPull('isomorphic', { 'b.yaml': 'b: 2\n' });
    expect(await mergeResult(mirror, { base, head, pull: 7 })).toMatchObject({ kind: 'unavailable' });
    await origin.git('update-ref', 'refs/pull/7/merge', await mergeOf(origin, head, base));
    expect(await mergeResult(mirror, { base, head, pull: 7 })).toEqual({
      kind: 'unavailable',
      why: "the forge's merge of pull request 7 is of other commits",
    });
    expect(await mergeResult(mirror, { base, head })).toMatchObject({
      kind: 'unavailable',
      why: expect.stringContaining('2.38'),
    });
  });
});
