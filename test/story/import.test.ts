import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRepository } from '../support/git.ts';
import { reviewCycle } from '../support/review-cycle.ts';
import { typist } from './example.ts';

test('a review cycle of another system is imported, tried offline, and ends by its own condition', {
  timeout: 120_000,
}, async () => {
  const repository = await createRepository();
  try {
    await mkdir(join(repository.path, 'old'));
    await writeFile(join(repository.path, 'old/letters.yaml'), reviewCycle);
    const pawl = typist(repository.path);
    const imported = await pawl('import', 'old', '--scripted', '--out', '.');
    expect(imported, imported.stdout + imported.stderr).toMatchObject({ exit: 0 });
    const run = await pawl('run', 'letters', '--local', '--env', 'scripted', '-i', 'topic=tea', '--exit-status');
    expect(run, run.stdout + run.stderr).toMatchObject({ exit: 0 });
    expect(run.stdout).toContain('editor answers from its script. approved');
    expect(run.stdout).not.toContain('editor#2');
  } finally {
    await repository.remove();
  }
});
