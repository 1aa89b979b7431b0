import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { say } from './fixture.ts';

const ugly = 'kind:   Agent\napiVersion: pawl/v1\n';
const fine = 'apiVersion: pawl/v1\nkind: Agent\n';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-fmt-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

function read(path: string): Promise<string> {
  return readFile(join(folder, path), 'utf8');
}

function fmt(...words: readonly string[]): ReturnType<typeof say> {
  return say(['fmt', ...words], { cwd: folder });
}

test('formats the manifests of a folder, lists those that it changed, and leaves other YAML alone', async () => {
  const foreign = 'kind:   Service\n';
  await write({
    'a/ugly.yaml': ugly,
    'a/fine.yml': fine,
    'a/foreign.yaml': foreign,
    'pawl.yaml': 'environments:   []\napiVersion: pawl/v1\n',
  });
  await write({ '.github/x.yaml': ugly, 'node_modules/x/x.yaml': ugly, 'a/notes.md': ugly });
  expect(await fmt()).toEqual({
    exit: 0,
    stdout: 'a/ugly.yaml\npawl.yaml\n',
    stderr: '2 files formatted, 1 as they should be.\n',
  });
  expect(
    await Promise.all(
      ['a/ugly.yaml', 'a/foreign.yaml', 'pawl.yaml', '.github/x.yaml', 'node_modules/x/x.yaml', 'a/notes.md'].map(read),
    ),
  ).toEqual([fine, foreign, 'apiVersion: pawl/v1\nenvironments: []\n', ugly, ugly, ugly]);
  expect(await fmt()).toMatchObject({ exit: 0, stdout: '' });
  expect((await readdir(join(folder, 'a'))).sort()).toEqual(['fine.yml', 'foreign.yaml', 'notes.md', 'ugly.yaml']);
});

test('--check writes nothing and exits 3 where something is not formatted', async () => {
  await write({ 'ugly.yaml': ugly, 'fine.yaml': fine });
  expect(await fmt('--check')).toMatchObject({ exit: 3, stdout: 'ugly.yaml\n' });
  expect(await read('ugly.yaml')).toBe(ugly);
  expect(await fmt('--check', 'fine.yaml')).toMatchObject({ exit: 0, stdout: '' });
});

test('--diff shows what would change, without secrets and without writing', async () => {
  const token = `ghp_${'Canary7f3a'.repeat(4)}`;
  await write({ 'ugly.yaml': `${ugly}spec: { a: "${token}" }\n` });
  const said = await fmt('--diff');
  expect(said).toMatchObject({ exit: 0, stdout: expect.stringContaining('-kind:   Agent') });
  expect(said.stdout).toContain('+kind: Agent');
  expect(said.stdout).not.toContain('7f3a');
  expect(await read('ugly.yaml')).toContain(ugly);
  expect(await fmt('--diff', '--check')).toMatchObject({ exit: 3 });
});

test('a file that does not parse is refused, and the others are formatted', async () => {
  await write({
    'broken.yaml': 'apiVersion: pawl/v1\nkind: [\n',
    'ugly.yaml': ugly,
    'big.yaml': `${ugly}# ${'x'.repeat(300_000)}`,
  });
  const said = await fmt();
  expect(said).toMatchObject({ exit: 3, stdout: 'ugly.yaml\n' });
  expect(said.stderr).toMatch(/error limits\.file_bytes[\s\S]*error yaml\.syntax[\s\S]*broken\.yaml:/);
  expect(said.stderr).toContain('1 file formatted, 0 as they should be, 2 refused.');
  expect(await read('broken.yaml')).toBe('apiVersion: pawl/v1\nkind: [\n');
});

describe('a link', () => {
  test('is neither followed nor replaced', async () => {
    await write({ 'outside/ugly.yaml': ugly, 'in/own.yaml': fine });
    await symlink('../outside/ugly.yaml', join(folder, 'in/link.yaml'));
    await symlink('../outside', join(folder, 'in/folder'));
    expect(await fmt('in')).toMatchObject({ exit: 0, stdout: '' });
    for (const path of ['in/link.yaml', 'in/folder', 'in/folder/ugly.yaml']) {
      const said = await fmt(path);
      expect([said.exit, said.stderr]).toEqual([3, expect.stringContaining('error git.symlink')]);
    }
    expect(await read('outside/ugly.yaml')).toBe(ugly);
    expect((await lstat(join(folder, 'in/link.yaml'))).isSymbolicLink()).toBe(true);
  });
});

test('the mode of a file stays', async () => {
  await write({ 'ugly.yaml': ugly });
  await chmod(join(folder, 'ugly.yaml'), 0o640);
  await fmt();
  expect((await lstat(join(folder, 'ugly.yaml'))).mode & 0o777).toBe(0o640);
});

test('a path that is not there exits 64', async () => {
  expect(await fmt('gone')).toMatchObject({ exit: 64, stdout: '' });
});

test('a hostile name commands neither a log nor a terminal', async () => {
  await write({ '\u001b[2J\n::error::x.yaml': ugly, '-n.yaml': ugly });
  const said = await fmt();
  expect(said.exit).toBe(3);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
  expect(said.stdout + said.stderr).not.toMatch(/\u001b|^::/m);
});

describe('standard input', () => {
  async function pipe(text: string, ...words: readonly string[]): ReturnType<typeof say> {
    return say(['fmt', '-', ...words], { cwd: folder, stdin: Readable.from([Buffer.from(text)]) });
  }

  test('is formatted to standard output', async () => {
    expect(await pipe(ugly)).toEqual({ exit: 0, stdout: fine, stderr: '' });
    expect(await pipe('kind:   Service\n')).toMatchObject({ exit: 0, stdout: 'kind:   Service\n' });
    expect(await pipe('a: [\n')).toMatchObject({ exit: 3, stdout: '', stderr: expect.stringContaining('yaml.syntax') });
    expect(await pipe(ugly, '--check')).toEqual({ exit: 3, stdout: '', stderr: '' });
    expect(await pipe(ugly, 'other.yaml')).toMatchObject({ exit: 64 });
  });
});
