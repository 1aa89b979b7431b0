import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Lends a Git directory that holds nothing: no configuration, attributes, grafts, replacements or shallow marks of
 * anybody. With another's objects lent to it, what a command reads is those and nothing else of that repository.
 */
export async function withCleanDirectory<Result>(use: (gitDirectory: string) => Promise<Result>): Promise<Result> {
  const gitDirectory = await mkdtemp(join(tmpdir(), 'pawl-clean-'));
  try {
    await Promise.all(['objects', 'refs'].map((name) => mkdir(join(gitDirectory, name))));
    await writeFile(join(gitDirectory, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = true\n');
    await writeFile(join(gitDirectory, 'HEAD'), 'ref: refs/heads/none\n');
    return await use(gitDirectory);
  } finally {
    await rm(gitDirectory, { recursive: true, force: true });
  }
}
