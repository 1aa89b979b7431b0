import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { scaffold } from './scaffold.ts';

export async function initCommand(context: CliContext, options: { directory: string }): Promise<ExitCode> {
  const { terminal } = context;
  const root = resolve(context.cwd, options.directory);
  for (const [path, content] of Object.entries(scaffold)) {
    const written = await writeNew(join(root, path), content);
    terminal.out(`${written ? 'wrote' : 'kept '}  ${path}`);
  }
  const enter = options.directory === '.' ? [] : [`cd ${options.directory}`];
  terminal.note('\nNext:');
  for (const line of [
    ...enter,
    'git init -b main && git add -A && git commit -m "Start with pawl"',
    'pawl apply',
    'pawl run hello -i name=Ada',
  ]) {
    terminal.note(`  ${line}`);
  }
  return exitCodes.success;
}

/** False where a file is already there: it is left as it is. */
async function writeNew(path: string, content: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
