import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gitEnvironment } from '../git.ts';

/** Content by path; undefined removes the file. */
export type Files = Readonly<Record<string, string | undefined>>;

export interface Author {
  readonly name: string;
  readonly email: string;
}

export interface NewCommit {
  readonly message: string;
  readonly author: Author;
  readonly committer?: Author;
  /** Not signed when absent. */
  readonly sign?: readonly string[];
}

interface GitOptions {
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
}

export class GitFailure extends Error {
  readonly status: number;

  constructor(args: readonly string[], status: number, text: string) {
    super(`git ${args.join(' ')}: ${text}`);
    this.status = status;
  }
}

/** The bare repository behind one repository of the double, driven by the real client. */
export class Bare {
  readonly path: string;
  readonly #tick: () => number;

  constructor(path: string, tick: () => number) {
    this.path = path;
    this.#tick = tick;
  }

  async init(branch: string): Promise<void> {
    await mkdir(this.path, { recursive: true });
    await this.git(['init', '--quiet', '--bare', `--initial-branch=${branch}`]);
    const settings = [
      '[http]\n\treceivepack = true\n[core]\n\tlogAllRefUpdates = false\n[gc]\n\tauto = 0\n',
      // GitHub shows them and takes no push to them.
      '[receive]\n\thideRefs = refs/pull\n\tautogc = false\n',
      '[uploadpack]\n\tallowReachableSHA1InWant = true\n\tallowAnySHA1InWant = true\n\tallowFilter = true\n',
    ].join('');
    const config = await this.git(['config', '--list', '--local', '--null']);
    if (!config.includes('receivepack')) await writeFile(join(this.path, 'config'), settings, { flag: 'a' });
  }

  /** Refuses pushes to branches as GitHub's protection does; `push` also refuses those that only add. */
  async protect(branches: ReadonlyMap<string, 'force' | 'push'>): Promise<void> {
    const cases = [...branches].map(([name, what]) => {
      const check = what === 'push' ? 'true' : '[ "$new" = "$zero" ] || ! git merge-base --is-ancestor "$old" "$new"';
      return `    'refs/heads/${name}') if ${check}; then echo 'GH006: Protected branch update failed' >&2; exit 1; fi;;\n`;
    });
    const zero = '0'.repeat(40);
    const script = `#!/bin/sh\nzero=${zero}\nwhile read -r old new ref; do\n  case "$ref" in\n${cases.join('')}  esac\ndone\n`;
    await mkdir(join(this.path, 'hooks'), { recursive: true });
    await writeFile(join(this.path, 'hooks/pre-receive'), script, { mode: 0o755 });
  }

  /** Runs git and returns its standard output without the last line end. */
  async git(args: readonly string[], options: GitOptions = {}): Promise<string> {
    return (await this.gitBytes(args, options)).toString('utf8').replace(/\n$/, '');
  }

  async gitBytes(args: readonly string[], { input, env = {} }: GitOptions = {}): Promise<Buffer> {
    const child = spawn('git', [...args], { cwd: this.path, env: gitEnvironment(env), timeout: 60_000 });
    const [out, problems]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => problems.push(chunk));
    // Git may end before it has read everything; its exit status says why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const [status]: unknown[] = await once(child, 'close');
    if (status !== 0) throw new GitFailure(args, Number(status ?? -1), Buffer.concat(problems).toString('utf8'));
    return Buffer.concat(out);
  }

  /** The commit that a name means; undefined where there is none. */
  async commitOf(name: string): Promise<string | undefined> {
    // References are never packed here, and reading one is a hundred times cheaper than a process.
    if (isPlainRef(name))
      return readFile(join(this.path, name), 'utf8').then(
        (text) => text.trim(),
        () => undefined,
      );
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
    return (await this.tryGit(args)) || undefined;
  }

  /** Undefined where git refuses. */
  async tryGit(args: readonly string[], options: GitOptions = {}): Promise<string | undefined> {
    try {
      return await this.git(args, options);
    } catch (cause) {
      if (cause instanceof GitFailure) return undefined;
      throw cause;
    }
  }

  /** Every branch and its commit. */
  async branches(): Promise<ReadonlyMap<string, string>> {
    return this.refs('refs/heads/');
  }

  async refs(prefix: string): Promise<ReadonlyMap<string, string>> {
    const lines = (await this.git(['for-each-ref', '--format=%(objectname) %(refname)', prefix])).split('\n');
    return new Map(
      lines
        .filter((line) => line !== '')
        .map((line) => [line.slice(41).replace(/^refs\/heads\//, ''), line.slice(0, 40)]),
    );
  }

  /** Writes a commit with the files changed on top of `parent` (undefined: a first commit) and moves no reference. */
  async commitFiles(parent: string | undefined, files: Files, commit: NewCommit): Promise<string> {
    const { sign = [] } = commit;
    const made = await this.#import(parent, files, commit);
    if (sign.length === 0) return made;
    return this.commitTree(`${made}^{tree}`, parent === undefined ? [] : [parent], commit);
  }

  /** One process writes every blob, tree and the commit. */
  async #import(parent: string | undefined, files: Files, commit: NewCommit): Promise<string> {
    const { author, committer = author, message } = commit;
    const tick = this.#tick();
    // A reference of its own, so that two at once do not meet.
    const ref = `refs/double/${tick}`;
    const at = `${epoch + tick} +0000`;
    const parts: string[] = [
      `commit ${ref}\nmark :1\nauthor ${author.name} <${author.email}> ${at}\n`,
      `committer ${committer.name} <${committer.email}> ${at}\ndata ${Buffer.byteLength(message)}\n${message}\n`,
    ];
    if (parent !== undefined) parts.push(`from ${parent}\n`);
    for (const [path, content] of Object.entries(files)) {
      const name = JSON.stringify(path);
      if (content === undefined) parts.push(`D ${name}\n`);
      else parts.push(`M 100644 inline ${name}\ndata ${Buffer.byteLength(content)}\n${content}\n`);
    }
    parts.push('get-mark :1\n');
    const made = await this.git(['fast-import', '--quiet', '--force'], { input: parts.join('') });
    await rm(join(this.path, ref), { force: true });
    return made;
  }

  async commitTree(tree: string, parents: readonly string[], commit: NewCommit): Promise<string> {
    const { author, committer = author, sign = [] } = commit;
    const date = `${epoch + this.#tick()} +0000`;
    const env = {
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_COMMITTER_NAME: committer.name,
      GIT_COMMITTER_EMAIL: committer.email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_DATE: date,
    };
    const signing = sign.length === 0 ? [] : ['-S'];
    const args = [...sign, 'commit-tree', ...signing, ...parents.flatMap((parent) => ['-p', parent]), tree];
    return this.git(args, { env, input: commit.message });
  }

  /** The tree of merging two commits; undefined where they conflict. */
  async mergeTree(ours: string, theirs: string): Promise<string | undefined> {
    const tree = await this.tryGit(['merge-tree', '--write-tree', '--no-messages', ours, theirs]);
    return tree?.split('\n')[0];
  }

  async isAncestor(ancestor: string, commit: string): Promise<boolean> {
    return (await this.tryGit(['merge-base', '--is-ancestor', ancestor, commit])) !== undefined;
  }

  async updateRef(ref: string, sha: string | undefined): Promise<void> {
    if (sha !== undefined && isPlainRef(ref) && (await this.#writeRef(ref, sha))) return;
    await this.git(sha === undefined ? ['update-ref', '-d', ref] : ['update-ref', ref, sha]);
  }

  /** As for reading, a file in place of a process; in one go, as whoever fetches reads it at the same time. */
  async #writeRef(ref: string, sha: string): Promise<boolean> {
    const path = join(this.path, ref);
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.lock`, `${sha}\n`, { flag: 'wx' });
      await rename(`${path}.lock`, path);
      return true;
    } catch {
      // Another reference is in its way, which git says in its own words.
      await rm(`${path}.lock`, { force: true }).catch(() => undefined);
      return false;
    }
  }
}

/** Commits begin at a fixed second, so that the same actions give the same ids. */
const epoch = 1_700_000_000;

function isPlainRef(name: string): boolean {
  return name.startsWith('refs/') && !/[\0:^~?*[\\]|\.\.|@\{|\/$/.test(name);
}
