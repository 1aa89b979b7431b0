import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scaffold, templates } from '../../src/cli/scaffold.ts';
import { say } from './fixture.ts';

describe('a command line that cannot be understood', () => {
  test('an unknown command exits 64 and names the one that was meant', async () => {
    const said = await say(['aply']);
    expect(said.exit).toBe(64);
    expect(said.stdout).toBe('');
    expect(said.stderr).toContain("unknown command 'aply'");
    expect(said.stderr).toContain('Did you mean apply?');
  });

  test.each([
    [['plan', '--no-such-flag']],
    [['trace']],
    [['history', '--limit', 'many']],
    [['get', 'agents', '-o', 'xml']],
    [['resolve', 'run', 'path', '--as', 'maybe']],
  ])('%j exits 64', async (words) => {
    const said = await say(words);
    expect(said.exit).toBe(64);
    expect(said.stderr).toContain('error cli.usage');
  });

  test('with -o json the error is one JSON object on stderr, and stdout stays empty', async () => {
    for (const words of [
      ['status', '--nope', '-o', 'json'],
      ['status', '--nope', '-ojson'],
      ['status', '--nope', '--output=json'],
    ]) {
      const said = await say(words);
      expect(said.stdout).toBe('');
      expect(JSON.parse(said.stderr)).toMatchObject({ format_version: '1.0', error: { code: 'cli.usage', exit: 64 } });
    }
  });
});

describe('commands that need nothing', () => {
  test('version is data', async () => {
    const said = await say(['version', '-o', 'json']);
    expect(said).toMatchObject({ exit: 0, stderr: '' });
    expect(JSON.parse(said.stdout)).toMatchObject({ format_version: '1.0', node: process.versions.node });
  });

  test('help is data and exits 0', async () => {
    const said = await say(['--help']);
    expect(said.exit).toBe(0);
    for (const command of [
      'init',
      'validate',
      'plan',
      'apply',
      'drift',
      'status',
      'history',
      'run',
      'trace',
      'get',
      'up',
      'demo',
    ]) {
      expect(said.stdout).toContain(command);
    }
  });

  test('explain says cause and cure of a code', async () => {
    const said = await say(['explain', 'plan.stale']);
    expect(said.exit).toBe(0);
    expect(said.stdout).toMatch(/plan\.stale[\s\S]*Cause: [\s\S]*Cure: /);
  });

  test('explain of an unknown code exits 64 and names the nearest', async () => {
    const said = await say(['explain', 'plan.stael']);
    expect(said.exit).toBe(64);
    expect(said.stderr).toContain('plan.stale');
  });
});

describe('init', () => {
  test('writes a repository, says the next commands on stderr, and never overwrites', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-init-'));
    try {
      await writeFile(join(folder, 'pawl.yaml'), 'mine\n');
      const said = await say(['init'], { cwd: folder });
      expect(said.exit).toBe(0);
      expect(said.stdout).toContain('kept   pawl.yaml');
      expect(said.stdout).toContain('wrote  systems/hello.yaml');
      expect(said.stderr).toContain('pawl run hello');
      expect(await readFile(join(folder, 'pawl.yaml'), 'utf8')).toBe('mine\n');
      for (const [path, content] of Object.entries(scaffold(templates.minimal, ''))) {
        if (path !== 'pawl.yaml') expect(await readFile(join(folder, path), 'utf8')).toBe(content);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('init says what works when it is typed', () => {
  test.each([
    {
      name: 'an empty folder',
      made: [],
      directory: 'new',
      next: ['cd new', 'git init -b main && git add -A && git commit', 'pawl apply --ack bootstrap', 'pawl run hello'],
    },
    { name: 'a folder with a space', made: [], directory: 'my agents', next: ["cd 'my agents'"] },
    {
      name: 'a folder with other files',
      made: ['mine.txt'],
      directory: '.',
      next: ['git init -b main && git add pawl.yaml .gitignore agents ', 'pawl apply --ack bootstrap'],
    },
    { name: 'a repository', made: ['.git/HEAD'], directory: '.', next: ['git add pawl.yaml .gitignore agents '] },
  ])('in $name', async ({ made, directory, next }) => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-init-'));
    try {
      for (const path of made) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), '');
      }
      const { stderr } = await say(['init', directory], { cwd: folder });
      const lines = stderr
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
      for (const [index, start] of next.entries()) expect(lines[index]?.slice(0, start.length)).toBe(start);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a file in the way is said as such', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-init-'));
    try {
      await writeFile(join(folder, 'agents'), '');
      const said = await say(['init'], { cwd: folder });
      expect([said.exit, said.stderr]).toEqual([64, expect.stringContaining('error cli.file: Cannot write')]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('flags of every command', () => {
  test('stand before or after its name', async () => {
    for (const words of [
      ['--color', 'never', '-q', 'version'],
      ['version', '-q', '--color', 'never'],
    ]) {
      expect((await say(words)).exit).toBe(0);
    }
    expect((await say(['version', '--color', 'pink'])).exit).toBe(64);
  });
});

test.each(['validate', 'plan'])('%s of a path that is not there exits 64', async (command) => {
  const said = await say([command, 'no/such/folder']);
  expect([said.exit, said.stderr]).toEqual([64, expect.stringContaining('There is nothing at no/such/folder.')]);
});

test('plan of a file exits 64: its repository is planned, and not one file of it', async () => {
  const said = await say(['plan', 'package.json']);
  expect([said.exit, said.stderr]).toEqual([64, expect.stringContaining('package.json is no folder.')]);
});

describe('an interrupted command', () => {
  test('exits 130', async () => {
    const said = await say(['status'], { signal: AbortSignal.abort() });
    expect(said.exit).toBe(130);
  });
});
