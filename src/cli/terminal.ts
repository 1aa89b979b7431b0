import { createInterface } from 'node:readline/promises';
import pc from 'picocolors';
import type { TerminalSettings } from '../config.ts';
import { exitCodes, TerminalError } from '../errors.ts';

export type Colors = ReturnType<typeof pc.createColors>;

/** A stream that may be a terminal. */
export type Sink = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly writableNeedDrain?: boolean;
};

export interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: Sink;
  readonly stderr: Sink;
}

/** Where a command's words go: data to stdout, everything else to stderr. */
export interface Terminal {
  /** Writes a line of data. */
  out(text: string): void;
  /** Writes a line of a format whose own escaping has made it safe, such as commands to a build log. */
  exact(text: string): void;
  /** Ends once whoever reads the data has room for more, or is gone; what is long is written a part at a time. */
  drained(): Promise<void>;
  /** Writes a line for people. */
  note(text: string): void;
  /** From 40 to 200 columns. */
  readonly width: number;
  /** Wider where nobody looks: a table that goes to a program is cut as late as may be. */
  readonly tableWidth: number;
  /** How many lines of what was written may be written over; 0 where nothing can be. */
  readonly rows: number;
  /** Whether data may carry colours. */
  readonly color: boolean;
  /** Whether trees may be drawn with more than ASCII. */
  readonly unicode: boolean;
  readonly colors: Colors;
  /** Colours for stderr, which may be a terminal when stdout is a pipe. */
  readonly noteColors: Colors;
  /** Asks a question, or refuses with the name of the flag that answers it when there is nobody to ask. */
  ask(question: string, flag: string): Promise<string>;
}

const widthMin = 40;
const widthMax = 200;

export type ColorChoice = 'auto' | 'always' | 'never';

export interface TerminalOptions {
  readonly settings: TerminalSettings;
  readonly choice: ColorChoice;
  readonly quiet: boolean;
}

export function createTerminal(streams: Streams, options: TerminalOptions): Terminal {
  const color = mayColor(streams.stdout, options);
  return {
    out: (text) => void streams.stdout.write(`${withoutCommands(text)}\n`),
    exact: (text) => void streams.stdout.write(`${text}\n`),
    drained: () => drained(streams.stdout),
    note: (text) => {
      if (!options.quiet) streams.stderr.write(`${withoutCommands(text)}\n`);
    },
    tableWidth: clampWidth(
      options.settings.columns ?? (streams.stdout.isTTY === true ? (streams.stdout.columns ?? 100) : widthMax),
    ),
    width: clampWidth(options.settings.columns ?? streams.stdout.columns ?? streams.stderr.columns ?? 100),
    rows: streams.stdout.isTTY === true && !options.settings.dumb ? (streams.stdout.rows ?? 24) : 0,
    color,
    unicode: options.settings.utf8,
    colors: pc.createColors(color),
    noteColors: pc.createColors(mayColor(streams.stderr, options)),
    ask: (question, flag) => ask(streams, question, flag),
  };
}

function drained(stream: Sink): Promise<void> {
  if (stream.writableNeedDrain !== true) return Promise.resolve();
  const ends = ['drain', 'close', 'error'];
  return new Promise((resolve) => {
    const done = () => {
      for (const end of ends) stream.off(end, done);
      resolve();
    };
    for (const end of ends) stream.on(end, done);
  });
}

/**
 * A build log takes a line that begins with `::`, after blanks, for a command to the build. Looked for here and not
 * where texts are made safe, because wrapping decides what begins a line. No line of JSON begins so.
 */
function withoutCommands(text: string): string {
  return text.includes('::') ? text.replace(/^([^\S\n]*):(?=:)/gm, '$1\\u{3a}') : text;
}

function mayColor(stream: Sink, { settings, choice }: TerminalOptions): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (settings.noColor) return false;
  if (settings.forceColor) return true;
  return stream.isTTY === true && !settings.dumb;
}

/** Narrower than 40 columns wraps into noise; wider than 200 loses the eye. */
export function clampWidth(columns: number): number {
  return Math.min(widthMax, Math.max(widthMin, columns));
}

async function ask(streams: Streams, question: string, flag: string): Promise<string> {
  if (streams.stdin.isTTY !== true) {
    throw new TerminalError('This asks a question, and standard input is not a terminal.', {
      code: 'cli.not_interactive',
      help: `Pass ${flag} to answer it on the command line.`,
      exit: exitCodes.usage,
    });
  }
  const reader = createInterface({ input: streams.stdin, output: streams.stderr });
  // Ctrl-C and Ctrl-D are answers too: else the question would never end.
  const closed = new Promise<never>((_resolve, reject) => reader.once('close', () => reject(unanswered())));
  reader.once('SIGINT', () => reader.close());
  try {
    return (await Promise.race([reader.question(question), closed])).trim();
  } finally {
    closed.catch(() => undefined);
    reader.close();
  }
}

function unanswered(): TerminalError {
  return new TerminalError('The question was not answered.', {
    code: 'cli.declined',
    help: 'Run it again, and answer.',
    exit: exitCodes.unexpected,
  });
}

/** Cuts to `width` columns, with an ellipsis where something was lost. */
export function truncate(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
