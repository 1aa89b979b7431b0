import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sourceCodes } from '../../src/source/codes.ts';
import { CatFile } from '../../src/source/cat-file.ts';
import { runGit } from '../../src/source/git-process.ts';
import { openRepository } from '../../src/source/repository.ts';
import { TreeWalk } from '../../src/source/tree-walk.ts';
import { gitEnvironment } from '../support/git.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-faults-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function git(...args: string[]): Promise<unknown> {
  return promisify(execFile)('git', args, { cwd: folder, env: gitEnvironment() });
}

test.each(['git-cli', 'isomorphic'] as const)('%s refuses a repository of another object format', async (reader) => {
  await git('init', '--quiet', '--object-format=sha256', '--initial-branch=main');
  await git('commit', '--quiet', '--allow-empty', '--message', 'x');
  const repository = await openRepository({ path: folder, reader });
  await expect(repository.resolve('main')).rejects.toMatchObject({
    code: 'git.object_format',
    message: `${folder} uses an object format other than SHA-1.`,
  });
  await repository.close();
});

test('without the program git the other reader is taken', async () => {
  await git('init', '--quiet', '--initial-branch=main');
  const repository = await openRepository({ path: folder, surroundings: { path: '/nonexistent' } });
  expect(repository.kind).toBe('isomorphic');
  await repository.close();
});

test('a git that cannot be started is an error that says so', async () => {
  await git('init', '--quiet', '--initial-branch=main');
  const repository = await openRepository({ path: folder, reader: 'git-cli', surroundings: { path: '/nonexistent' } });
  const expected = { code: 'git.failed', message: 'The program git could not be started.' };
  await expect(repository.resolve('main')).rejects.toMatchObject(expected);
  await expect(repository.entries('0'.repeat(40), [''])).rejects.toMatchObject(expected);
  await repository.close();
});

test('output above its limit ends the command', async () => {
  const command = { gitDirectory: join(folder, '.git'), surroundings: {} };
  await expect(runGit(command, ['help', '--all'], { timeoutMs: 10_000, outputBytesMax: 100 })).rejects.toMatchObject({
    code: 'git.tree_too_large',
    message: 'git help gave more output than is read.',
  });
});

test('a command that does not end is stopped at its deadline', async () => {
  await git('init', '--quiet', '--initial-branch=main');
  const command = { gitDirectory: join(folder, '.git'), surroundings: {} };
  const never = new CatFile({ ...command, surroundings: { path: await hangingGit() } }, '--batch', 100);
  await expect(never.ask(['HEAD'], 10)).rejects.toMatchObject({ code: 'git.timeout', name: 'RetryableError' });
  await never.close();
  const slow = { ...command, surroundings: { path: join(folder, 'bin') } };
  await expect(runGit(slow, ['log'], { timeoutMs: 100, outputBytesMax: 100 })).rejects.toMatchObject({
    code: 'git.timeout',
    message: 'git log did not end within 100 ms and was stopped.',
  });
});

test('an answer that waits unread while this process is busy past the time is an answer', async () => {
  await git('init', '--quiet', '--initial-branch=main');
  const cat = new CatFile({ gitDirectory: join(folder, '.git'), surroundings: {} }, '--batch', 300);
  const none = '0'.repeat(40);
  await cat.ask([none], 10);
  const asked = cat.ask([none], 10);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
  await expect(asked).resolves.toHaveLength(1);
  await cat.close();
});

test('a tree that is nested without end is refused', async () => {
  const walk = new TreeWalk(async (id) => [{ mode: '040000', path: 'x', oid: `${Number(id) + 1}` }]);
  await expect(walk.list('0', [''])).rejects.toMatchObject({ code: 'git.tree_too_large' });
});

test('every code tells a title, a cause and a cure', () => {
  for (const [code, { title, cause, cure }] of Object.entries(sourceCodes)) {
    expect(code).toMatch(/^(git|source)\.[a-z_]+$/);
    for (const text of [title, cause, cure]) expect(text.length, code).toBeGreaterThan(8);
  }
});

/** A folder whose `git` never answers. */
async function hangingGit(): Promise<string> {
  const bin = join(folder, 'bin');
  await promisify(execFile)('sh', [
    '-c',
    `mkdir "$0" && printf '#!/bin/sh\\nexec /bin/sleep 30\\n' > "$0/git" && chmod +x "$0/git"`,
    bin,
  ]);
  return bin;
}
