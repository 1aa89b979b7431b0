import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CgroupHome, createCgroup, findCgroupHome } from '../../../src/tools/isolation/cgroup.ts';

// A kernel's tree in ordinary files: what is written where. That the kernel heeds it is tried where there is one, by the
// self-test and the tests of the sandbox.

let root = '';
let own = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pawl-cgroup-'));
  own = join(root, 'own');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function group(path: string, files: Readonly<Record<string, string>>): string {
  const folder = join(root, path);
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

const read = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');

describe('where groups can be made', () => {
  test('of version 2: where systemd delegates, with the controllers that it gave', async () => {
    writeFileSync(own, '0::/system.slice/pawl.service/worker\n');
    const folder = group('system.slice/pawl.service/worker', {
      'cgroup.procs': '',
      'cgroup.subtree_control': 'cpu memory pids\n',
    });
    expect(await findCgroupHome(root, own)).toEqual({ version: 2, folder });
  });

  test('of version 2: nowhere where the group gives nothing to those below it', async () => {
    writeFileSync(own, '0::/user.slice\n');
    const folder = group('user.slice', { 'cgroup.procs': '1\n', 'cgroup.subtree_control': '' });
    // A kernel would refuse it in a group that holds processes; here it is taken, and stands as it was asked for.
    expect(await findCgroupHome(root, own)).toBeUndefined();
    expect(read(folder, 'cgroup.subtree_control')).toBe('+memory +pids');
    writeFileSync(own, '0::/elsewhere\n');
    expect(await findCgroupHome(root, own)).toBeUndefined();
  });

  test('of version 2: the main process of a unit leaves the group to those below it, and nobody else is moved', async () => {
    writeFileSync(own, '0::/pawl.service\n');
    const folder = group('pawl.service', { 'cgroup.procs': `${process.pid}\n1\n`, 'cgroup.subtree_control': '' });
    expect(await findCgroupHome(root, own)).toBeUndefined();
    expect(existsSync(join(folder, 'pawl-worker'))).toBe(false);
    writeFileSync(join(folder, 'cgroup.procs'), `${process.pid}\n`);
    await findCgroupHome(root, own);
    expect(read(folder, 'pawl-worker/cgroup.procs')).toBe(String(process.pid));
    // What the kernel then says of it, and of where the process is.
    writeFileSync(join(folder, 'cgroup.procs'), '');
    writeFileSync(join(folder, 'cgroup.subtree_control'), 'memory pids\n');
    writeFileSync(own, '0::/pawl.service/pawl-worker\n');
    expect(await findCgroupHome(root, own)).toEqual({ version: 2, folder: join(folder, '/') });
  });

  test('of version 2 in a container: at the mount itself, where the path is another’s', async () => {
    writeFileSync(own, '0::/docker/0123\n');
    group('.', { 'cgroup.procs': '', 'cgroup.subtree_control': 'memory pids' });
    expect(await findCgroupHome(root, own)).toEqual({ version: 2, folder: root });
  });

  test('of version 1: where both controllers let it, before version 2', async () => {
    writeFileSync(own, '5:pids:/a\n4:cpu,memory:/b\n0::/\n');
    const pids = group('pids/a', { 'cgroup.procs': '' });
    const memory = group('memory/b', { 'cgroup.procs': '' });
    group('.', { 'cgroup.procs': '', 'cgroup.subtree_control': 'memory pids' });
    expect(await findCgroupHome(root, own)).toEqual({ version: 1, memory, pids });
    rmSync(pids, { recursive: true });
    expect(await findCgroupHome(root, own)).toEqual({ version: 2, folder: join(root, '/') });
  });
});

describe('a group of version 2', () => {
  const limits = { memory: 1_048_576, pids: 7 };
  const made = async () => {
    const home: CgroupHome = { version: 2, folder: root };
    const cgroup = await createCgroup(home, limits);
    const [name = ''] = readdirSync(root).filter((entry) => entry.startsWith('pawl-'));
    return { cgroup, folder: join(root, name) };
  };

  test('limits the memory of all its processes with swap, and their number, and is joined by one file', async () => {
    const { cgroup, folder } = await made();
    expect(cgroup.joinFiles).toEqual([join(folder, 'cgroup.procs')]);
    expect(['pids.max', 'memory.max', 'memory.swap.max'].map((name) => read(folder, name))).toEqual([
      '7',
      '1048576',
      '0',
    ]);
  });

  test('says whether the kernel ended a process for its memory', async () => {
    const { cgroup, folder } = await made();
    expect(await cgroup.wasOutOfMemory()).toBe(false);
    writeFileSync(join(folder, 'memory.events'), 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 0\noom_group_kill 0\n');
    expect(await cgroup.wasOutOfMemory()).toBe(false);
    writeFileSync(join(folder, 'memory.events'), 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n');
    expect(await cgroup.wasOutOfMemory()).toBe(true);
  });

  test('is ended in one step where the kernel knows how, and taken away once it is empty', async () => {
    const { cgroup, folder } = await made();
    writeFileSync(join(folder, 'cgroup.kill'), '');
    writeFileSync(join(folder, 'cgroup.procs'), '');
    await cgroup.kill();
    expect(read(folder, 'cgroup.kill')).toBe('1');
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    await cgroup.remove();
    expect(existsSync(folder)).toBe(false);
  });

  test('that cannot be limited is none, and leaves nothing behind', async () => {
    const missing: CgroupHome = { version: 2, folder: join(root, 'gone') };
    await expect(createCgroup(missing, limits)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(readdirSync(root)).toEqual([]);
  });
});
