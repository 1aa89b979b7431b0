import { watch } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startProcess } from '../support/processes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-import-killed-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const documents = 400;
const old = Array.from(
  { length: documents },
  (_, index) =>
    `apiVersion: orloj.dev/v1\nkind: Memory\nmetadata: { name: notes-${index} }\nspec: { type: vector, provider: in-memory }\n`,
).join('---\n');

const importing = () => startProcess({ entry: 'src/main.ts', args: ['import', 'old', '--out', 'new'], cwd: folder });

test('an import that is killed while it writes leaves all or nothing, and nothing in the way of the next one', async () => {
  await mkdir(join(folder, 'old'));
  await writeFile(join(folder, 'old/all.yaml'), old);
  const killed = importing();
  // What is half written has a name of its own beside the folder.
  const watcher = watch(folder, (_event, name) => {
    if (name?.startsWith('.new-import-') === true) killed.signal('SIGKILL');
  });
  const exit = await killed.exited();
  watcher.close();
  expect(exit).toEqual({ code: null, signal: 'SIGKILL' });
  const left = (await readdir(folder)).filter((name) => name !== 'old' && !name.startsWith('.new-import-'));
  expect(left).toEqual([]);

  const again = importing();
  expect([await again.exited(), again.stderr]).toEqual([{ code: 0, signal: null }, '']);
  const written = await readdir(join(folder, 'new'), { recursive: true });
  expect(written.filter((name) => name.includes('notes-'))).toHaveLength(documents);
});
