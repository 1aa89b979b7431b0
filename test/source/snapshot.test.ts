import { chmod, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { objectAt } from '../../src/manifest/manifest-reference.ts';
import type { EnvironmentSettings, Snapshot } from '../../src/manifest/resource.ts';
import type { Repository } from '../../src/source/repository.ts';
import { SnapshotCache, snapshot } from '../../src/source/snapshot.ts';
import type { TestRepository } from '../support/git.ts';
import { writeObject } from './objects.ts';
import { agent, model, role, settings } from './manifests.ts';
import { openOrigin } from './origin.ts';

const place = { file: 'pawl.yaml', line: 1, column: 9 };
const prod: EnvironmentSettings = { name: 'prod', branch: 'main', paths: ['agents'], apply: 'auto' };

describe.each(['git-cli', 'isomorphic'] as const)('%s', (reader) => {
  let origin: TestRepository;
  let repository: Repository;

  beforeEach(async () => {
    ({ origin, repository } = await openOrigin(reader));
  });

  function errorsOf(taken: Snapshot): string[][] {
    return taken.problems.filter(({ severity }) => severity === 'error').map(({ code, file }) => [code, file]);
  }

  test('the manifests below the paths become resources in address order', async () => {
    const commit = await origin.commit({
      'agents/b.yaml': role('b'),
      'agents/deep/a.yml': role('a'),
      'agents/two.json': JSON.stringify({
        apiVersion: 'pawl/v1',
        kind: 'AgentRole',
        metadata: { name: 'c' },
        spec: { permissions: [] },
      }),
      'agents/README.md': '# not a manifest',
      'agents/replies.script.yaml': 'replies: []',
      'agents/.github/workflow.yaml': 'on: push',
      'other/d.yaml': role('d'),
      'pawl.yaml': settings,
    });
    const taken = await snapshot(repository, { commit, environment: prod });
    expect(errorsOf(taken)).toEqual([]);
    expect([...taken.resources.keys()]).toEqual(['AgentRole/default/a', 'AgentRole/default/b', 'AgentRole/default/c']);
    expect(taken.commit).toBe(commit);
    expect(taken.tree).toBe(await origin.git('rev-parse', `${commit}^{tree}`));
    expect(taken.root).toMatch(/^[0-9a-f]{64}$/);
  });

  test('a path may be a file, the root, or written with dots and slashes', async () => {
    const commit = await origin.commit({ 'agents/a.yaml': role('a'), 'b.yaml': role('b'), 'pawl.yaml': settings });
    const names = async (paths: string[]): Promise<string[]> => [
      ...(await snapshot(repository, { commit, environment: { ...prod, paths } })).resources.keys(),
    ];
    expect(await names(['agents/a.yaml'])).toEqual(['AgentRole/default/a']);
    expect(await names(['.'])).toEqual(['AgentRole/default/a', 'AgentRole/default/b']);
    expect(await names(['./agents/', 'agents'])).toEqual(['AgentRole/default/a']);
    await expect(names(['../agents'])).rejects.toMatchObject({ code: 'source.path_refused' });
    await expect(names(['/agents'])).rejects.toMatchObject({ code: 'source.path_refused' });
    await expect(names(['-x'])).rejects.toMatchObject({ code: 'source.path_refused' });
  });

  test('a prompt file comes from the same commit, beside the manifest or elsewhere in the repository', async () => {
    const commit = await origin.commit({
      'agents/a.yaml': agent('a', 'prompts/a.md'),
      'agents/prompts/a.md': 'Be brief.',
      'agents/b.yaml': agent('b', '../prompts/b.md'),
      'prompts/b.md': 'Be kind.',
      'agents/small.yaml': model,
    });
    const later = await origin.commit({ 'prompts/b.md': 'Be kinder.' });
    const cache = new SnapshotCache();
    const prompts = async (at: string): Promise<unknown[]> => {
      const taken = await snapshot(repository, { commit: at, environment: prod }, { cache });
      expect(errorsOf(taken)).toEqual([]);
      return ['a', 'b'].map(
        (name) => objectAt(taken.resources.get(`Agent/default/${name}`)?.manifest ?? {}, 'spec')['prompt'],
      );
    };
    expect(await prompts(commit)).toEqual(['Be brief.', 'Be kind.']);
    expect(await prompts(later)).toEqual(['Be brief.', 'Be kinder.']);
    expect(await prompts(commit)).toEqual(['Be brief.', 'Be kind.']);
    const gone = await origin.commit({ 'prompts/b.md': undefined });
    const taken = await snapshot(repository, { commit: gone, environment: prod }, { cache });
    expect(errorsOf(taken)).toEqual([['reference.file_missing', 'agents/b.yaml']]);
  });

  test('a prompt file above its limit is refused by its size', async () => {
    const commit = await origin.commit({
      'agents/a.yaml': agent('a', 'a.md'),
      'agents/a.md': 'x'.repeat(70_000),
      'agents/small.yaml': model,
    });
    const taken = await snapshot(repository, { commit, environment: prod });
    expect(errorsOf(taken)).toEqual([['limits.text_file_bytes', 'agents/a.yaml']]);
    expect(taken.problems.find(({ severity }) => severity === 'error')?.message).toContain('70000 bytes');
  });

  test('links and submodules are problems, and nothing of them is read', async () => {
    await origin.commit({
      'agents/a.yaml': role('a'),
      'agents/b.yaml': agent('b', 'passwd.md'),
      'agents/small.yaml': model,
    });
    await symlink('/etc/passwd', join(origin.path, 'agents/passwd.md'));
    await symlink('../../', join(origin.path, 'agents/up'));
    await symlink('/etc', join(origin.path, 'agents/etc.yaml'));
    const other = await origin.commit({
      '.gitmodules': '[submodule "m"]\n\tpath = agents/module\r\n\turl = ext::sh -c touch\r\n',
    });
    await origin.git('update-index', '--add', '--cacheinfo', `160000,${other},agents/module`);
    await origin.git('commit', '--quiet', '--message', 'Submodule');
    const commit = await origin.git('rev-parse', 'HEAD');
    const taken = await snapshot(repository, { commit, environment: prod });
    expect(errorsOf(taken)).toEqual([
      ['reference.file_missing', 'agents/b.yaml'],
      ['git.symlink', 'agents/etc.yaml'],
      ['git.submodule', 'agents/module'],
      ['git.symlink', 'agents/passwd.md'],
      ['git.symlink', 'agents/up'],
    ]);
    expect(JSON.stringify([...taken.resources.values()])).not.toContain('root:');
    expect(taken.problems.find(({ code }) => code === 'git.symlink')).toMatchObject({
      message: 'agents/etc.yaml is a symbolic link; what it leads to was not read.',
      help: 'Replace it by the file itself.',
    });
  });

  test('an environment path that is a link is refused, not followed', async () => {
    await origin.commit({ 'real/a.yaml': role('a') });
    await symlink('real', join(origin.path, 'agents'));
    const commit = await origin.commit({});
    const taken = await snapshot(repository, { commit, environment: prod });
    expect(errorsOf(taken)).toEqual([['git.symlink', 'agents']]);
    expect(taken.resources.size).toBe(0);
  });

  test('a name that a log or a shell would act on is refused and shown escaped', async () => {
    const commit = await origin.commit({
      'agents/ok.yaml': role('ok'),
      'agents/a\nb.yaml': role('a'),
      'agents/-rf.yaml': role('b'),
      'agents/::error::x.yaml': role('c'),
      'agents/\u202egpj.yaml': role('d'),
    });
    const taken = await snapshot(repository, { commit, environment: prod });
    expect([...taken.resources.keys()]).toEqual(['AgentRole/default/ok']);
    expect(taken.problems.filter(({ code }) => code === 'manifest.file_name')).toHaveLength(4);
    for (const problem of taken.problems) {
      expect(`${problem.file} ${problem.message}`).not.toMatch(/\n|::error|\u202e/);
    }
  });

  test('a name that is not UTF-8 is refused', async () => {
    await origin.commit({ 'agents/a.yaml': role('a') });
    const id = await origin.git('hash-object', '-w', 'agents/a.yaml');
    await origin.git('update-index', '--add', '--cacheinfo', `100644,${id},agents/x.yaml`);
    const tree = await origin.git('write-tree');
    const raw = Buffer.concat([
      Buffer.from('100644 b'),
      Buffer.from([0xff]),
      Buffer.from('.yaml\0'),
      Buffer.from(id, 'hex'),
    ]);
    const agents = await writeObject(origin, 'tree', raw);
    const root = await writeObject(
      origin,
      'tree',
      Buffer.concat([Buffer.from('40000 agents\0'), Buffer.from(agents, 'hex')]),
    );
    expect(root).not.toBe(tree);
    const commit = await origin.git('commit-tree', root, '-m', 'Odd name');
    const taken = await snapshot(repository, { commit, environment: prod });
    expect(errorsOf(taken)).toEqual([['source.file_name', 'agents/b\ufffd.yaml']]);
    expect(taken.problems[0]?.message).toBe('The file name is not UTF-8.');
  });

  test('a missing path is an error that deletes nothing', async () => {
    const commit = await origin.commit({ 'other/a.yaml': role('a'), 'other/b.yaml': `${role('b')}  colour: red\n` });
    const missing = {
      code: 'source.path_missing',
      severity: 'error',
      file: 'pawl.yaml',
      message: `Commit ${commit.slice(0, 12)} lacks the path agents of the environment prod; nothing is deleted for that.`,
      help: 'Restore the path, or correct it in pawl.yaml.',
    };
    expect((await snapshot(repository, { commit, environment: prod })).problems).toMatchObject([missing]);
    const two = { ...prod, paths: ['other', 'agents'], pathPlaces: [1, 2].map((line) => ({ ...place, line })) };
    const { problems } = await snapshot(repository, { commit, environment: two });
    expect(problems).toMatchObject([
      { code: 'manifest.unknown_field', file: 'other/b.yaml' },
      { ...missing, line: 2, column: 9 },
    ]);
    const none = await origin.commit({ 'other/a.yaml': undefined, 'other/b.yaml': undefined });
    const empty = await snapshot(repository, { commit: none, environment: { ...prod, paths: ['.'] } });
    expect(empty.problems).toMatchObject([{ code: 'source.path_missing' }]);
  });

  test('an environment without a manifest is an error that deletes nothing, also after one that had some', async () => {
    const cache = new SnapshotCache();
    const before = await origin.commit({ 'agents/a.yaml': role('a') });
    await snapshot(repository, { commit: before, environment: prod }, { cache });
    const commit = await origin.commit({ 'agents/a.yaml': undefined, 'agents/README.md': 'x' });
    await expect(snapshot(repository, { commit, environment: prod }, { cache })).rejects.toMatchObject({
      code: 'source.empty',
      message: expect.stringContaining('holds no manifest of the environment prod under agents'),
    });
    const blank = await origin.commit({ 'agents/a.yaml': '---\n# nothing\n' });
    await expect(snapshot(repository, { commit: blank, environment: prod }, { cache })).rejects.toMatchObject({
      code: 'source.empty',
    });
    expect((await snapshot(repository, { commit: before, environment: prod }, { cache })).resources.size).toBe(1);
  });

  test('sizes are limits before content is read', async () => {
    const commit = await origin.commit({
      'agents/a.yaml': role('a'),
      'agents/b.yaml': `# ${'x'.repeat(2000)}\n`,
      'agents/c.yaml': role('c'),
    });
    const limits = { fileBytesMax: 1000, filesMax: 10, totalBytesMax: 10_000 };
    const taken = await snapshot(repository, { commit, environment: prod }, { limits });
    expect(errorsOf(taken)).toEqual([['limits.file_bytes', 'agents/b.yaml']]);
    expect(taken.resources.size).toBe(2);
    await expect(
      snapshot(repository, { commit, environment: prod }, { limits: { ...limits, filesMax: 2 } }),
    ).rejects.toMatchObject({
      code: 'limits.files',
    });
    await expect(
      snapshot(repository, { commit, environment: prod }, { limits: { ...limits, totalBytesMax: 500 } }),
    ).rejects.toMatchObject({
      code: 'limits.total_bytes',
    });
  });

  test('a missing or damaged blob is an error, never a snapshot without it', async () => {
    const commit = await origin.commit({ 'agents/a.yaml': role('a'), 'agents/b.yaml': role('b') });
    const id = await origin.git('rev-parse', `${commit}:agents/b.yaml`);
    const path = join(origin.path, '.git/objects', id.slice(0, 2), id.slice(2));
    await chmod(path, 0o644);
    await writeFile(path, 'not an object');
    await expect(snapshot(repository, { commit, environment: prod })).rejects.toMatchObject({
      code: expect.stringMatching(/^git\.object_(corrupt|missing)$/),
    });
    await rm(path);
    await expect(snapshot(repository, { commit, environment: prod })).rejects.toMatchObject({
      code: 'git.object_missing',
    });
    const tree = await origin.git('rev-parse', `${commit}:agents`);
    await rm(join(origin.path, '.git/objects', tree.slice(0, 2), tree.slice(2)));
    await expect(snapshot(repository, { commit, environment: prod })).rejects.toMatchObject({
      code: expect.stringMatching(/^git\.object_/),
    });
  });

  test('a cached snapshot equals a fresh one after every kind of change', async () => {
    const cache = new SnapshotCache();
    const commits = [
      await origin.commit({ 'agents/b.yaml': role('b'), 'agents/c.yaml': role('c'), 'agents/small.yaml': model }),
      await origin.commit({ 'agents/b.yaml': role('b', 'tool:echo:write') }),
      await origin.commit({ 'agents/a.yaml': agent('x', '/prompts/x.md'), 'prompts/x.md': 'One' }),
      await origin.commit({ 'prompts/x.md': 'Two' }),
      await origin.commit({ 'agents/a.yaml': undefined, 'agents/b.yaml': 'kind: [' }),
      await origin.commit({ 'agents/b.yaml': `${role('b')}---\n${role('c')}` }),
      await origin.commit({ 'README.md': 'nothing to do with it' }),
    ];
    for (const commit of [...commits, ...commits.toReversed()]) {
      const warm = await snapshot(repository, { commit, environment: prod }, { cache });
      const fresh = await snapshot(repository, { commit, environment: prod });
      expect(warm.root).toBe(fresh.root);
      expect([...warm.resources]).toEqual([...fresh.resources]);
      expect(warm.problems).toEqual(fresh.problems);
      expect([warm.commit, warm.tree]).toEqual([fresh.commit, fresh.tree]);
    }
  });

  test('line ends, key order and file order do not change the root', async () => {
    const first = await origin.commit({ 'agents/a.yaml': role('a'), 'agents/b.yaml': role('b') });
    const second = await origin.commit({
      'agents/a.yaml': role('b').replaceAll('\n', '\r\n'),
      'agents/b.yaml': role('a'),
    });
    const roots = await Promise.all(
      [first, second].map(async (commit) => (await snapshot(repository, { commit, environment: prod })).root),
    );
    expect(roots[1]).toBe(roots[0]);
  });
});
