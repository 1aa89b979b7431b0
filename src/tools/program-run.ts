import type { Readable } from 'node:stream';
import type { IsolatedExit, IsolatedProcess } from './isolation/isolated.ts';

/** What a program is given, and what ends it before it ends by itself. */
export interface ProgramTerms {
  readonly input: string;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
  readonly deadline: AbortSignal;
}

/** Why a program was ended before it ended by itself. */
export type Cut = 'tool.timeout' | 'tool.aborted' | 'result.too_large';

/** How it came to an end. */
export interface ProgramEnd {
  readonly exit: IsolatedExit;
  readonly cut: Cut | undefined;
  readonly output: Buffer;
  readonly errors: string;
}

/** What is kept of the error output: it is read to its end, so that the program never waits for a reader. */
const errorBytesMax = 64 * 1024;

/** Feeds a program, reads it to its end and makes sure of that end. Nothing that it started is left then. */
export async function runProgram(
  process: IsolatedProcess,
  { input, bytesMax, signal, deadline }: ProgramTerms,
): Promise<ProgramEnd> {
  const { stdin, stdout, stderr } = process;
  let cut: Cut | undefined;
  const end = (why: Cut) => () => {
    cut ??= why;
    void process.kill();
  };
  const onDeadline = end('tool.timeout');
  const onAbort = end('tool.aborted');
  deadline.addEventListener('abort', onDeadline, { once: true });
  signal.addEventListener('abort', onAbort, { once: true });
  if (deadline.aborted) onDeadline();
  if (signal.aborted) onAbort();
  const output = collect(stdout, { bytesMax, full: end('result.too_large') });
  const errors = collect(stderr, { bytesMax: errorBytesMax, full: () => undefined });
  stdin.end(input);
  const exit = await process.exited;
  deadline.removeEventListener('abort', onDeadline);
  signal.removeEventListener('abort', onAbort);
  // Whoever held the pipes has ended with the program: what is left in them is read, and no more comes.
  await process.kill();
  const late = setTimeout(() => {
    stdout.destroy();
    stderr.destroy();
  }, pipesWithinMs);
  const [read, said] = await Promise.all([output, errors]);
  clearTimeout(late);
  return { exit, cut, output: read, errors: said.toString('utf8') };
}

/** A pipe that stays open for longer is one that somebody else holds. */
const pipesWithinMs = 2_000;

/** Reads to the end and keeps the beginning. */
function collect(
  stream: Readable,
  { bytesMax, full }: { readonly bytesMax: number; readonly full: () => void },
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      if (bytes + chunk.byteLength > bytesMax) full();
      if (bytes < bytesMax) parts.push(chunk.subarray(0, bytesMax - bytes));
      bytes += chunk.byteLength;
    });
    const done = () => resolve(Buffer.concat(parts));
    stream.once('error', done);
    stream.once('close', done);
  });
}
