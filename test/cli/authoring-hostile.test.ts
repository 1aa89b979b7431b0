import { spawnSync } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { shellWord } from '../../src/cli/files.ts';
import { runProcess } from '../support/processes.ts';
import { say } from './fixture.ts';

const hostile = [
  '\u001b[2J\u001b]0;title\u0007',
  '\n::error::forged',
  '%0A::error::forged',
  '$(touch ran)',
  '`touch ran`',
  '; touch ran; #',
  "' && touch ran '",
  '../../etc/passwd',
  '--output',
  '-',
  '\u202egnp.exe\u200b',
  '__proto__',
  'constructor.prototype',
  '[]'.repeat(200),
  'a.'.repeat(2_000),
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-authoring-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await chmod(folder, 0o755);
  await rm(folder, { recursive: true });
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
const acting = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e]|^::/m;

describe('words that are meant to do something else', () => {
  test.each(hostile)('%j acts on nothing in explain, schema, fmt, validate, completion and init', async (word) => {
    await say(['init', '.'], { cwd: folder });
    for (const words of [
      ['explain', '--', word],
      ['explain', '--', `Agent.${word}`],
      ['schema', '--', word],
      ['fmt', '--check', '--', `./${word}`],
      ['validate', '--', `./${word}`],
      ['completion', '--', word],
      ['init', '--template', word],
    ]) {
      const { exit, stdout, stderr } = await say(words, { cwd: folder });
      expect([0, 64], words.join(' ')).toContain(exit);
      expect(stdout + stderr).not.toMatch(acting);
    }
    expect(await readdir(folder)).not.toContain('ran');
  });

  test.each(hostile)('%j is completed by bash without being run', async (word) => {
    const { stdout: completion } = await say(['completion', 'bash']);
    const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
    for (const words of [
      ['pawl', word],
      ['pawl', 'explain', word],
      ['pawl', word, ''],
      ['pawl', 'validate', '-o', word],
    ]) {
      const asked = `${completion}\nCOMP_WORDS=(${words.map(quote).join(' ')}); COMP_CWORD=${words.length - 1}; _pawl; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { status, stderr } = spawnSync('bash', ['--norc', '-c', asked], { cwd: folder, encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
    }
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a command that is shown to be typed', () => {
  test.each(hostile.filter((word) => word !== ''))('has %j as one word that shows nothing hidden', (word) => {
    const shown = shellWord(word);
    expect(shown).not.toMatch(acting);
    const { stdout } = spawnSync('bash', ['--norc', '-c', `printf '%s' ${shown}`], { cwd: folder, encoding: 'utf8' });
    expect(stdout).toBe(word.startsWith('-') ? `./${word}` : word);
  });
});

describe('init', () => {
  test('writes into a folder of any name, and shows the name without letting it act', async () => {
    for (const name of ['$(touch ran); x', 'a\u001b[2Jb', '::error::x', 'with space', '-x']) {
      const { exit, stdout, stderr } = await say(['init', '--', name], { cwd: folder });
      expect([exit, stdout + stderr]).toEqual([0, expect.not.stringMatching(acting)]);
      expect(await readdir(join(folder, name))).toContain('pawl.yaml');
    }
    expect(await readdir(folder)).not.toContain('ran');
  });

  test('writes behind no link, and replaces none', async () => {
    const outside = join(folder, 'outside');
    const inside = join(folder, 'inside');
    await mkdir(outside);
    await mkdir(inside);
    await symlink(outside, join(inside, 'agents'));
    await symlink(join(outside, 'gone.yaml'), join(inside, 'pawl.yaml'));
    const { exit, stderr } = await say(['init', 'inside'], { cwd: folder });
    expect([exit, stderr]).toEqual([64, expect.stringContaining('agents is a link')]);
    expect(await readdir(outside)).toEqual([]);
    expect((await lstat(join(inside, 'pawl.yaml'))).isSymbolicLink()).toBe(true);
  });

  test('where a file is in the way of the folder, or nothing may be written, says so', async () => {
    await writeFile(join(folder, 'taken'), '');
    expect(await say(['init', 'taken'], { cwd: folder })).toMatchObject({ exit: 64 });
    if (process.getuid?.() === 0) return;
    await chmod(folder, 0o555);
    const { exit, stderr } = await say(['init', 'new'], { cwd: folder });
    expect([exit, stderr]).toEqual([64, expect.stringContaining('EACCES')]);
  });
});

describe('around a command', () => {
  test('a locale that is not UTF-8, a plain terminal and no input change nothing of the data', {
    timeout: 60_000,
  }, async () => {
    await say(['init', '.'], { cwd: folder });
    const plain = { LC_ALL: 'C', LANG: 'C', TERM: 'dumb', CI: 'true' };
    for (const args of [
      ['validate'],
      ['describe', 'agent/greeter'],
      ['explain', 'Agent.spec.tools'],
      ['fmt', '--check', '.'],
    ]) {
      const [here, there] = await Promise.all([
        runProcess({ entry: 'src/main.ts', args, cwd: folder, timeoutMs: 30_000 }),
        runProcess({ entry: 'src/main.ts', args, cwd: folder, env: plain, timeoutMs: 30_000 }),
      ]);
      expect(there).toEqual(here);
      expect(there.stdout).not.toMatch(acting);
    }
  });

  test('standard input that is closed or empty ends fmt at once', async () => {
    const empty = await runProcess({ entry: 'src/main.ts', args: ['fmt', '-'], cwd: folder, timeoutMs: 30_000 });
    expect(empty).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('no line of an authoring command is broken in a terminal of 40 columns', async () => {
    vi.stubEnv('COLUMNS', '40');
    await say(['init', '.'], { cwd: folder });
    await writeFile(
      join(folder, 'agents/broken.yaml'),
      'apiVersion: pawl/v1\nkind: Agent\nmetadata: { name: broken }\nspec: { modelRf: scripted, prompt: p, maxSteps: 3 }\n',
    );
    for (const words of [
      ['validate'],
      ['describe', 'agent/greeter'],
      ['explain', 'Agent.spec.tools'],
      ['explain', 'manifest.unknown_field'],
      ['fmt', '.'],
      ['init', 'other'],
    ]) {
      const { stdout, stderr } = await say(words, { cwd: folder });
      const long = `${stdout}${stderr}`.split('\n').filter((line) => line.length > 40 && !unbreakable.test(line));
      expect([words.join(' '), long]).toEqual([words.join(' '), []]);
    }
  });
});

/** A path, a command to be typed, or a line of a file is not broken: it would be another. */
const unbreakable = /^\s*(?:\S+\s+)?\S+$|^\s*(?:git|cd|pawl|wrote|kept) |^\s*(?:\d+ \||\||-->|= pawl explain)/;
