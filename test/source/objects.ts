import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestRepository } from '../support/git.ts';

/** Writes an object that git itself would not make. */
export async function writeObject(origin: TestRepository, type: 'tree' | 'commit', bytes: Buffer): Promise<string> {
  await writeFile(join(origin.path, '.git/object'), bytes);
  return origin.git('hash-object', '-w', '-t', type, '--literally', '.git/object');
}
