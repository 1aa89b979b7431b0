import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readForeignFiles } from '../../src/source/foreign-files.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pawl-foreign-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const limits = { fileBytesMax: 10, totalBytesMax: 15, filesMax: 3 };

async function put(...names: readonly string[]): Promise<void> {
  await mkdir(join(root, '.github'), { recursive: true });
  for (const name of names) await writeFile(join(root, name), 'a: 1\n');
}

test('YAML and JSON are read in the order of their paths, and what tools keep for themselves is not', async () => {
  await put('b.yml', 'a.yaml', 'c.json', 'd.txt', '.github/ci.yaml');
  const { files, problems } = await readForeignFiles({ root, path: '' }, limits);
  expect(files.map(({ path }) => path)).toEqual(['a.yaml', 'b.yml', 'c.json']);
  expect(problems).toEqual([]);
});

test('links and large files are named and not read', async () => {
  await put('a.yaml');
  await writeFile(join(root, 'large.yaml'), 'a: 12345678\n');
  await symlink(join(root, 'a.yaml'), join(root, 'link.yaml'));
  const { files, problems } = await readForeignFiles({ root, path: '' }, limits);
  expect(files.map(({ path }) => path)).toEqual(['a.yaml']);
  expect(problems.map(({ code, file, message }) => `${file} ${code} ${message}`)).toEqual([
    'large.yaml limits.file_bytes The file has 12 bytes; at most 10 are read.',
    'link.yaml import.link It is a link, and no link is followed.',
  ]);
});

test('more than is read at once is refused as a whole', async () => {
  await put('a.yaml', 'b.yaml', 'c.yaml', 'd.yaml');
  await expect(readForeignFiles({ root, path: '' }, limits)).rejects.toMatchObject({
    code: 'import.too_much',
    message: 'There are 4 files of 20 bytes; at most 3 of 15 are read at once.',
  });
});
