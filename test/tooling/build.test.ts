import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type Exit, runProcess } from '../support/processes.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A small checkout with the real build, the real start file and three sources. */
async function checkout(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-build-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const programs = ['build', 'bundle', 'licences'].map((name) => `tooling/${name}.js`);
  for (const name of [...programs, 'bin/pawl.js', 'package.json', 'tsconfig.json', 'tsconfig.build.json']) {
    await cp(join(root, name), join(folder, name));
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await mkdir(join(folder, 'src/store'), { recursive: true });
  await writeFile(join(folder, 'src/main.ts'), `import { word } from './word.ts';\nprocess.stdout.write(word);\n`);
  await writeFile(join(folder, 'src/word.ts'), `export const word: string = 'built';\n`);
  await writeFile(join(folder, 'src/store/0001_first.sql'), 'select 1;\n');
  return folder;
}

function run(folder: string, entry: string): Promise<Exit & { stdout: string; stderr: string }> {
  return runProcess({ entry: join(folder, entry), cwd: folder });
}

test('a built checkout starts through bin/pawl.js, with its SQL beside the code', async () => {
  const folder = await checkout();
  expect((await run(folder, 'tooling/build.js')).code).toBe(0);
  expect((await run(folder, 'bin/pawl.js')).stdout).toBe('built');
  expect(await readFile(join(folder, 'dist/store/0001_first.sql'), 'utf8')).toBe('select 1;\n');
});

test('what starts together is one file, which finds what lies beside its sources, and says what it holds of others', async () => {
  const folder = await checkout();
  const beside = `import { readFileSync } from 'node:fs';
export const sql: string = readFileSync(new URL('./0001_first.sql', import.meta.url), 'utf8');\n`;
  const main = `import { stringify } from 'yaml';
import { word } from './word.ts';
const { sql } = await import('./store/sql.ts');
process.stdout.write(stringify({ word, sql, parsed: typeof (await import('pg')).default }));\n`;
  await writeFile(join(folder, 'src/store/sql.ts'), beside);
  await writeFile(join(folder, 'src/main.ts'), main);
  expect(await run(folder, 'tooling/build.js')).toMatchObject({ code: 0, stderr: '' });
  expect((await run(folder, 'bin/pawl.js')).stdout).toBe('word: built\nsql: |\n  select 1;\nparsed: object\n');
  const made = await readFile(join(folder, 'dist/bundle/main.js'), 'utf8');
  expect(made).toContain('built');
  expect(made).not.toContain('LOG_TOKENS');
  expect(await readFile(join(folder, 'dist/bundle/LICENSES.txt'), 'utf8')).toMatch(/^yaml 2\.\S+ \(ISC\)$/m);
});

test('a checkout that is not built says what to do', async () => {
  const { code, stderr } = await run(await checkout(), 'bin/pawl.js');
  expect(stderr).toContain('pawl is not built: dist/bundle/main.js is missing. Run "npm ci"');
  expect(code).toBe(1);
});

test('nothing is compiled again when nothing changed, and a removed source leaves dist', async () => {
  const folder = await checkout();
  await run(folder, 'tooling/build.js');
  const before = await stat(join(folder, 'dist/.stamp'));
  await run(folder, 'tooling/build.js');
  expect((await stat(join(folder, 'dist/.stamp'))).mtimeMs).toBe(before.mtimeMs);
  await rm(join(folder, 'src/word.ts'));
  await writeFile(join(folder, 'src/main.ts'), `process.stdout.write('alone');\n`);
  await run(folder, 'tooling/build.js');
  expect((await run(folder, 'bin/pawl.js')).stdout).toBe('alone');
  await expect(stat(join(folder, 'dist/word.js'))).rejects.toThrow(/ENOENT/);
});

test('a build leaves what the one before it made to processes that run, for a day from then', async () => {
  const folder = await checkout();
  const bundle = join(folder, 'dist/bundle');
  const parts = async () => (await readdir(bundle)).filter((name) => /^late-.*\.js$/.test(name));
  const made: string[] = [];
  await writeFile(join(folder, 'src/main.ts'), `await import('./late.ts');\n`);
  for (const word of ['one', 'two', 'three']) {
    await writeFile(join(folder, 'src/late.ts'), `process.stdout.write('${word}');\n`);
    expect((await run(folder, 'tooling/build.js')).code).toBe(0);
    expect((await run(folder, 'bin/pawl.js')).stdout).toBe(word);
    made.push(...(await parts()).filter((name) => !made.includes(name)));
    // As if each build were two days old by the next.
    const past = Date.now() / 1_000 - 2 * 86_400;
    for (const name of ['main.js', ...made]) await utimes(join(bundle, name), past, past).catch(() => undefined);
    if (word === 'two') await utimes(join(bundle, made[0] ?? ''), past - 86_400, past - 86_400);
  }
  expect((await parts()).sort()).toEqual(made.slice(1).sort());
});

test('a source with a type error fails the build, again and again', async () => {
  const folder = await checkout();
  await writeFile(join(folder, 'src/word.ts'), `export const word: string = 1;\n`);
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const { code, stdout } = await run(folder, 'tooling/build.js');
    expect(stdout).toContain("src/word.ts(1,14): error TS2322: Type 'number' is not assignable to type 'string'");
    expect(code).not.toBe(0);
  }
});
