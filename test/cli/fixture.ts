import { PassThrough } from 'node:stream';
import type { App } from '../../src/cli/app-port.ts';
import { runCli } from '../../src/cli/program.ts';

export interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line in this process, without a terminal; a command that needs the wiring fails unless given one. */
export async function say(
  words: readonly string[],
  options: {
    readonly app?: App;
    readonly cwd?: string;
    readonly signal?: AbortSignal;
    readonly stdin?: NodeJS.ReadableStream;
  } = {},
): Promise<Said> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const wiring = (): Promise<App> => {
    if (options.app === undefined) return Promise.reject(new Error('this command needs no wiring'));
    return Promise.resolve(options.app);
  };
  const exit = await runCli(words, {
    streams: { stdin: options.stdin ?? new PassThrough(), stdout, stderr },
    app: wiring,
    bareApp: wiring,
    signal: options.signal ?? new AbortController().signal,
    cwd: options.cwd ?? process.cwd(),
  });
  return { exit, stdout: textOf(stdout), stderr: textOf(stderr) };
}

function textOf(stream: PassThrough): string {
  return (stream.read() as Buffer | null)?.toString('utf8') ?? '';
}
