import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { builtSources } from './built-sources.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
// Built where no test's limit runs, of the same sources as this process was loaded from.
const sources = builtSources();
// Generous: a machine that is busy elsewhere stops for seconds.
const waitMsDefault = 40_000;
const outputCharactersMax = 4 * 1024 * 1024;

export interface ProcessOptions {
  /** From the checkout's root: `src/main.ts` runs from the built sources, `bin/pawl.js` as it is. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** Added to this process's environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Written to standard input, which is then closed. */
  readonly input?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface TestProcess {
  readonly pid: number;
  /** Everything written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** The first match in standard output, also in what was written before the call; fails at the limit or at the end. */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Waits until the process has ended by itself and its output is complete. */
  exited(timeoutMs?: number): Promise<Exit>;
  /** Sends the signal and waits for the end; SIGKILL, that is `kill -9`, where none is given. */
  kill(signal?: NodeJS.Signals): Promise<Exit>;
  signal(signal: NodeJS.Signals): void;
}

const running = new Set<ChildProcess>();
// A test that fails half-way must not leave a worker behind that claims the next test's runs.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a Node process of ours. */
export function startProcess(options: ProcessOptions): TestProcess {
  const child = spawn(process.execPath, [programPath(options.entry), ...(options.args ?? [])], {
    cwd: options.cwd ?? root,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  // A process that ends before it reads its input is the test's business only through its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  return new Started(child);
}

/** The file that Node runs for an entry: of a TypeScript source, what it was built to. */
export function programPath(entry: string): string {
  if (!entry.endsWith('.ts')) return fileURLToPath(new URL(entry, pathToFileURL(root)));
  sources.use();
  return join(sources.folder, entry.replace(/\.ts$/, '.js'));
}

/** Starts a process and waits for its end. */
export async function runProcess(
  options: ProcessOptions & { readonly timeoutMs?: number },
): Promise<Exit & { readonly stdout: string; readonly stderr: string }> {
  const started = startProcess(options);
  const exit = await started.exited(options.timeoutMs);
  return { ...exit, stdout: started.stdout, stderr: started.stderr };
}

class Started implements TestProcess {
  readonly pid: number;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<Exit>;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? -1;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout = (this.stdout + text).slice(-outputCharactersMax);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-outputCharactersMax);
    });
    this.#ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        running.delete(child);
        resolve({ code, signal });
      });
    });
    // The failure reaches whoever waits; a process nobody waits for must not end the test run.
    this.#ended.catch(() => undefined);
  }

  async waitFor(pattern: RegExp, timeoutMs = waitMsDefault): Promise<RegExpExecArray> {
    const limit = AbortSignal.timeout(timeoutMs);
    const ended = this.#ended.then(() => 'ended' as const);
    for (;;) {
      const match = new RegExp(pattern.source, pattern.flags.replace('g', '')).exec(this.stdout);
      if (match !== null) return match;
      if (limit.aborted) throw this.#failure(`did not print ${pattern} within ${timeoutMs} ms`);
      const next = await Promise.race([ended, this.#moreOutput(limit)]);
      if (next === 'ended' && !pattern.test(this.stdout)) throw this.#failure(`ended without printing ${pattern}`);
    }
  }

  async exited(timeoutMs = waitMsDefault): Promise<Exit> {
    const limit = AbortSignal.timeout(timeoutMs);
    const late = once(limit, 'abort').then(() => undefined);
    const exit = await Promise.race([this.#ended, late]);
    if (exit !== undefined) return exit;
    await this.kill();
    throw this.#failure(`did not end within ${timeoutMs} ms, and was killed`);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    this.#child.kill(signal);
    if (signal === 'SIGKILL') return this.#ended;
    return this.exited();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async #moreOutput(limit: AbortSignal): Promise<'more'> {
    const output = this.#child.stdout;
    if (output !== null) await once(output, 'data', { signal: limit }).catch(() => undefined);
    return 'more';
  }

  #failure(what: string): Error {
    return new Error(`Process ${this.pid} ${what}.\nstdout:\n${tail(this.stdout)}\nstderr:\n${tail(this.stderr)}`);
  }
}

function tail(text: string): string {
  return text.slice(-4_000);
}
