import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { RetryableError, TerminalError } from '../errors.ts';
import { type GitCommand, killGit, lastWords, startGit } from './git-process.ts';

/** What `cat-file` says of one name. */
export type Found =
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'object';
      readonly id: string;
      readonly type: string;
      readonly size: number;
      readonly bytes: Buffer | undefined;
    };

interface Pending {
  readonly name: string;
  readonly bytesMax: number;
  readonly resolve: (found: Found) => void;
  readonly reject: (error: Error) => void;
}

interface Reading {
  readonly id: string;
  readonly type: string;
  readonly size: number;
  readonly chunks: Buffer[] | undefined;
  /** Content and the line feed after it. */
  left: number;
}

const headerBytesMax = 4096;
const namesInFlightMax = 512;

/** One long-lived `git cat-file`: a process a tree or a blob would cost more than the reading. */
export class CatFile {
  readonly #command: GitCommand;
  readonly #mode: '--batch' | '--batch-check';
  readonly #timeoutMs: number;
  readonly #queue: Pending[] = [];
  #child: ChildProcessWithoutNullStreams | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  #reading: Reading | undefined;
  #stderr = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(command: GitCommand, mode: '--batch' | '--batch-check', timeoutMs: number) {
    this.#command = command;
    this.#mode = mode;
    this.#timeoutMs = timeoutMs;
  }

  /** Answers in the order of the names. Content above `bytesMax` is passed over, and then absent. */
  async ask(names: readonly string[], bytesMax: number): Promise<Found[]> {
    const answers: Found[] = [];
    for (let start = 0; start < names.length; start += namesInFlightMax) {
      const some = names.slice(start, start + namesInFlightMax);
      answers.push(...(await this.#askSome(some, bytesMax)));
    }
    return answers;
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const closed = new Promise((resolve) => child.once('close', resolve));
    this.#fail(child, new RetryableError('The repository was closed.', { code: 'git.failed' }));
    await closed;
  }

  #askSome(names: readonly string[], bytesMax: number): Promise<Found[]> {
    const child = this.#child ?? this.#start();
    const answers = names.map(
      (name) =>
        new Promise<Found>((resolve, reject) => {
          this.#queue.push({ name, bytesMax, resolve, reject });
        }),
    );
    child.stdin.write(`${names.join('\n')}\n`);
    this.#watch(child);
    return Promise.all(answers);
  }

  #start(): ChildProcessWithoutNullStreams {
    const child = startGit(this.#command, ['cat-file', this.#mode]);
    this.#child = child;
    this.#buffer = Buffer.alloc(0);
    this.#reading = undefined;
    this.#stderr = '';
    child.stdin.on('error', () => {
      // The end of the process is reported by 'close'.
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (this.#stderr.length < 8192) this.#stderr += chunk.toString('utf8');
    });
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.#child === child) this.#take(child, chunk);
    });
    child.on('error', (cause) => {
      this.#fail(child, new TerminalError('The program git could not be started.', { code: 'git.failed', cause }));
    });
    child.on('close', () => this.#fail(child, this.#ended()));
    return child;
  }

  /**
   * Restarts the clock at every answer: it bounds one object, not the whole list. Where this process was busy past the
   * time, what Git has answered meanwhile is read first: timers come before it in a turn of the event loop, and
   * immediates after it.
   */
  #watch(child: ChildProcessWithoutNullStreams): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#queue.length === 0) return;
    const timer = setTimeout(() => {
      setImmediate(() => {
        if (this.#timer !== timer) return;
        const message = `git cat-file did not answer within ${this.#timeoutMs} ms and was stopped.`;
        this.#fail(child, new RetryableError(message, { code: 'git.timeout' }));
      });
    }, this.#timeoutMs);
    this.#timer = timer;
  }

  #take(child: ChildProcessWithoutNullStreams, chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      rest = this.#reading === undefined ? this.#takeHeader(child, rest) : this.#takeContent(this.#reading, rest);
    }
    if (this.#child === child) this.#watch(child);
  }

  #takeHeader(child: ChildProcessWithoutNullStreams, chunk: Buffer): Buffer {
    const end = chunk.indexOf(10);
    const line = Buffer.concat([this.#buffer, end === -1 ? chunk : chunk.subarray(0, end)]);
    if (line.length > headerBytesMax) {
      this.#fail(child, new TerminalError('git cat-file gave an answer that is not one.', { code: 'git.failed' }));
      return Buffer.alloc(0);
    }
    this.#buffer = end === -1 ? line : Buffer.alloc(0);
    if (end === -1) return Buffer.alloc(0);
    this.#header(line.toString('utf8'));
    return chunk.subarray(end + 1);
  }

  #header(line: string): void {
    const match = /^([0-9a-f]{40,64}) ([a-z]+) (\d{1,15})$/.exec(line);
    const [, id, type, digits] = match ?? [];
    if (id === undefined || type === undefined || digits === undefined) return this.#answer({ kind: 'missing' });
    const size = Number(digits);
    if (this.#mode === '--batch-check') return this.#answer({ kind: 'object', id, type, size, bytes: undefined });
    const kept = size <= (this.#queue[0]?.bytesMax ?? 0);
    this.#reading = { id, type, size, chunks: kept ? [] : undefined, left: size + 1 };
  }

  #takeContent(reading: Reading, chunk: Buffer): Buffer {
    const part = chunk.subarray(0, reading.left);
    reading.left -= part.length;
    reading.chunks?.push(part);
    if (reading.left === 0) {
      this.#reading = undefined;
      const { id, type, size, chunks } = reading;
      // A slice of the pipe's buffer would keep all of it alive, so a blob gets bytes of its own.
      const bytes = chunks === undefined ? undefined : Buffer.concat(chunks, size);
      this.#answer({ kind: 'object', id, type, size, bytes });
    }
    return chunk.subarray(part.length);
  }

  #answer(found: Found): void {
    this.#queue.shift()?.resolve(found);
  }

  #fail(child: ChildProcessWithoutNullStreams, error: Error): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    clearTimeout(this.#timer);
    for (const pending of this.#queue.splice(0)) pending.reject(error);
    killGit(child);
  }

  #ended(): TerminalError {
    const name = this.#queue[0]?.name ?? 'an object';
    return new TerminalError(`Git could not read ${name}: ${lastWords(this.#stderr)}.`, {
      code: /corrupt|inflate|unable to unpack|bad object|not valid|mismatch|garbage|invalid/i.test(this.#stderr)
        ? 'git.object_corrupt'
        : 'git.failed',
      help: 'Run `git fsck` in the repository, and clone it again.',
    });
  }
}
