import { createInterface } from 'node:readline/promises';
import pc from 'picocolors';
import type { TerminalSettings } from '../config.ts';
import { exitCodes, TerminalError } from '../errors.ts';

export type Colors = ReturnType<typeof pc.createColors>;

export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Where a command's words go: data to stdout, everything else to stderr. */
export interface Terminal {
  /** Writes a line of data. */
  out(text: string): void;
  /** Writes a line for people. */
  note(text: string): void;
  /** From 40 to 200 columns. */
  readonly width: number;
  /** Whether data may carry colours. */
  readonly color: boolean;
  readonly colors: Colors;
  /** Colours for stderr, which may be a terminal when stdout is a pipe. */
  readonly noteColors: Colors;
  /** Asks a question, or refuses with the name of the flag that answers it when there is nobody to ask. */
  ask(question: string, flag: string): Promise<string>;
}

export type ColorChoice = 'auto' | 'always' | 'never';

export interface TerminalOptions {
  readonly settings: TerminalSettings;
  readonly choice: ColorChoice;
  readonly quiet: boolean;
}

export function createTerminal(streams: Streams, options: TerminalOptions): Terminal {
  const color = mayColor(streams.stdout, options);
  return {
    out: (text) => void streams.stdout.write(`${text}\n`),
    note: (text) => {
      if (!options.quiet) streams.stderr.write(`${text}\n`);
    },
    width: clampWidth(options.settings.columns ?? streams.stdout.columns ?? streams.stderr.columns ?? 100),
    color,
    colors: pc.createColors(color),
    noteColors: pc.createColors(mayColor(streams.stderr, options)),
    ask: (question, flag) => ask(streams, question, flag),
  };
}

function mayColor(stream: NodeJS.WriteStream, { settings, choice }: TerminalOptions): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (settings.noColor) return false;
  if (settings.forceColor) return true;
  return stream.isTTY === true && !settings.dumb;
}

/** Narrower than 40 columns wraps into noise; wider than 200 loses the eye. */
export function clampWidth(columns: number): number {
  return Math.min(200, Math.max(40, columns));
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
  try {
    return (await reader.question(question)).trim();
  } finally {
    reader.close();
  }
}

// Control characters, bidirectional overrides and zero-width characters: what a manifest or a model could use to
// move the cursor, hide text or forge a line. Stripping escape sequences alone leaves CR, backspace and the rest.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this finds.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** One line of text that came from outside, with everything invisible written as an escape. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}

/** Cuts to `width` columns, with an ellipsis where something was lost. */
export function truncate(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
