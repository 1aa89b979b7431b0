import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isPawlError, TerminalError } from '../errors.ts';
import { parseAddress, type RemoteAddress } from './address.ts';
import { assertWanted, type FetchRequest } from './fetch-request.ts';
import { fetchByCli, initByCli } from './fetch-cli.ts';
import { fetchByIsomorphic, initByIsomorphic } from './fetch-isomorphic.ts';
import { GitCli } from './git-cli.ts';
import { Isomorphic } from './isomorphic.ts';
import type { SignatureVerdict, SigningKeys } from './signature.ts';
import { remoteHead } from './ref.ts';
import type { Author, Repository, Surroundings, TreeChange, TreeEntry, TreeMerge, Wanted } from './reader.ts';

export interface MirrorOptions {
  readonly url: string;
  /** Folder for mirrors; each address gets one of its own in it. */
  readonly directory: string;
  /** Sent as HTTP basic authentication, in a header and never on a command line. */
  readonly token?: string;
  /** Allows http to another machine. */
  readonly allowHttp?: boolean;
  readonly fetchTimeoutMs: number;
  readonly fetchBytesMax: number;
  readonly timeoutMs: number;
  readonly surroundings: Surroundings;
  readonly reader: 'git-cli' | 'isomorphic';
}

/** A bare copy of a remote repository. Damage to it costs a rebuild, once, and never a commit. */
export class Mirror implements Repository {
  readonly place: string;
  readonly #options: MirrorOptions;
  readonly #address: RemoteAddress;
  readonly #gitDirectory: string;
  #inner: Repository;
  #ready: boolean;
  #rebuilds = 0;

  /** Opens the mirror's folder, making it where it is missing; the first `fetch` fills it. */
  static async open(options: MirrorOptions): Promise<Mirror> {
    const address = parseAddress(options.url, { allowHttp: options.allowHttp === true });
    if (options.reader === 'isomorphic' && address.protocol === 'ssh') throw needsGit();
    const name = createHash('sha256').update(address.url).digest('hex').slice(0, 24);
    const mirror = new Mirror(options, address, join(options.directory, `${name}.git`));
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    await mirror.#init(mirror.#gitDirectory);
    return mirror;
  }

  private constructor(options: MirrorOptions, address: RemoteAddress, gitDirectory: string) {
    this.place = address.url;
    this.#options = options;
    this.#address = address;
    this.#gitDirectory = gitDirectory;
    this.#inner = this.#reader();
    this.#ready = false;
  }

  get kind(): Repository['kind'] {
    return this.#options.reader;
  }

  async fetch(signal?: AbortSignal): Promise<void> {
    try {
      await this.#fetchInto(this.#gitDirectory, signal);
    } catch (error) {
      // A mirror that cannot even be fetched into is as damaged as one that cannot be read.
      if (!isDamage(error)) throw error;
      await this.#rebuild(signal);
    }
    this.#rebuilds = 0;
    this.#ready = true;
  }

  /** The branches come first: what a pull request adds to them is little. */
  async fetchOnly(wanted: Wanted, signal?: AbortSignal): Promise<void> {
    assertWanted(wanted);
    if (!this.#ready) await this.fetch(signal);
    if ((wanted.pulls?.length ?? 0) + (wanted.commits?.length ?? 0) === 0) return;
    await this.#fetchInto(this.#gitDirectory, signal, wanted);
  }

  merge(base: string, head: string): Promise<TreeMerge> {
    return this.#attempt((inner) => inner.merge(base, head));
  }

  verify(commits: readonly string[], keys: SigningKeys): Promise<readonly SignatureVerdict[]> {
    return this.#attempt((inner) => inner.verify(commits, keys));
  }

  resolve(ref: string): Promise<string> {
    return this.#attempt((inner) => inner.resolve(ref));
  }

  tree(commit: string): Promise<string> {
    return this.#attempt((inner) => inner.tree(commit));
  }

  entries(commit: string, paths: readonly string[]): Promise<TreeEntry[]> {
    return this.#attempt((inner) => inner.entries(commit, paths));
  }

  changes(from: string, to: string, paths: readonly string[]): Promise<TreeChange[]> {
    return this.#attempt((inner) => inner.changes(from, to, paths));
  }

  read(ids: readonly string[], bytesMax: number): Promise<Map<string, Uint8Array>> {
    return this.#attempt((inner) => inner.read(ids, bytesMax));
  }

  parents(commit: string): Promise<readonly string[]> {
    return this.#attempt((inner) => inner.parents(commit));
  }

  subject(commit: string): Promise<string> {
    return this.#attempt((inner) => inner.subject(commit));
  }

  authors(commit: string): Promise<readonly Author[]> {
    return this.#attempt((inner) => inner.authors(commit));
  }

  isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return this.#attempt((inner) => inner.isAncestor(ancestor, descendant));
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #attempt<T>(read: (inner: Repository) => Promise<T>): Promise<T> {
    if (!this.#ready) await this.fetch();
    try {
      return await read(this.#inner);
    } catch (error) {
      // One rebuild between two fetches: what is still damaged after it is damaged at its source.
      if (!isDamage(error) || this.#rebuilds > 0) throw error;
      await this.#rebuild(undefined);
      return read(this.#inner);
    }
  }

  /** The new copy is complete before it takes the old one's place. */
  async #rebuild(signal: AbortSignal | undefined): Promise<void> {
    this.#rebuilds += 1;
    const fresh = `${this.#gitDirectory}.${randomUUID()}`;
    try {
      await this.#init(fresh);
      await this.#fetchInto(fresh, signal);
      await this.#inner.close();
      await rm(this.#gitDirectory, { recursive: true, force: true });
      await rename(fresh, this.#gitDirectory);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
    this.#inner = this.#reader();
  }

  #init(gitDirectory: string): Promise<void> {
    const { reader, surroundings } = this.#options;
    return reader === 'git-cli' ? initByCli(gitDirectory, surroundings) : initByIsomorphic(gitDirectory);
  }

  #fetchInto(gitDirectory: string, signal: AbortSignal | undefined, wanted?: Wanted): Promise<void> {
    const { token, fetchTimeoutMs, fetchBytesMax, surroundings, reader } = this.#options;
    const request: FetchRequest = {
      gitDirectory,
      address: this.#address,
      token,
      timeoutMs: fetchTimeoutMs,
      bytesMax: fetchBytesMax,
      surroundings,
      signal,
      ...(wanted === undefined ? {} : { wanted }),
    };
    return reader === 'git-cli' ? fetchByCli(request) : fetchByIsomorphic(request);
  }

  #reader(): Repository {
    const { reader, surroundings, timeoutMs } = this.#options;
    const common = { gitDirectory: this.#gitDirectory, place: this.place, head: remoteHead };
    if (reader === 'isomorphic') return new Isomorphic(common);
    return new GitCli({ ...common, objects: join(this.#gitDirectory, 'objects'), surroundings, timeoutMs });
  }
}

function isDamage(error: unknown): boolean {
  return isPawlError(error) && (error.code === 'git.object_corrupt' || error.code === 'git.object_missing');
}

function needsGit(): TerminalError {
  return new TerminalError('An ssh address is read through the program git, which is not on the PATH.', {
    code: 'git.url_refused',
    help: 'Install git, or use the https address of the repository.',
  });
}
