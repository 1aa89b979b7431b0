import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { exampleRepository, giveDatabase, typistIn } from './example.ts';

test('a repository is planned from elsewhere, and where to apply the plan is said', { timeout: 120_000 }, async () => {
  const repository = await exampleRepository();
  onTestFinished(() => repository.remove());
  await giveDatabase(repository, 'empty');
  const { path } = repository;
  const [folder, name] = [dirname(path), basename(path)];
  const type = typistIn(path);
  expect((await type(path, 'apply', '--auto-approve', '--ack', 'bootstrap')).exit).toBe(0);
  const file = join(path, 'prompts/draft.md');
  await writeFile(file, `${await readFile(file, 'utf8')}\nSign with your name.\n`);
  const planned = await type(folder, 'plan', `${name}/prompts`, '--out', `${name}.json`);
  onTestFinished(() => rm(join(folder, `${name}.json`)));
  expect([planned.exit, planned.stdout]).toEqual([0, expect.stringContaining('No changes.')]);
  expect(planned.stderr).toContain(`see it with pawl plan ${name}/prompts --working-copy`);
  const saved = `Apply exactly this with: cd ${name}/prompts && pawl apply ../../${name}.json`;
  expect(planned.stderr).toContain(saved);
  const based = await type(folder, 'plan', name, '--base', 'HEAD', '--working-copy');
  expect(based.stdout).toContain('Plan: 0 to add, 1 to change, 0 to destroy.');
});
