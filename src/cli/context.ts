import { neutralJson } from '../manifest/neutral.ts';
import type { App, Door } from './app-port.ts';
import type { Sink, Streams, Terminal } from './terminal.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';

/** What every command is given. */
export interface CliContext {
  readonly terminal: Terminal;
  /** Loads the wiring when a command first needs it, so that `pawl version` starts without it. */
  readonly app: (cwd: string) => Promise<App>;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  readonly cwd: string;
  readonly stdin: Streams['stdin'];
  /** Runs another command line in a folder, offline and apart from the user's settings; all it says goes to `sink`. */
  readonly rehearse: (words: readonly string[], cwd: string, sink: Sink) => Promise<ExitCode>;
  readonly stdout: Sink;
}

/** Lends the operations to `use` and closes them whatever happens. */
export async function withDoor<Result>(context: CliContext, use: (door: Door) => Promise<Result>): Promise<Result> {
  const app = await context.app(context.cwd);
  const door = await app.open();
  try {
    return await use(door);
  } finally {
    await door.close();
  }
}

/** The environment that the command names, else the only one there is. */
export async function chooseEnvironment(door: Door, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const [first, ...others] = await door.operations.environments();
  if (first === undefined) {
    throw new TerminalError('pawl.yaml declares no environment.', {
      code: 'environment.none',
      help: 'Add one under `environments`, or run `pawl validate`.',
      exit: exitCodes.findings,
    });
  }
  if (others.length === 0) return first.name;
  const names = [first, ...others].map((environment) => environment.name).join(', ');
  throw new TerminalError(`pawl.yaml declares several environments: ${names}.`, {
    code: 'cli.environment_ambiguous',
    help: 'Pass --env with one of them.',
    exit: exitCodes.usage,
  });
}

/** The same on one line, of many: each is a document. */
export function jsonLine(terminal: Terminal, body: object): void {
  terminal.out(neutralJson(JSON.stringify({ format_version: '1.0', ...body })));
}

/** Versioned JSON: `format_version` first, keys only ever added (so that a list is a member, never the whole); what would act on a terminal is escaped as JSON can. */
export function json<Body extends object>(
  terminal: Terminal,
  body: Body extends readonly unknown[] ? never : Body,
): void {
  terminal.out(neutralJson(JSON.stringify({ format_version: '1.0', ...body }, null, 2)));
}
