import fs from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import git from 'isomorphic-git';
import type { Author } from './reader.ts';

export type { Author };

/**
 * Writes commits, into repositories that pawl made itself: the demo's, which has to work where no git is installed.
 * What pawl reconciles is only ever read.
 */
export class AuthoredRepository {
  readonly #dir: string;
  readonly #author: Author;

  private constructor(dir: string, author: Author) {
    this.#dir = dir;
    this.#author = author;
  }

  /** Makes a repository of the files that are in the folder; nothing is committed. */
  static async init(dir: string, author: Author): Promise<AuthoredRepository> {
    await git.init({ fs, dir, defaultBranch: 'main' });
    return new AuthoredRepository(dir, author);
  }

  /** Commits every file as it is now, additions and removals included. */
  async commitAll(message: string): Promise<string> {
    const dir = this.#dir;
    for (const [path, , inFolder, inIndex] of await git.statusMatrix({ fs, dir })) {
      if (inFolder === 0) await git.remove({ fs, dir, filepath: path });
      else if (inFolder !== inIndex) await git.add({ fs, dir, filepath: path });
    }
    return git.commit({ fs, dir, message, author: this.#author });
  }

  /** `git revert HEAD` of a commit with one parent: its parent's files, as a new commit on top. */
  async revertHead(): Promise<string> {
    const head = await git.resolveRef({ fs, dir: this.#dir, ref: 'HEAD' });
    const { commit } = await git.readCommit({ fs, dir: this.#dir, oid: head });
    const [parent] = commit.parent;
    if (parent === undefined || commit.parent.length > 1)
      throw new TypeError('only a commit with one parent is reverted');
    await this.#restore(parent);
    const subject = commit.message.split('\n')[0] ?? '';
    return this.commitAll(`Revert "${subject}"\n\nThis reverts commit ${head}.\n`);
  }

  async #restore(commit: string): Promise<void> {
    const wanted = new Set(await git.listFiles({ fs, dir: this.#dir, ref: commit }));
    for (const path of await git.listFiles({ fs, dir: this.#dir })) {
      if (!wanted.has(path)) await rm(join(this.#dir, path), { force: true });
    }
    for (const path of wanted) {
      const { blob } = await git.readBlob({ fs, dir: this.#dir, oid: commit, filepath: path });
      const current = await readFile(join(this.#dir, path)).catch(() => undefined);
      // Writing only what differs keeps the times of the rest, by which Git knows that it did not change.
      if (current === undefined || !current.equals(blob)) await writeFile(join(this.#dir, path), blob);
    }
  }
}
