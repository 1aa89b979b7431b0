import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { shellWord, unusable } from './files.ts';
import { scaffold } from './scaffold.ts';

export async function initCommand(context: CliContext, options: { directory: string }): Promise<ExitCode> {
  const { terminal } = context;
  const root = resolve(context.cwd, options.directory);
  const isNew = !existsSync(root) || readdirSync(root).length === 0;
  const added: string[] = [];
  for (const [path, content] of Object.entries(scaffold)) {
    const written = await writeNew(join(root, path), content);
    if (written) added.push(path.replace(/\/.*/, ''));
    terminal.out(`${written ? 'wrote' : 'kept '}  ${path}`);
  }
  // What else lies in the folder is not pawl's to commit.
  const paths = isNew ? '-A' : [...new Set(added)].join(' ');
  const isRepository = existsSync(join(root, '.git'));
  terminal.note('\nNext:');
  for (const line of [
    ...(options.directory === '.' ? [] : [`cd ${shellWord(options.directory)}`]),
    ...(isRepository ? [] : ['git init -b main']),
    ...(paths === '' ? [] : [`git add ${paths} && git commit -m "Start with pawl"`]),
    'pawl apply',
    'pawl run hello -i name=Ada',
  ]) {
    terminal.note(`  ${line}`);
  }
  if (isRepository) terminal.note('\npawl.yaml names the branch main; change it there where yours is another.');
  return exitCodes.success;
}

/** False where a file is already there: it is left as it is. */
async function writeNew(path: string, content: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw unusable('write', path, error);
  }
  try {
    await writeFile(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw unusable('write', path, error);
  }
}
