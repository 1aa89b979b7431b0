import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApp } from '../../src/app.ts';
import type { Environment } from '../../src/environment.ts';
import { say } from '../cli/fixture.ts';
import type { Said } from '../cli/fixture.ts';
import { copyImage, type Image } from '../support/embedded-image.ts';
import { createRepository } from '../support/git.ts';
import type { TestRepository } from '../support/git.ts';

const folder = fileURLToPath(new URL('../../example-repo', import.meta.url));

export const ticket = 'ticket=My kettle A-1042 arrived broken.';

/** The example repository as a real one, with one commit. */
export async function exampleRepository(): Promise<TestRepository> {
  const repository = await createRepository();
  const files: Record<string, Uint8Array> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files[relative(folder, path)] = await readFile(path);
  }
  await repository.commit(files, 'Start support triage');
  return repository;
}

/**
 * Gives a repository the embedded database that its first command would take seconds to make. The stories of up and of a
 * first agent begin without.
 */
export async function giveDatabase({ path }: Pick<TestRepository, 'path'>, image: Image = 'newest'): Promise<void> {
  await copyImage(join(path, '.pawl', 'db'), image);
}

/** Types commands in a repository, against the database that the environment names. */
export function typist(cwd: string, environment: Environment = {}): (...words: readonly string[]) => Promise<Said> {
  const type = typistIn(cwd, environment);
  return (...words) => type(cwd, ...words);
}

/** Types commands about the repository at `root` in any folder. */
export function typistIn(
  root: string,
  environment: Environment = {},
): (cwd: string, ...words: readonly string[]) => Promise<Said> {
  const settings = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    PAWL_LOG_LEVEL: 'warn',
    PAWL_ACTOR: 'tester',
    ...environment,
  };
  return (cwd, ...words) => say(words, { cwd, app: createApp(root, settings) });
}

export async function edit(
  repository: TestRepository,
  path: string,
  change: { readonly from: string; readonly to: string },
): Promise<string> {
  const text = await readFile(join(repository.path, path), 'utf8');
  if (!text.includes(change.from)) throw new Error(`${path} does not hold ${change.from}`);
  return repository.commit({ [path]: text.replace(change.from, change.to) }, `Change ${path}`);
}
