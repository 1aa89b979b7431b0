import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { TerminalError } from '../../errors.ts';
import type { Cgroup } from './cgroup.ts';
import { inheritedDescriptors, nullDescriptor } from './inherited.ts';
import type { IsolatedExit, IsolatedProcess } from './isolated.ts';

/** A chain of programs to start. */
export interface Launch {
  readonly argv: readonly string[];
  /** What is written to descriptor 3 and those after it, each of which is then closed; undefined: nothing. */
  readonly given: readonly (string | undefined)[];
  /** The descriptor on which bubblewrap tells of the program. */
  readonly status?: number;
  /** The descriptor that bubblewrap reads before it begins the program: what has to be there first is made meanwhile. */
  readonly hold?: number;
}

/** What is made between the namespaces and the program: `chain` is the process that made them, `first` lives in them. */
export type Prepare = (processes: { readonly chain: number; readonly first: number }) => Promise<void>;

/** Only the chain itself finds this; its folders are the system's, so that nobody else's `setpriv` is run. */
const chainEnvironment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** How long anything waits for what was killed to be gone. */
const goneWithinMs = 5_000;

/** Starts a chain and follows it to its end. Rejects with `isolation.unavailable` if its first program is not there. */
export async function launch(
  { argv, given, status, hold }: Launch,
  cgroup: Cgroup | undefined,
  prepare?: Prepare,
): Promise<IsolatedProcess> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    env: chainEnvironment,
    cwd: '/',
    detached: true,
    stdio: descriptors(given.length),
  });
  const told = status === undefined ? undefined : new Status(child.stdio[status] as Readable);
  const ended = endOf(child, told, cgroup);
  await started(child, file);
  feed(child, given);
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new TypeError('a process was started without pipes');
  // Whoever writes hears of it by the end of the process.
  stdin.on('error', () => undefined);
  const kill = () => killed(child, { told, cgroup, ended });
  if (prepare !== undefined && hold !== undefined)
    await prepared(child, { told, hold, prepare }).catch(async (cause: unknown) => {
      await kill();
      throw cause;
    });
  return { stdin, stdout, stderr, exited: ended, kill };
}

interface Held {
  readonly told: Status | undefined;
  readonly hold: number;
  readonly prepare: Prepare;
}

async function prepared(child: ChildProcess, { told, hold, prepare }: Held): Promise<void> {
  const first = await told?.begun();
  // Where it ended before that, its end says why.
  if (first !== undefined && child.pid !== undefined) await prepare({ chain: child.pid, first });
  const pipe = child.stdio[hold] as Writable;
  pipe.on('error', () => undefined);
  pipe.end('.');
}

/** Standard ones, those through which something is given, and nothing in the place of whatever was inherited. */
function descriptors(given: number): ('pipe' | 'ignore' | number)[] {
  const inherited = inheritedDescriptors();
  const pipes = 3 + given;
  const length = Math.max(pipes, ...inherited.map((descriptor) => descriptor + 1));
  return Array.from({ length }, (_, index) => {
    if (index < pipes) return 'pipe';
    return inherited.includes(index) ? nullDescriptor() : 'ignore';
  });
}

function started(child: ChildProcess, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(
        new TerminalError(`The worker cannot start ${file}.`, {
          code: 'isolation.unavailable',
          help: 'Install util-linux and bubblewrap on the worker; `pawl doctor` shows what is missing.',
          cause,
        }),
      ),
    );
  });
}

function feed(child: ChildProcess, given: Launch['given']): void {
  for (const [index, content] of given.entries()) {
    if (content === undefined) continue;
    const pipe = child.stdio[index + 3] as Writable;
    // The chain may end before it has read.
    pipe.on('error', () => undefined);
    pipe.end(content);
  }
}

/** What bubblewrap tells: the process that holds all others, and that the program had begun. */
class Status {
  #text = '';
  readonly #pipe: Readable;

  constructor(pipe: Readable) {
    this.#pipe = pipe;
    pipe.setEncoding('utf8');
    pipe.on('data', (text: string) => {
      this.#text = (this.#text + text).slice(0, 4096);
    });
    pipe.on('error', () => undefined);
  }

  /** The first process of the sandbox; with it, every other one dies. */
  get first(): number | undefined {
    const found = /"child-pid": (\d+)/.exec(this.#text)?.[1];
    return found === undefined ? undefined : Number(found);
  }

  /** Waits for that process; undefined: there will be none. */
  async begun(): Promise<number | undefined> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.first !== undefined || this.#pipe.closed) resolve(this.first);
      };
      this.#pipe.on('data', look);
      this.#pipe.once('close', look);
      look();
    });
  }

  get hasBegun(): boolean {
    return this.#text.includes('"exit-code"');
  }
}

async function endOf(child: ChildProcess, told: Status | undefined, cgroup: Cgroup | undefined): Promise<IsolatedExit> {
  const { code, signal } = await new Promise<Pick<IsolatedExit, 'code' | 'signal'>>((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null }));
    child.once('exit', (exitCode, exitSignal) => resolve({ code: exitCode, signal: exitSignal }));
  });
  const isLimited = (await cgroup?.wasOutOfMemory()) ?? false;
  await cgroup?.kill();
  // Not waited for: the group is empty, and the kernel lets go of it when it likes.
  void cgroup?.remove();
  if (isLimited) return { code, signal, cause: 'memory' };
  if (code === processorCode || signal === 'SIGXCPU') return { code, signal, cause: 'cpu' };
  const isOver = told !== undefined && !told.hasBegun && signal === null;
  return isOver ? { code, signal, cause: 'start' } : { code, signal };
}

/** 128 and SIGXCPU, as a shell and bubblewrap tell of it. */
const processorCode = 152;

interface Followed {
  readonly told: Status | undefined;
  readonly cgroup: Cgroup | undefined;
  readonly ended: Promise<IsolatedExit>;
}

/**
 * The first process of a sandbox is killed, and not who watches it from outside: the watcher then collects it, where
 * otherwise nobody might.
 */
async function killed(child: ChildProcess, { told, cgroup, ended }: Followed): Promise<void> {
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  if (!isOver()) {
    const first = told?.first;
    if (first !== undefined) killQuietly(first);
    await Promise.race([ended, delay(first === undefined ? 0 : 200)]);
    if (!isOver() && child.pid !== undefined) killQuietly(-child.pid);
  }
  await cgroup?.kill();
  await Promise.race([ended, delay(goneWithinMs)]);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}
