import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { RetryableError, TerminalError } from '../errors.ts';
import type { Surroundings } from './reader.ts';

export interface GitCommand {
  readonly gitDirectory: string;
  readonly surroundings: Surroundings;
  /** Holds the objects, where that is not the directory itself. */
  readonly objects?: string;
  /** Where GnuPG keeps its keys: never the user's own. */
  readonly gnupgHome?: string;
  /** Transports that the command may use; none while reading. */
  readonly protocols?: readonly string[];
  /** Extra configuration, by key; given through the environment, so that no token shows in a process list. */
  readonly config?: Readonly<Record<string, string>>;
  /** Limit on any one file that the command writes, held by the kernel: a pack above it ends the fetch. */
  readonly fileBytesMax?: number;
}

export interface RunLimits {
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  /** Of output whose records end with NUL: a listing of shared folders grows without end. */
  readonly recordsMax?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Finished {
  readonly exit: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const stderrBytesMax = 64 * 1024;

/** What pawl writes has the same id whoever writes it, and when. */
const writer: Readonly<Record<string, string>> = {
  GIT_AUTHOR_NAME: 'pawl',
  GIT_AUTHOR_EMAIL: 'pawl@localhost',
  GIT_AUTHOR_DATE: '@0 +0000',
  GIT_COMMITTER_NAME: 'pawl',
  GIT_COMMITTER_EMAIL: 'pawl@localhost',
  GIT_COMMITTER_DATE: '@0 +0000',
};

/** A repository's own configuration may name programs: every one that a reading command could start is switched off. */
const safeConfig: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.attributesFile': '/dev/null',
  'core.commitGraph': 'false',
  'core.askPass': '',
  'credential.helper': '',
  'protocol.ext.allow': 'never',
  'protocol.file.allow': 'user',
  'http.followRedirects': 'false',
  'submodule.recurse': 'false',
  'fetch.recurseSubmodules': 'false',
  'gc.autoDetach': 'false',
  'maintenance.autoDetach': 'false',
  // Larger blobs are streamed by index-pack instead of held, so that a small pack cannot fill the memory.
  'core.bigFileThreshold': '8m',
  'pack.threads': '1',
  // What arrives stays one file, so that a limit on the size of a file limits a fetch.
  'fetch.unpackLimit': '1',
};

/** Starts git on one repository with nothing of the process's environment but what it needs. */
export function startGit(command: GitCommand, args: readonly string[]): ChildProcessWithoutNullStreams {
  const settings = Object.entries(safeConfig).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  // An explicit --git-dir skips the search, and with it the check of ownership (safe.directory), whose purpose,
  // not to run what a stranger configured, is met by switching every such program off.
  const all = ['--no-pager', `--git-dir=${command.gitDirectory}`, ...settings, ...args];
  const options = { env: environmentOf(command), cwd: '/', stdio: 'pipe', detached: true } as const;
  if (command.fileBytesMax === undefined) return spawn('git', all, options);
  const blocks = String(Math.ceil(command.fileBytesMax / 512));
  // With the signal ignored the write fails, and git says why instead of dying.
  const script = 'trap "" XFSZ; ulimit -f "$0" && exec git "$@"';
  return spawn('/bin/sh', ['-c', script, blocks, ...all], options);
}

/** Runs git to its end within limits; an exit code other than 0 is for the caller to judge. */
export function runGit(command: GitCommand, args: readonly string[], limits: RunLimits): Promise<Finished> {
  return new Promise((resolve, reject) => {
    if (limits.signal?.aborted === true) return reject(aborted());
    const child = startGit(command, args);
    const stdout: Buffer[] = [];
    let stdoutBytes = 0;
    let records = 0;
    let stderr = '';
    let failure: Error | undefined;
    const fail = (error: Error): void => {
      failure ??= error;
      killGit(child);
    };
    const onAbort = (): void => fail(aborted());
    const timer = setTimeout(() => fail(timedOut(args[0] ?? 'git', limits.timeoutMs)), limits.timeoutMs);
    limits.signal?.addEventListener('abort', onAbort, { once: true });
    child.stdin.on('error', () => {
      // The end of the process is reported by 'close'; a broken pipe says nothing more.
    });
    child.stdin.end();
    child.stdout.on('data', (chunk: Buffer) => {
      stdoutBytes += chunk.length;
      if (limits.recordsMax !== undefined) records += countNul(chunk);
      if (stdoutBytes > limits.outputBytesMax || records > (limits.recordsMax ?? 0)) fail(tooMuch(args[0] ?? 'git'));
      else stdout.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < stderrBytesMax) stderr += chunk.toString('utf8');
    });
    child.on('error', (error) => fail(notStarted(error)));
    child.on('close', (code) => {
      clearTimeout(timer);
      limits.signal?.removeEventListener('abort', onAbort);
      if (failure !== undefined) reject(failure);
      else resolve({ exit: code ?? 1, stdout: Buffer.concat(stdout), stderr });
    });
  });
}

function countNul(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(0); at !== -1; at = chunk.indexOf(0, at + 1)) count += 1;
  return count;
}

/** Ends git and what it started: a fetch has children of its own. */
export function killGit(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already, which is what was wanted.
    child.kill('SIGKILL');
  }
}

/** Whether `git` can be started at all, and answers. */
export function hasGit(surroundings: Surroundings): Promise<boolean> {
  const command = { gitDirectory: '/dev/null', surroundings };
  return runGit(command, ['version'], { timeoutMs: 10_000, outputBytesMax: 4096 }).then(
    (finished) => finished.exit === 0,
    () => false,
  );
}

/** The last words of git, on one line, without control characters. */
export function lastWords(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const telling = lines.findLast((line) => /^(?:fatal|error|remote):/.test(line)) ?? lines.at(-1) ?? 'no message';
  return telling.replace(/\p{C}/gu, ' ').slice(0, 300);
}

function environmentOf(command: GitCommand): Record<string, string> {
  const { path, home, sshAuthSock } = command.surroundings;
  const extra = Object.entries(command.config ?? {});
  const config: Record<string, string> = { GIT_CONFIG_COUNT: String(extra.length) };
  for (const [index, [key, value]] of extra.entries()) {
    config[`GIT_CONFIG_KEY_${index}`] = key;
    config[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return {
    PATH: path ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: home ?? '/nonexistent',
    ...(sshAuthSock === undefined ? {} : { SSH_AUTH_SOCK: sshAuthSock }),
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LITERAL_PATHSPECS: '1',
    // Content goes by id: refs/replace would put other bytes behind it.
    GIT_NO_REPLACE_OBJECTS: '1',
    // Grafts would give a commit other parents.
    GIT_GRAFT_FILE: '/dev/null',
    // A partial clone would fetch a missing object through whatever transport its configuration names.
    GIT_NO_LAZY_FETCH: '1',
    // This list overrides every `protocol.*.allow` of the repository's own configuration.
    GIT_ALLOW_PROTOCOL: (command.protocols ?? ['none']).join(':'),
    GIT_PROTOCOL_FROM_USER: '0',
    ...(command.objects === undefined ? {} : { GIT_OBJECT_DIRECTORY: command.objects }),
    ...(command.gnupgHome === undefined ? {} : { GNUPGHOME: command.gnupgHome }),
    ...writer,
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=15',
    ...config,
  };
}

function notStarted(cause: Error): TerminalError {
  return new TerminalError('The program git could not be started.', {
    code: 'git.failed',
    help: 'Install git, or put it on the PATH.',
    cause,
  });
}

function timedOut(verb: string, timeoutMs: number): RetryableError {
  return new RetryableError(`git ${verb} did not end within ${timeoutMs} ms and was stopped.`, { code: 'git.timeout' });
}

function aborted(): RetryableError {
  return new RetryableError('The Git command was interrupted.', { code: 'git.timeout' });
}

function tooMuch(verb: string): TerminalError {
  return new TerminalError(`git ${verb} gave more output than is read.`, {
    code: 'git.tree_too_large',
    help: 'Give the environment narrower paths.',
  });
}
