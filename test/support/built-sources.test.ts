import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { builtSources } from './built-sources.ts';
import { runProcess } from './processes.ts';

/** A small checkout whose start file imports another source, now and later, and reads what lies beside it. */
async function checkout(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-sources-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'src'));
  await mkdir(join(folder, 'node_modules'));
  await writeFile(join(folder, 'tsconfig.json'), '{"compilerOptions":{"verbatimModuleSyntax":true}}');
  await writeFile(join(folder, 'src/word.txt'), 'beside');
  await writeFile(join(folder, 'src/now.ts'), `export const now: string = 'now';\n`);
  await writeFile(join(folder, 'src/later.ts'), `export const later: number = 'of a wrong type';\n`);
  const lines = [
    `import { readFileSync } from 'node:fs';`,
    `import { now } from './now.ts';`,
    `const { later } = await import('./later.ts');`,
    `const beside = readFileSync(new URL('word.txt', import.meta.url), 'utf8');`,
    `process.stdout.write([now, later, beside].join(', '));`,
  ];
  await writeFile(join(folder, 'src/main.ts'), lines.join('\n'));
  return folder;
}

async function said(folder: string): Promise<string> {
  const { stdout, stderr } = await runProcess({ entry: join(folder, 'src/main.js') });
  return stdout + stderr;
}

test('sources run as JavaScript, whatever their types, and read what lies beside the originals', async () => {
  expect(await said(builtSources(await checkout()).folder)).toBe('now, of a wrong type, beside');
});

test('YAML is read by the build of its library that pawl is built with', async () => {
  const folder = await checkout();
  const lines = [`import { parse } from 'yaml';`, `process.stdout.write(String(parse('a: 1').a));`];
  await writeFile(join(folder, 'src/main.ts'), lines.join('\n'));
  const program = await readFile(join(builtSources(folder).folder, 'src/main.js'), 'utf8');
  expect(program).toContain('yaml/browser/index.js');
  expect(await said(builtSources(folder).folder)).toBe('1');
});

test('sources that did not change are built once, and an edited one is never run as it was', async () => {
  const folder = await checkout();
  const first = builtSources(folder).folder;
  const built = await stat(join(first, 'src/now.js'));
  expect(builtSources(folder).folder).toBe(first);
  expect((await stat(join(first, 'src/now.js'))).mtimeMs).toBe(built.mtimeMs);
  await writeFile(join(folder, 'src/now.ts'), `export const now: string = 'new';\n`);
  expect(await said(builtSources(folder).folder)).toBe('new, of a wrong type, beside');
  expect(await said(first)).toBe('now, of a wrong type, beside');
});

test('a tree that another process is removing is not taken over from, and all is built', async () => {
  const folder = await checkout();
  const going = builtSources(folder).folder;
  await rm(join(going, 'src/later.js'));
  await edit(folder, 'then');
  expect(await said(builtSources(folder).folder)).toBe('then, of a wrong type, beside');
  await rm(join(builtSources(folder).folder, 'digests.json'));
  await edit(folder, 'last');
  expect(await said(builtSources(folder).folder)).toBe('last, of a wrong type, beside');
});

test('a tree that nobody used for long is removed by the next build, one in use stays', async () => {
  const folder = await checkout();
  const [unused, used] = [builtSources(folder), (await edit(folder, 'one'), builtSources(folder))];
  const longAgo = new Date(Date.now() - 24 * 60 * 60 * 1_000);
  for (const tree of [unused, used]) await utimes(tree.folder, longAgo, longAgo);
  used.use();
  await edit(folder, 'two');
  const newest = builtSources(folder);
  const names = await readdir(join(folder, 'node_modules/.cache/pawl-tests'));
  expect(names.sort()).toEqual([used.folder, newest.folder].map((path) => basename(path)).sort());
});

test('a source that is no TypeScript is named, and leaves nothing behind', async () => {
  const folder = await checkout();
  await writeFile(join(folder, 'src/now.ts'), 'export const = 1;\n');
  expect(() => builtSources(folder)).toThrow(/src\/now\.ts:1:13/);
  expect(await readdir(join(folder, 'node_modules/.cache/pawl-tests'))).toEqual([]);
});

async function edit(folder: string, word: string): Promise<void> {
  await writeFile(join(folder, 'src/now.ts'), `export const now = '${word}';\n`);
}
