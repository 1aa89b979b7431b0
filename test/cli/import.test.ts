import { Ajv2020 } from 'ajv/dist/2020.js';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import schema from '../../schemas/output/import.schema.json' with { type: 'json' };
import { foreignEstate } from '../manifest/import/foreign-estate-fixture.ts';
import { say, type Said } from './fixture.ts';

const memory = (name: string, more = '') => `apiVersion: kagent.dev/v1alpha1
kind: Memory
metadata: { name: ${name}, namespace: desk }
spec: { type: redis${more} }
`;
const deployment = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: desk }\nspec: {}\n';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-import-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

function run(...words: readonly string[]): Promise<Said> {
  return say(['import', ...words], { cwd: folder });
}

async function filesIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(join(folder, path), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, path).length + 1))
    .sort();
}

describe('what is written', () => {
  test('is a repository that validates, with what was said as comments', async () => {
    await put({ 'old/memory.yaml': memory('chats', ', config: { host: redis }'), 'old/desk.yaml': deployment });
    const { exit, stdout } = await run('old');
    expect(exit).toBe(0);
    expect(stdout).toContain('2 documents: 1 carried over, 1 not needed, 0 refused.');
    expect(await filesIn('pawl')).toEqual(['.gitignore', 'memories/chats.yaml', 'pawl.yaml']);
    expect(await readFile(join(folder, 'pawl/memories/chats.yaml'), 'utf8')).toMatch(
      /^# From memory.yaml:1, Memory desk\/chats \(kagent.dev\/v1alpha1\)\n# Not needed, `spec.config.host`: /,
    );
    expect(await readFile(join(folder, 'pawl/pawl.yaml'), 'utf8')).toContain('apply: manual');
    expect(await say(['validate'], { cwd: join(folder, 'pawl') })).toMatchObject({ exit: 0 });
    expect(await say(['fmt', '--check'], { cwd: join(folder, 'pawl') })).toMatchObject({ exit: 0 });
    expect((await stat(join(folder, 'pawl'))).mode & 0o077).not.toBe(0);
  });

  test('is nothing with --report', async () => {
    await put({ 'old/memory.yaml': memory('chats') });
    expect(await run('old', '--report')).toMatchObject({ exit: 0 });
    expect(await readdir(folder)).toEqual(['old']);
  });

  test('comes below the namespaces where there are several', async () => {
    await put({ 'old/a.yaml': memory('chats'), 'old/b.yaml': memory('chats').replace('desk', 'lab') });
    await run('old', '--out', 'new');
    expect(await filesIn('new')).toEqual([
      '.gitignore',
      'desk/memories/chats.yaml',
      'lab/memories/chats.yaml',
      'pawl.yaml',
    ]);
  });

  test('joins a repository that has a pawl.yaml, which is left as it is', async () => {
    await put({ 'old/a.yaml': memory('chats'), 'pawl.yaml': 'apiVersion: pawl/v1\n' });
    const { stdout } = await run('old', '--out', 'bots');
    expect(await filesIn('bots')).toEqual(['memories/chats.yaml']);
    expect(stdout).toContain('under paths: bots/memories');
  });

  test('gets a pawl.yaml of its own below a repository that has none, and is told where that belongs', async () => {
    await put({ 'old/a.yaml': memory('chats'), '.git/HEAD': '' });
    const { stdout } = await run('old');
    expect(await filesIn('pawl')).toContain('pawl.yaml');
    expect(stdout).toContain('Move pawl.yaml to');
  });

  test('overwrites no file: it lists what is in the way and writes nothing', async () => {
    await put({ 'old/a.yaml': memory('chats') + '---\n' + memory('more'), 'new/memories/chats.yaml': 'mine\n' });
    const { exit, stderr } = await run('old', '--out', 'new');
    expect(exit).toBe(64);
    expect(stderr).toContain('memories/chats.yaml would be overwritten');
    expect(await filesIn('new')).toEqual(['memories/chats.yaml']);
    expect(await readFile(join(folder, 'new/memories/chats.yaml'), 'utf8')).toBe('mine\n');
  });

  test('may be there already: who runs the command again is not in their own way', async () => {
    await put({ 'old/a.yaml': memory('chats') });
    await run('old');
    await rm(join(folder, 'pawl/pawl.yaml'));
    expect(await run('old')).toMatchObject({ exit: 0 });
    expect(await filesIn('pawl')).toEqual(['.gitignore', 'memories/chats.yaml', 'pawl.yaml']);
  });

  test('goes behind no link', async () => {
    await put({ 'old/a.yaml': memory('chats'), 'elsewhere/x': '' });
    await mkdir(join(folder, 'new'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'new/memories'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'linked'));
    for (const out of ['new', 'linked']) expect(await run('old', '--out', out)).toMatchObject({ exit: 64 });
    expect(await filesIn('elsewhere')).toEqual(['x']);
  });
});

describe('what is read', () => {
  test('is standard input by a hyphen', async () => {
    const stdin = Readable.from([Buffer.from(memory('chats'))]);
    expect(await say(['import', '-'], { cwd: folder, stdin })).toMatchObject({ exit: 0 });
    expect(await filesIn('pawl')).toContain('memories/chats.yaml');
  });

  test('is no link, and a link is said', async () => {
    await put({ 'old/a.yaml': memory('chats'), 'secret.yaml': memory('hidden') });
    await symlink(join(folder, 'secret.yaml'), join(folder, 'old/b.yaml'));
    const { exit, stdout } = await run('old', '--report', '-o', 'json');
    expect(exit).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ mapped: 1, refused: 1, byCode: { 'import.link': 1 } });
  });

  test.runIf(process.getuid?.() !== 0)('says which file cannot be read', async () => {
    await put({ 'old/a.yaml': memory('chats') });
    await chmod(join(folder, 'old/a.yaml'), 0);
    expect(await run('old')).toMatchObject({ exit: 1, stderr: expect.stringContaining('a.yaml') });
  });

  test('must be there', async () => {
    expect(await run('gone')).toMatchObject({ exit: 64, stderr: expect.stringContaining('nothing at gone') });
    expect(await run()).toMatchObject({ exit: 64 });
  });
});

describe('what is said', () => {
  test('is JSON as its schema has it, and the counts add up', async () => {
    await put({ 'old/a.yaml': memory('chats'), 'old/b.yaml': memory('odd', ', x: 1'), 'old/c.yaml': deployment });
    const { exit, stdout } = await run('old', '--report', '-o', 'json');
    const report: unknown = JSON.parse(stdout);
    const ajv = new Ajv2020({ strict: true });
    expect(ajv.validate(schema, report) ? [] : ajv.errors).toEqual([]);
    expect(exit).toBe(3);
    expect(report).toMatchObject({
      documents: 3,
      mapped: 1,
      ignored: 1,
      refused: 1,
      byKind: { Memory: 2, Deployment: 1 },
    });
    expect(report).toMatchObject({
      refusals: [{ file: 'b.yaml', line: 4, code: 'import.schema', message: expect.stringContaining('`spec.x`') }],
      written: ['memories/chats.yaml', 'pawl.yaml', '.gitignore'],
    });
  });

  test.each(['40', '80'])('fits %s columns', async (columns) => {
    vi.stubEnv('COLUMNS', columns);
    await put({ 'old/a.yaml': memory('chats', ', config: { host: redis }'), 'old/c.yaml': deployment });
    const { stdout } = await run('old');
    // Commands and paths stay whole, for they are copied.
    const long = stdout.split('\n').filter((line) => line.length > Number(columns) && !/git init|\.yaml/.test(line));
    expect(long).toEqual([]);
  });

  test('what is risky in it is listed: a tool that an agent may call, and the host that it reaches', async () => {
    const orloj = foreignEstate.filter((text) => text.includes('orloj.dev') && !text.includes('AgentPolicy'));
    await put({ 'old/all.yaml': orloj.join('---\n') });
    const { stdout } = await run('old', '--report', '-o', 'json');
    const { risks } = JSON.parse(stdout) as { risks: readonly { title: string; class: string; details: string[] }[] };
    const said = risks.map(({ class: kind, title, details }) => `${kind} ${title} ${details.join(' ')}`);
    expect(said).toContainEqual(expect.stringMatching(/^R1 .*sorter.*archive/));
    expect(said).toContainEqual(expect.stringMatching(/^R5 .*archive\.example\.org/));
    expect(said.filter((one) => /call model/.test(one))).toEqual([]);
  });

  test('an empty folder is said to be one', async () => {
    await mkdir(join(folder, 'old'));
    expect(await run('old')).toMatchObject({ exit: 0, stdout: 'There is no YAML or JSON document here.\n' });
  });
});
