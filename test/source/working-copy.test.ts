import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EnvironmentSettings } from '../../src/manifest/resource.ts';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import { SnapshotCache, snapshot } from '../../src/source/snapshot.ts';
import { isDirty, WorkingCopy } from '../../src/source/working-copy.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { echoCommand } from '../support/wasm.ts';
import { role } from './manifests.ts';

const prod: EnvironmentSettings = { name: 'prod', branch: 'main', paths: ['agents'], apply: 'auto' };

let origin: TestRepository;
let repository: Repository;
let files: WorkingCopy;

beforeEach(async () => {
  origin = await createRepository();
  repository = await openRepository({ path: origin.path });
  files = new WorkingCopy({ root: origin.path });
});

afterEach(async () => {
  await files.close();
  await repository.close();
  await origin.remove();
});

function write(path: string, text: string): Promise<void> {
  return writeFile(join(origin.path, path), text);
}

test('uncommitted files make the snapshot that their commit would make', async () => {
  await origin.commit({ 'agents/a.yaml': role('a') });
  await write('agents/a.yaml', role('a', 'tool:echo:write'));
  await write('agents/b.yaml', role('b'));
  const cache = new SnapshotCache();
  const taken = await snapshot(files, { commit: 'working-copy', environment: prod }, { cache });
  const commit = await origin.commit({});
  expect(taken).toMatchObject({ commit: 'working-copy', tree: 'working-copy' });
  expect(taken.root).toBe((await snapshot(repository, { commit, environment: prod })).root);
  await write('agents/b.yaml', role('c'));
  const next = await snapshot(files, { commit: 'working-copy', environment: prod }, { cache });
  expect([...next.resources.keys()]).toEqual(['AgentRole/default/a', 'AgentRole/default/c']);
});

test('what is wrong with uncommitted files is not said of a commit', async () => {
  await write('README.md', '');
  const { problems } = await snapshot(files, { commit: 'working-copy', environment: prod });
  expect(problems).toMatchObject([
    {
      code: 'source.path_missing',
      message: 'The working copy lacks the path agents of the environment prod; nothing is deleted for that.',
    },
  ]);
});

test('a resource counts as unused only where every manifest could be read', async () => {
  await origin.commit({ 'agents/a.yaml': role('a') });
  const codes = async () => {
    const { problems } = await snapshot(files, { commit: 'working-copy', environment: prod });
    return problems.map(({ code }) => code);
  };
  expect(await codes()).toContain('manifest.unused');
  await write('agents/b.yaml', 'kind: [');
  expect(await codes()).toEqual(['yaml.syntax']);
});

test('ids are those that Git gives', async () => {
  const commit = await origin.commit({ 'agents/a.yaml': role('a'), 'agents/ü/b.md': 'text' });
  const committed = await repository.entries(commit, ['agents']);
  const found = await files.entries('working-copy', ['agents']);
  expect(found.map(({ path, id, size }) => `${path} ${id} ${size}`).sort()).toEqual(
    committed.map(({ path, id, size }) => `${path} ${id} ${size}`).sort(),
  );
});

test('a file rewritten within the same moment and of the same size is read again', async () => {
  await origin.commit({ 'agents/a.yaml': role('a') });
  const time = new Date();
  const ids = new Set<string>();
  for (const name of ['x', 'y', 'z']) {
    await write('agents/a.yaml', role(name));
    await utimes(join(origin.path, 'agents/a.yaml'), time, time);
    for (const { id } of await files.entries('working-copy', ['agents'])) ids.add(id);
  }
  expect(ids.size).toBe(3);
});

test('a file that changes between listing and reading is what was listed, or an error worth another try', async () => {
  await origin.commit({ 'agents/a.yaml': role('a') });
  const ids = (await files.entries('working-copy', ['agents'])).map(({ id }) => id);
  await write('agents/a.yaml', role('b'));
  expect(Buffer.from((await files.read(ids, 10_000)).get(ids[0] ?? '') ?? []).toString()).toBe(role('a'));
  await expect(files.read(ids, 10_000)).rejects.toMatchObject({
    code: 'source.working_copy_changed',
    name: 'RetryableError',
    message: '"agents/a.yaml" changed while it was read.',
  });
});

test('links are not followed, and what Git and pawl keep is not read', async () => {
  await origin.commit({ 'agents/a.yaml': role('a') });
  await symlink('/etc', join(origin.path, 'agents/etc'));
  await symlink('/etc/passwd', join(origin.path, 'agents/passwd.yaml'));
  await symlink('agents', join(origin.path, 'linked'));
  await mkdir(join(origin.path, '.pawl'));
  await write('.pawl/x.yaml', role('x'));
  await mkdir(join(origin.path, 'agents/nested'));
  await write('agents/nested/.git', 'gitdir: /elsewhere');
  const found = await files.entries('working-copy', ['']);
  expect(found.map(({ path, kind }) => `${kind} ${path}`).sort()).toEqual([
    'file agents/a.yaml',
    'submodule agents/nested',
    'symlink agents/etc',
    'symlink agents/passwd.yaml',
    'symlink linked',
  ]);
  expect(await files.entries('working-copy', ['linked/a.yaml', 'agents/etc/passwd'])).toEqual([]);
  const taken = await snapshot(files, { commit: 'working-copy', environment: prod });
  expect(taken.problems.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual([
    'git.symlink',
    'git.submodule',
    'git.symlink',
  ]);
});

test('a missing folder is an error here too', async () => {
  const { problems } = await snapshot(files, { commit: 'working-copy', environment: prod });
  expect(problems).toMatchObject([{ code: 'source.path_missing', severity: 'error', file: 'pawl.yaml' }]);
  await expect(files.resolve('main')).rejects.toMatchObject({ code: 'git.ref_not_found' });
});

test('a path that the system refuses is an error, not a missing file', async () => {
  // Longer than a file system takes; permissions would not stop a test that runs as root.
  const long = 'x'.repeat(300);
  await expect(
    snapshot(files, { commit: 'working-copy', environment: { ...prod, paths: [long] } }),
  ).rejects.toMatchObject({
    code: 'source.file_unreadable',
    message: `"${long}" cannot be read.`,
  });
});

test('dirty is what a snapshot would read differently', async () => {
  const commit = await origin.commit({
    'agents/a.yaml': role('a'),
    'agents/a.md': 'text',
    'large.bin': 'x'.repeat(300_000),
  });
  const dirty = (): Promise<boolean> => isDirty(files, { repository, commit }, ['']);
  expect(await dirty()).toBe(false);
  await write('notes.txt', 'untracked and no manifest');
  expect(await dirty()).toBe(false);
  await write('agents/a.md', 'other');
  expect(await dirty()).toBe(true);
  await write('agents/a.md', 'text');
  expect(await dirty()).toBe(false);
  await write('agents/new.yaml', role('new'));
  expect(await dirty()).toBe(true);
  await rm(join(origin.path, 'agents/new.yaml'));
  await rm(join(origin.path, 'agents/a.yaml'));
  expect(await dirty()).toBe(true);
  await symlink('/etc/passwd', join(origin.path, 'agents/a.yaml'));
  expect(await dirty()).toBe(true);
});

test('a module is read, though it is larger than a manifest may be, as it is from a commit', async () => {
  const module = Buffer.concat([echoCommand(), customSection(600 * 1024)]);
  const spec = '{description: d, inputSchema: {type: object}, type: wasm, wasm: {module: a.wasm, export: _start}}';
  const tool = `apiVersion: pawl/v1\nkind: Tool\nmetadata: {name: a}\nspec: ${spec}\n`;
  await mkdir(join(origin.path, 'agents'), { recursive: true });
  await writeFile(join(origin.path, 'agents/a.wasm'), module);
  await write('agents/a.yaml', tool);
  const taken = await snapshot(files, { commit: 'working-copy', environment: prod });
  expect(taken.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  const kept = await snapshot(repository, { commit: await origin.commit({}), environment: prod });
  const [resource] = taken.resources.values();
  expect(resource?.manifest).toMatchObject({ spec: { wasm: { content: module.toString('base64') } } });
  expect([...kept.resources.values()]).toEqual([...taken.resources.values()]);
});

/** Bytes that say nothing, as names and debug information do. */
function customSection(bytes: number): Buffer {
  const size = [(bytes & 0x7f) | 0x80, ((bytes >> 7) & 0x7f) | 0x80, bytes >> 14];
  return Buffer.concat([Buffer.from([0, ...size]), Buffer.alloc(bytes)]);
}
