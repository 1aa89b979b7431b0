import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { EnvironmentSettings } from '../../src/manifest/resource.ts';
import { snapshot } from '../../src/source/snapshot.ts';
import { TreeWalk } from '../../src/source/tree-walk.ts';
import type { Repository } from '../../src/source/repository.ts';
import { role } from '../source/manifests.ts';
import { writeObject } from '../source/objects.ts';
import { openOrigin } from '../source/origin.ts';
import type { TestRepository } from '../support/git.ts';

const prod: EnvironmentSettings = { name: 'prod', branch: 'main', paths: ['agents'], apply: 'auto' };

async function treeOf(origin: TestRepository, mode: string, entries: readonly (readonly [string, string])[]) {
  const lines = entries.map(([name, id]) => Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]));
  return writeObject(origin, 'tree', Buffer.concat(lines));
}

/** Each folder holds the one beneath it under many names: eight objects, and paths without number. */
async function treeBomb(origin: TestRepository, blob: string): Promise<string> {
  const names = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));
  let below = await treeOf(
    origin,
    '100644',
    names.map((name) => [`${name}.yaml`, blob]),
  );
  for (let level = 0; level < 6; level += 1) {
    const id = below;
    below = await treeOf(
      origin,
      '40000',
      names.slice(0, 16).map((name) => [name, id]),
    );
  }
  const commit = await origin.git('commit-tree', below, '-m', 'Bomb');
  await origin.git('update-ref', 'refs/heads/bomb', commit);
  await origin.git('repack', '-a', '-d', '-q');
  return commit;
}

describe.each(['git-cli', 'isomorphic'] as const)('with %s', (reader) => {
  let origin: TestRepository;
  let repository: Repository;

  beforeEach(async () => {
    ({ origin, repository } = await openOrigin(reader));
  });

  test('a tree of eight objects with 2^32 paths is refused, and not held', async () => {
    await origin.commit({ 'a.yaml': role('a') });
    const commit = await treeBomb(origin, await origin.git('rev-parse', 'HEAD:a.yaml'));
    await expect(repository.entries(commit, [''])).rejects.toMatchObject({ code: 'git.tree_too_large' });
  });

  test('a blob that unpacks to two hundred times its size is refused by its size', async () => {
    const commit = await origin.commit({
      'agents/a.yaml': role('a'),
      'agents/bomb.yaml': Buffer.alloc(32 * 1024 * 1024, 32),
    });
    const taken = await snapshot(repository, { commit, environment: prod });
    expect(taken.problems.map(({ code, file }) => [code, file])).toContainEqual([
      'limits.file_bytes',
      'agents/bomb.yaml',
    ]);
  });

  test('names that a file system would take for each other or for Git stay what they are', async () => {
    await origin.commit({ 'agents/a.yaml': role('a') });
    const blob = await origin.git('rev-parse', 'HEAD:agents/a.yaml');
    const names = ['.GIT', '.git', 'A.yaml', 'a.yaml', 'a\u0301.yaml', 'git~1', '\u00e1.yaml'];
    const agents = await treeOf(
      origin,
      '100644',
      names.map((name) => [name, blob]),
    );
    const root = await treeOf(origin, '40000', [['agents', agents]]);
    const commit = await origin.git('commit-tree', root, '-m', 'Look-alikes');
    const taking = snapshot(repository, { commit, environment: prod });
    if (reader === 'isomorphic') return expect(taking).rejects.toMatchObject({ code: 'source.path_refused' });
    const taken = await taking;
    // Two files of one resource: both are named, and neither wins.
    const duplicate = taken.problems.filter(({ severity }) => severity === 'error');
    expect(duplicate.map(({ code }) => code)).toContain('manifest.duplicate');
    expect(taken.problems.some(({ file }) => file === 'agents/.git' || file === 'agents/.GIT')).toBe(false);
  });

  test('a folder that holds a name twice is refused, and neither of both is read', async () => {
    const base = await origin.commit({ 'agents/a.yaml': role('a'), 'agents/b.yaml': role('b'), 'z/z.yaml': role('z') });
    const [a, b, agents] = await Promise.all(
      ['agents/a.yaml', 'agents/b.yaml', 'agents'].map((path) => origin.git('rev-parse', `${base}:${path}`)),
    );
    const files = await treeOf(origin, '100644', [
      ['x.yaml', a ?? ''],
      ['x.yaml', b ?? ''],
    ]);
    const other = await treeOf(origin, '100644', [['x.yaml', b ?? '']]);
    const commitOf = async (...trees: readonly string[]) => {
      const root = await treeOf(
        origin,
        '40000',
        trees.map((id) => ['agents', id]),
      );
      return origin.git('commit-tree', root, '-p', base, '-m', 'Twice');
    };
    const [twice, folders] = [await commitOf(files), await commitOf(agents ?? '', other)];
    const refused = (path: string) => ({
      code: 'source.path_refused',
      message: `The commit holds ${path} twice in one folder, and neither is read.`,
    });
    // Whole listings, those of a few folders, and what differs.
    await expect(repository.entries(twice, [''])).rejects.toMatchObject(refused('agents/x.yaml'));
    await expect(repository.entries(twice, ['agents'])).rejects.toMatchObject(refused('agents/x.yaml'));
    await expect(repository.changes(base, twice, ['agents'])).rejects.toMatchObject(refused('agents/x.yaml'));
    await expect(repository.entries(folders, [''])).rejects.toMatchObject(refused('agents'));
    await expect(repository.entries(folders, ['agents'])).rejects.toMatchObject(refused('agents'));
    await expect(repository.changes(base, folders, ['agents'])).rejects.toMatchObject(refused('agents'));
    await expect(snapshot(repository, { commit: folders, environment: prod })).rejects.toMatchObject(refused('agents'));
  });

  test('a name twice is found among hundreds of folders that change too', async () => {
    const folders = Array.from({ length: 150 }, (_, at) => `f${String(at).padStart(3, '0')}`);
    const files = (name: string) => Object.fromEntries(folders.map((folder) => [`${folder}/a.yaml`, role(name)]));
    const base = await origin.commit({ ...files('a'), 'agents/x.yaml': role('x') });
    const next = await origin.commit({ ...files('b'), 'agents/x.yaml': role('y') });
    const [was, is, root] = await Promise.all(
      [`${base}:agents/x.yaml`, `${next}:agents/x.yaml`, `${next}^{tree}`].map((one) => origin.git('rev-parse', one)),
    );
    const listed = (await origin.git('ls-tree', root ?? '')).split('\n').map((line) => line.split(/[ \t]/));
    const others = listed.flatMap(([, , id, name]): [string, string][] =>
      name === 'agents' ? [] : [[name ?? '', id ?? '']],
    );
    // The one that was there, and then another one of its name: git tells of the second alone, or of none.
    for (const second of [is, was]) {
      const twice = await treeOf(origin, '100644', [
        ['x.yaml', was ?? ''],
        ['x.yaml', second ?? ''],
      ]);
      const tree = await treeOf(origin, '40000', [['agents', twice], ...others]);
      const commit = await origin.git('commit-tree', tree, '-p', base, '-m', 'Twice');
      await expect(repository.changes(base, commit, ['agents', ...folders])).rejects.toMatchObject({
        code: 'source.path_refused',
        message: 'The commit holds agents/x.yaml twice in one folder, and neither is read.',
      });
    }
    expect(await repository.changes(base, next, ['agents', ...folders])).toHaveLength(151);
  });

  test('a folder whose names are out of order is refused where git compares, and read by name elsewhere', async () => {
    const base = await origin.commit({ 'agents/a.yaml': role('a'), 'agents/b.yaml': role('b') });
    const [a = '', b = ''] = await Promise.all(
      ['agents/a.yaml', 'agents/b.yaml'].map((path) => origin.git('rev-parse', `${base}:${path}`)),
    );
    const reversed = await treeOf(origin, '100644', [
      ['b.yaml', b],
      ['a.yaml', a],
    ]);
    const root = await treeOf(origin, '40000', [['agents', reversed]]);
    const commit = await origin.git('commit-tree', root, '-p', base, '-m', 'Reversed');
    if (reader === 'isomorphic') {
      expect((await repository.entries(commit, ['agents'])).map(({ path }) => path).sort()).toEqual([
        'agents/a.yaml',
        'agents/b.yaml',
      ]);
      return expect(await repository.changes(base, commit, ['agents'])).toEqual([]);
    }
    const refused = {
      code: 'source.path_refused',
      message: 'The commit holds agents/a.yaml after a name that follows it, and is not read.',
      help: 'Make the commit anew with git, which writes the names of a folder in order.',
    };
    const many = ['agents', ...Array.from({ length: 300 }, (_, at) => `f${at}`)];
    for (const paths of [[''], ['agents'], many]) {
      await expect(repository.entries(commit, paths)).rejects.toMatchObject(refused);
      await expect(repository.changes(base, commit, paths)).rejects.toMatchObject(refused);
    }
    await expect(snapshot(repository, { commit, environment: prod })).rejects.toMatchObject(refused);
  });

  test('names in the order that git writes are read, whatever JavaScript thinks of it', async () => {
    const names = [
      'a-b/x.yaml',
      'a.yaml',
      'a/x.yaml',
      'a0.yaml',
      'a\uff5e.yaml',
      'a\u{1f600}.yaml',
      'a\u{1f600}/x.yaml',
    ];
    const base = await origin.commit({ 'z.yaml': role('z') });
    const commit = await origin.commit(Object.fromEntries(names.map((name) => [name, role('x')])));
    for (const paths of [[''], [...names, 'z.yaml']]) {
      expect(await repository.entries(commit, paths)).toHaveLength(8);
      expect(await repository.changes(base, commit, paths)).toHaveLength(7);
    }
  });

  test('what is wrong with folders of others refuses no environment, among hundreds that change', async () => {
    const folders = Array.from({ length: 300 }, (_, at) => `f${String(at).padStart(3, '0')}`);
    const files = (name: string) => Object.fromEntries(folders.map((folder) => [`${folder}/a.yaml`, role(name)]));
    const base = await origin.commit({ ...files('a'), 'a/x.yaml': role('x') });
    const next = await origin.commit(files('b'));
    const [blob, root] = await Promise.all(
      [`${base}:a/x.yaml`, `${next}^{tree}`].map((one) => origin.git('rev-parse', one)),
    );
    const others = (await origin.git('ls-tree', root ?? '')).split('\n').flatMap((line): [string, string][] => {
      const [, , id = '', name = ''] = line.split(/[ \t]/);
      return name === 'a' ? [] : [[name, id]];
    });
    const twice = await treeOf(origin, '100644', [
      ['x.yaml', blob ?? ''],
      ['x.yaml', blob ?? ''],
    ]);
    const tree = await treeOf(origin, '40000', [['a', twice], ...others]);
    const commit = await origin.git('commit-tree', tree, '-p', base, '-m', 'Twice');
    expect(await repository.changes(base, commit, folders)).toHaveLength(300);
    await expect(repository.changes(base, commit, [...folders, 'a'])).rejects.toMatchObject({
      message: 'The commit holds a/x.yaml twice in one folder, and neither is read.',
    });
  });

  test('what a message says is text of one line without control characters', async () => {
    const commit = await origin.commit(
      { a: '' },
      '\u001b[2J<!-- pawl:plan prod -->\u202e::error::x\r\n/pawl ack R1-3f2a',
    );
    const subject = await repository.subject(commit);
    expect(subject).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(subject).not.toContain('/pawl ack');
  });

  test('history goes by parents: neither clocks nor grafts nor replacements have a say', async () => {
    const first = await origin.commit({ 'a.yaml': 'a: 1\n' });
    const second = await origin.commit({ 'a.yaml': 'a: 2\n' });
    const stranger = await origin.git('commit-tree', '-m', 'Stranger', `${second}^{tree}`);
    await writeFile(join(origin.path, '.git/info/grafts'), `${stranger} ${second}\n`);
    const [blob, planted] = [
      await origin.git('rev-parse', `${first}:a.yaml`),
      await origin.git('rev-parse', `${second}:a.yaml`),
    ];
    await origin.git('replace', blob, planted);
    expect(await repository.isAncestor(first, stranger)).toBe(false);
    expect(await repository.parents(stranger)).toEqual([]);
    expect(Buffer.from((await repository.read([blob], 100)).get(blob) ?? []).toString()).toBe('a: 1\n');
  });

  test.each([
    '--output=/tmp/x',
    '-x',
    'main@{1}',
    '@{u}',
    ':/Change',
    'main..side',
    'main:a.yaml',
    'a b',
    'x\n--all',
    '^main',
  ])('what is no name of a branch never reaches git: %j', async (ref) => {
    await expect(repository.resolve(ref)).rejects.toMatchObject({ code: 'git.ref_refused' });
  });
});

test('folders without number and without a file end the walk', async () => {
  const hollow = new TreeWalk(async () => [
    { mode: '040000', path: 'x', oid: `${Math.random()}` },
    { mode: '040000', path: 'y', oid: `${Math.random()}` },
  ]);
  await expect(hollow.list('0', [''])).rejects.toMatchObject({ code: 'git.tree_too_large' });
  const wide = new TreeWalk(async (id) => [
    { mode: '040000', path: 'x', oid: id.length > 60 ? 'end' : `${id}x` },
    { mode: '040000', path: 'y', oid: id.length > 60 ? 'end' : `${id}y` },
  ]);
  await expect(wide.list('0', [''])).rejects.toMatchObject({ code: 'git.tree_too_large' });
});
