import { isAbsolute, relative, sep } from 'node:path';
import { watch as watchFiles } from 'chokidar';
import { findGitDirectory } from './git-directory.ts';

/** Why a waiter woke up. None of them is a fact about the repository: the waiter looks for itself. */
export type Wake = 'changed' | 'due' | 'stopped';

/** Says when to look again; losing every wake-up makes its reader slow, never wrong. */
export interface Watch {
  /** Resolves when something may have changed since the last call, when a look is due, or when stopped. */
  next(signal: AbortSignal): Promise<Wake>;
  /** Wakes the waiter, or the next one: what a file event, a webhook and a test do. */
  wake(): void;
  close(): Promise<void>;
}

export interface PollOptions {
  readonly intervalMs: number;
  /** Share of the interval by which it varies, so that many processes do not ask a forge at the same moment. */
  readonly jitter?: number;
  /** From 0 to 1. */
  readonly random?: () => number;
}

export interface WatchOptions extends PollOptions {
  /** Folder of a local repository whose branches are watched. */
  readonly path?: string;
  /** Its files too, for plans of what is not committed. */
  readonly files?: boolean;
}

/** Events of one save or one commit come in a bundle; it counts as one. */
const quietMs = 50;
const ignoredFolders = new Set(['.git', '.pawl', 'node_modules']);
const defaultJitter = 0.1;

/** Polls, and for a local repository also follows its branches and, where asked, its files. */
export async function watch(options: WatchOptions): Promise<Watch> {
  const poll = new Poll(options);
  if (options.path === undefined) return poll;
  const { own, common, workTree } = await findGitDirectory(options.path);
  const root = options.files === true ? workTree : undefined;
  // Folders, not files: a reference that does not exist yet has to be seen when it comes.
  const folders = [own, common, ...(root === undefined ? [] : [root])];
  const watcher = watchFiles(folders, {
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (path) => !isReference(common, path) && !isHead(own, path) && (root === undefined || !isFile(root, path)),
  });
  const gather = new Gather(() => poll.wake());
  watcher.on('all', () => gather.event());
  // A watcher that cannot follow a folder is slower, not wrong: polling goes on.
  watcher.on('error', () => gather.event());
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  return {
    next: (signal) => poll.next(signal),
    wake: () => poll.wake(),
    close: async () => {
      gather.close();
      await watcher.close();
      await poll.close();
    },
  };
}

/** Wakes when the interval is over, or earlier when it is told to. */
export class Poll implements Watch {
  readonly #options: PollOptions;
  #pending = false;
  #closed = false;
  #waiter: ((wake: Wake) => void) | undefined;

  constructor(options: PollOptions) {
    this.#options = options;
  }

  wake(): void {
    if (this.#waiter === undefined) this.#pending = true;
    else this.#waiter('changed');
  }

  async next(signal: AbortSignal): Promise<Wake> {
    if (signal.aborted || this.#closed) return 'stopped';
    if (this.#pending) {
      this.#pending = false;
      return 'changed';
    }
    return new Promise<Wake>((resolve) => {
      const settle = (wake: Wake): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        if (this.#waiter === settle) this.#waiter = undefined;
        resolve(wake);
      };
      const onAbort = (): void => settle('stopped');
      const timer = setTimeout(() => settle('due'), this.#delayMs());
      signal.addEventListener('abort', onAbort, { once: true });
      // A second waiter would take the first one's wake-ups: the first is told to go.
      this.#waiter?.('stopped');
      this.#waiter = settle;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiter?.('stopped');
  }

  #delayMs(): number {
    const { intervalMs, jitter = defaultJitter, random = Math.random } = this.#options;
    return Math.round(intervalMs * (1 + jitter * (2 * random() - 1)));
  }
}

/** Turns a burst of events into one call when they have gone quiet. */
export class Gather {
  readonly #call: () => void;
  #timer: NodeJS.Timeout | undefined;
  #first = 0;

  constructor(call: () => void) {
    this.#call = call;
  }

  event(): void {
    const now = Date.now();
    if (this.#timer === undefined) this.#first = now;
    // A stream of events that never goes quiet is passed on all the same.
    else if (now - this.#first > quietMs * 10) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#call();
    }, quietMs);
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

function isReference(common: string, path: string): boolean {
  const parts = partsIn(common, path);
  if (parts === undefined) return false;
  const [first, second] = parts;
  if (first === 'refs') return second === undefined || second === 'heads';
  return first === undefined || (parts.length === 1 && (first === 'HEAD' || first === 'packed-refs'));
}

function isHead(own: string, path: string): boolean {
  const parts = partsIn(own, path);
  return parts?.length === 0 || (parts?.length === 1 && parts[0] === 'HEAD');
}

function isFile(root: string, path: string): boolean {
  const parts = partsIn(root, path);
  return parts !== undefined && !parts.some((part) => ignoredFolders.has(part));
}

/** The parts of the path below the folder; none for the folder itself, undefined for what is elsewhere. */
function partsIn(folder: string, path: string): readonly string[] | undefined {
  const inside = relative(folder, path);
  if (inside === '') return [];
  const parts = inside.split(sep);
  return parts[0] === '..' || isAbsolute(inside) ? undefined : parts;
}
