import { text } from 'node:stream/consumers';
import { exitCodes, TerminalError } from '../errors.ts';
import { isJsonObject } from '../manifest/json.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import { shownText } from '../manifest/shown.ts';
import { readNamed } from './files.ts';

export interface InputWords {
  readonly set?: readonly string[];
  readonly input?: string;
}

/** Where the words were typed. */
export interface InputSources {
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream;
}

/** The run's input from `--input FILE` (`-` is standard input) with every `-i key=value` over it. */
export async function readInput(words: InputWords, sources: InputSources): Promise<JsonObject> {
  const base = words.input === undefined ? {} : await readInputFile(words.input, sources);
  const wrong = (words.set ?? []).filter((word) => word.indexOf('=') < 1);
  if (wrong.length > 0) throw noAssignment(wrong);
  return { ...base, ...Object.fromEntries((words.set ?? []).map(parseAssignment)) };
}

async function readInputFile(file: string, { cwd, stdin }: InputSources): Promise<JsonObject> {
  const content = file === '-' ? await text(stdin) : await readNamed(cwd, file);
  const value = parseJsonInput(content, file);
  if (isJsonObject(value)) return value;
  throw usage(`${file} holds no JSON object.`, 'A run takes one object of named inputs.');
}

export function parseJsonInput(content: string, file: string): Json {
  try {
    return JSON.parse(content) as Json;
  } catch (error) {
    throw usage(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`, 'Mend the file.');
  }
}

function noAssignment(words: readonly string[]): TerminalError {
  const shown = words.map((word) => `"${shownText(word)}"`).join(', ');
  return usage(
    `${shown} ${words.length === 1 ? 'is' : 'are'} not key=value.`,
    'Write -i key=value; quote the whole where the value has spaces.',
  );
}

function parseAssignment(word: string): readonly [string, Json] {
  const equals = word.indexOf('=');
  return [word.slice(0, equals), jsonOrText(word.slice(equals + 1))];
}

/** `3`, `true`, `[1]` and `{"a":1}` are JSON; anything else is text, so that plain words need no quotes. */
export function jsonOrText(value: string): Json {
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

function usage(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'cli.usage', help, exit: exitCodes.usage });
}
