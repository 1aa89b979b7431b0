import { createHash } from 'node:crypto';
import { RetryableError, TerminalError } from '../../src/errors.ts';
import { blobId } from '../../src/source/blob-id.ts';
import type { Repository, TreeChange, TreeEntry, TreeMerge } from '../../src/source/reader.ts';

export type Files = Readonly<Record<string, string>>;

interface Made {
  readonly parents: readonly string[];
  readonly files: Files;
  readonly subject: string;
}

/** One branch and its commits, as a forge has them: nothing of it touches a disk. */
export class MemoryOrigin {
  readonly #commits = new Map<string, Made>();
  readonly #blobs = new Map<string, Uint8Array>();
  #head = '';

  get head(): string {
    return this.#head;
  }

  filesAt(commit: string): Files {
    return this.at(commit).files;
  }

  /** Commits to the branch; `onto` another commit than its head is a forced push. */
  push(files: Files, { onto = this.#head, subject = 'A commit' } = {}): string {
    const id = sha1(`${this.#commits.size} ${onto}`);
    this.#commits.set(id, { parents: onto === '' ? [] : [onto], files, subject });
    for (const text of Object.values(files)) {
      const bytes = new TextEncoder().encode(text);
      this.#blobs.set(blobId(bytes), bytes);
    }
    this.#head = id;
    return id;
  }

  at(commit: string): Made {
    const found = this.#commits.get(commit);
    if (found === undefined) throw missing(commit);
    return found;
  }

  blob(id: string): Uint8Array {
    const found = this.#blobs.get(id);
    if (found === undefined) throw missing(id);
    return found;
  }

  isAncestor(ancestor: string, descendant: string): boolean {
    for (let next = [descendant]; next.length > 0; next = next.flatMap((one) => this.at(one).parents)) {
      if (next.includes(ancestor)) return true;
    }
    return false;
  }
}

/** What a process sees of it: its branch is as it was fetched last. `turn` is awaited before each reading. */
export class MemoryMirror implements Repository {
  readonly kind = 'git-cli';
  readonly place = 'memory';
  /** The network of this process is away. */
  isAway = false;
  readonly #origin: MemoryOrigin;
  readonly #turn: (what: string) => Promise<void>;
  #head = '';

  constructor(origin: MemoryOrigin, turn: (what: string) => Promise<void>) {
    this.#origin = origin;
    this.#turn = turn;
  }

  async fetch(): Promise<void> {
    await this.#turn('fetch');
    if (this.isAway) throw new RetryableError('The repository does not answer.', { code: 'git.unreachable' });
    this.#head = this.#origin.head;
  }

  async resolve(ref: string): Promise<string> {
    await this.#turn('resolve');
    if (/^[0-9a-f]{40}$/.test(ref)) return this.#origin.at(ref) && ref;
    if (this.#head === '') throw missing(ref);
    return this.#head;
  }

  async tree(commit: string): Promise<string> {
    return sha1(JSON.stringify(this.#origin.filesAt(commit)));
  }

  async entries(commit: string, paths: readonly string[]): Promise<TreeEntry[]> {
    await this.#turn('entries');
    return entriesOf(this.#origin.filesAt(commit)).filter(({ path }) => isBelow(path, paths));
  }

  async changes(from: string, to: string, paths: readonly string[]): Promise<TreeChange[]> {
    await this.#turn('changes');
    const [before, after] = [this.#origin.filesAt(from), this.#origin.filesAt(to)];
    const moved = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
      (path) => before[path] !== after[path] && isBelow(path, paths),
    );
    const entries = new Map(entriesOf(after).map((entry) => [entry.path, entry]));
    return moved.map((path) => ({ path, entry: entries.get(path) }));
  }

  async read(ids: readonly string[]): Promise<Map<string, Uint8Array>> {
    await this.#turn('read');
    return new Map(ids.map((id) => [id, this.#origin.blob(id)]));
  }

  async parents(commit: string): Promise<readonly string[]> {
    await this.#turn('parents');
    return this.#origin.at(commit).parents;
  }

  async subject(commit: string): Promise<string> {
    return this.#origin.at(commit).subject;
  }

  async authors(): Promise<readonly { name: string; email: string }[]> {
    return [];
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    await this.#turn('isAncestor');
    return this.#origin.isAncestor(ancestor, descendant);
  }

  async fetchOnly(): Promise<void> {
    // There are no pull requests.
  }

  async merge(): Promise<TreeMerge> {
    return { kind: 'unavailable', why: 'nothing merges here' };
  }

  async verify(): Promise<readonly []> {
    return [];
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}

function entriesOf(files: Files): readonly TreeEntry[] {
  return Object.entries(files).map(([path, text]) => {
    const bytes = new TextEncoder().encode(text);
    return { path, kind: 'file', id: blobId(bytes), size: bytes.length };
  });
}

function isBelow(path: string, paths: readonly string[]): boolean {
  return paths.some((asked) => asked === '' || path === asked || path.startsWith(`${asked}/`));
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

function missing(what: string): TerminalError {
  return new TerminalError(`There is no ${what}.`, { code: 'git.ref_not_found' });
}
