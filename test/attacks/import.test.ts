import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reportOf } from '../../src/manifest/import/report.ts';
import { writeImport } from '../../src/cli/import-write.ts';
import { say } from '../cli/fixture.ts';
import { importTexts } from '../support/import.ts';
import { foreignEstate } from '../manifest/import/foreign-estate-fixture.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-import-attack-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const memory = (name: string, more = '') =>
  `apiVersion: kagent.dev/v1alpha1\nkind: Memory\nmetadata: { name: ${JSON.stringify(name)}, namespace: desk }\nspec: { type: redis${more} }\n`;

async function importFolder(files: Readonly<Record<string, string>>, ...words: readonly string[]) {
  await mkdir(join(folder, 'old'), { recursive: true });
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, 'old', path), text);
  return say(['import', 'old', ...words], { cwd: folder });
}

/** Every byte that was written below the folder, but for what was put there. */
async function everything(path: string): Promise<string> {
  const texts: string[] = [];
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    texts.push(entry.name, entry.isFile() ? await readFile(file, 'utf8') : '');
  }
  return texts.join('\n');
}

describe('names that are meant to do something else', () => {
  const names = [
    '../../x',
    '/etc/passwd',
    '..',
    '.',
    '-rf',
    'a\u001b[2Jb',
    'a\nb: c',
    'CON',
    '\u202egnp',
    '::error::x',
    'constructor',
    'toString',
    '😀',
    'a'.repeat(5000),
  ];

  test('become DNS labels, each in its own file below the folder', async () => {
    const { exit, stdout } = await importFolder({ 'all.yaml': names.map((name) => memory(name)).join('---\n') });
    expect([0, 1]).toContain(exit);
    const files = await readdir(join(folder, 'pawl/memories'));
    expect(files).toHaveLength(names.length);
    for (const file of files) expect(file).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.yaml$/);
    expect((await readdir(folder)).sort()).toEqual(['old', 'pawl']);
    expect(stdout + (await everything(join(folder, 'pawl')))).not.toMatch(/[\u001b\u202e]/);
    expect(await say(['validate'], { cwd: join(folder, 'pawl') })).toMatchObject({ exit: 0 });
  });

  test('of prototypes are keys like any other, or refused with their file', () => {
    const { resources, strays } = importTexts({
      'a.yaml': memory('a').replace('namespace: desk', 'labels: { __proto__: x }'),
      'b.yaml': memory('b').replace('namespace: desk', 'labels: { hasOwnProperty: x }'),
    });
    expect(resources.map(({ name }) => name)).toEqual(['b']);
    expect(strays.map(({ fate, place }) => `${fate} ${place.file}`)).toEqual(['refused a.yaml']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('size', () => {
  test('two thousand documents are imported, each counted once', () => {
    const files = Object.fromEntries(
      Array.from({ length: 20 }, (_, file) => [
        `${file}.yaml`,
        Array.from({ length: 100 }, (_, index) => memory(`m-${file}-${index}`)).join('---\n'),
      ]),
    );
    const report = reportOf(importTexts(files));
    expect(report).toMatchObject({ documents: 2_000, mapped: 2_000, refused: 0 });
  }, 120_000);

  test('a prompt of 256 KiB, deep nesting and many aliases are refused, and nothing else is', () => {
    const prompt = 'word '.repeat(52_000);
    const agent = (foreignEstate[3] ?? '').replace('Answer the letters.', prompt);
    const { strays, resources, said } = importTexts({
      'long.yaml': `${agent}---\n${foreignEstate[0]}`,
      'deep.yaml': `a: ${'['.repeat(100_000)}`,
      'bomb.yaml': `a: &a [x, x]\nb: &b [*a, *a]\n${Array.from({ length: 30 }, (_, n) => `c${n}: [${'*b, '.repeat(20)}]`).join('\n')}\n`,
      'sound.yaml': memory('chats'),
    });
    expect(strays.map(({ fate, place }) => `${fate} ${place.file}`)).toEqual([
      'refused deep.yaml',
      'refused bomb.yaml',
    ]);
    expect(said).toContainEqual(expect.stringMatching(/^refused import.invalid long.yaml:3 /));
    expect(said.join().length).toBeLessThan(10_000);
    expect(resources.map(({ name }) => name)).toContain('chats');
  });

  test('a thousand that hang on one missing document are refused in one go', () => {
    const agents = Array.from({ length: 1000 }, (_, index) =>
      (foreignEstate[3] ?? '').replace('answerer', `a-${index}`),
    );
    const { resources, said } = importTexts(agents.join('---\n'));
    expect(resources).toEqual([]);
    expect(said.filter((one) => one.includes('import.depends'))).toHaveLength(1000);
  });
});

describe('secrets', () => {
  const canary = 'sk-proj-4f9Qz7Lk2Xw8Vb6Nc1Rt5Yp3Hd0Js';

  /** The text with the canary in the place of its `index`-th value, and in a comment. */
  function planted(text: string, index: number): string {
    const lines = text.split('\n');
    const places = lines.flatMap((line, at) => {
      const put = line.replace(/([:,[{] )"?([A-Za-z0-9./:-]+)"?(?=[\s,}\]]*$|[,}\]])/, `$1${canary}`);
      return put === line ? [] : [lines.with(at, put).join('\n')];
    });
    return places[index] ?? `# ${canary}\n${text}`;
  }

  test('in every place of every kind are in no output and in no file', async () => {
    for (let index = 0; index < 16; index += 1) {
      const out = `out-${index}`;
      const words = ['--out', out, ...(index % 2 === 0 ? ['-o', 'json'] : [])];
      const all = foreignEstate.map((text) => planted(text, index));
      expect(all.some((text) => text.includes(canary))).toBe(true);
      const said = await importFolder({ 'all.yaml': all.join('---\n') }, ...words);
      const written = await everything(join(folder, out)).catch(() => '');
      expect([said.stdout, said.stderr, written].join('\n')).not.toContain(canary);
    }
  });
});

test('values of Secrets of every system are in no output and in no file, whatever they look like', async () => {
  const files = foreignEstate.map((text) => text.replace('placeholder', 'plainhorse'));
  expect(files.filter((text) => text.includes('plainhorse'))).toHaveLength(2);
  const { stdout, stderr } = await importFolder({ 'all.yaml': files.join('---\n') });
  expect([stdout, stderr, await everything(join(folder, 'pawl'))].join('\n')).not.toContain('plainhorse');
});

describe('a target that changes', () => {
  const files = [{ path: 'agents/a.yaml', text: 'a\n' }];

  test('between two imports at once keeps one of them whole', async () => {
    const site = { out: join(folder, 'new'), root: undefined, repositoryAbove: undefined };
    const both = await Promise.allSettled([writeImport(site, files), writeImport(site, files)]);
    expect(both.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await readdir(folder)).toEqual(['new']);
    expect(await readFile(join(folder, 'new/agents/a.yaml'), 'utf8')).toBe('a\n');
  });

  test('into links is not followed', async () => {
    await mkdir(join(folder, 'new'));
    await mkdir(join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'new/agents'));
    const site = { out: join(folder, 'new'), root: undefined, repositoryAbove: undefined };
    await expect(writeImport(site, files)).rejects.toMatchObject({ code: 'cli.file' });
    expect(await readdir(join(folder, 'elsewhere'))).toEqual([]);
    expect(await readdir(join(folder, 'new'))).toEqual(['agents']);
  });

  test('by a path that leads out is refused before anything is written', async () => {
    const site = { out: join(folder, 'new'), root: undefined, repositoryAbove: undefined };
    await expect(writeImport(site, [{ path: '../x.yaml', text: '' }])).rejects.toThrow();
    expect(await readdir(folder)).toEqual([]);
  });
});
