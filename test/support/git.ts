import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { scratchFolder } from './scratch.ts';

/** A Git repository in a temporary folder, written by the real client. */
export interface TestRepository {
  readonly path: string;
  /** Runs git in the repository and returns its standard output without the last line end. */
  git(...args: readonly string[]): Promise<string>;
  /** Writes the files (`undefined` removes one), commits everything and returns the commit's id. */
  commit(files: Readonly<Record<string, string | Uint8Array | undefined>>, message?: string): Promise<string>;
  remove(): Promise<void>;
}

/** Makes an empty repository whose branch is `main`. */
export async function createRepository(): Promise<TestRepository> {
  const path = await mkdtemp(join(scratchFolder(), 'pawl-git-'));
  const repository = new Repository(path);
  await repository.git('init', '--quiet', '--initial-branch=main');
  return repository;
}

/** One process of ours begun for three of Git: a process of tests is large, and beginning another copies its page table. */
const committing = `
  git add --all && git -c gc.auto=0 commit --quiet --allow-empty --message "$1" >&2 && exec git rev-parse HEAD
`;

class Repository implements TestRepository {
  readonly path: string;
  #commits = 0;

  constructor(path: string) {
    this.path = path;
  }

  async git(...args: readonly string[]): Promise<string> {
    return this.#run('git', args);
  }

  async #run(program: string, args: readonly string[]): Promise<string> {
    // One second a commit from a fixed start: the same files give the same commit ids in every run.
    const date = `${1_700_000_000 + this.#commits} +0000`;
    const { stdout } = await promisify(execFile)(program, [...args], {
      cwd: this.path,
      env: gitEnvironment({ GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }),
      timeout: 60_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout.replace(/\n$/, '');
  }

  async commit(files: Readonly<Record<string, string | Uint8Array | undefined>>, message = 'Change'): Promise<string> {
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.path, name);
      if (content === undefined) {
        await rm(file);
        continue;
      }
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    this.#commits += 1;
    return this.#run('/bin/sh', ['-c', committing, 'sh', message]);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Keeps the user's and the machine's Git settings (signing, hooks, templates, default branch) out of the tests. */
export function gitEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  return {
    ...Object.fromEntries(kept),
    HOME: '/nonexistent',
    XDG_CONFIG_HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Author',
    GIT_AUTHOR_EMAIL: 'author@example.com',
    GIT_COMMITTER_NAME: 'Author',
    GIT_COMMITTER_EMAIL: 'author@example.com',
    ...more,
  };
}
