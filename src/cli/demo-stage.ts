import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { isJsonObject } from '../manifest/json.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { AuthoredRepository } from '../source/author.ts';
import { openDatabase } from '../store/database.ts';
import { editByHand } from '../store/hand-edit.ts';
import type { CliContext } from './context.ts';
import type { Sink } from './terminal.ts';
import { wrap } from './wrap.ts';

const defaultColumns = 100;
const policy = { environment: 'production', address: 'AgentPolicy/support/no-automatic-refunds' };

export interface TypeOptions {
  /** The exit code that the command must end with. */
  readonly wanted?: ExitCode;
  /** How many lines of a long output are shown from its start and from its end. */
  readonly first?: number;
  readonly last?: number;
}

/** What a chapter can do: say something, run a command, or act as somebody else would. */
export interface Stage {
  say(text: string): void;
  /** Shows the command that a user would type, and runs it. */
  type(words: readonly string[], options?: TypeOptions): Promise<void>;
  /** Shows a command of another tool, which `act` then does. */
  other<Result>(command: string, act: () => Promise<Result>): Promise<Result>;
  /** Agrees to everything that a saved plan waits for, as somebody does who has read it. */
  acknowledge(file: string, reason: string): Promise<void>;
  edit(path: string, change: { readonly from: string; readonly to: string }): Promise<void>;
  readonly repository: AuthoredRepository;
  /** Writes a live row past pawl, as somebody with a database console would. */
  tamper(): Promise<void>;
}

export function createStage(context: CliContext, folder: string, repository: AuthoredRepository): Stage {
  const { terminal } = context;
  const { bold, dim } = terminal.colors;
  const prompt = (command: string): void => terminal.out(`\n${dim('$')} ${bold(command)}`);
  const type: Stage['type'] = async (words, { wanted = exitCodes.success, first, last = 0 } = {}) => {
    prompt(`pawl ${words.map(quoted).join(' ')}`);
    const sink = first === undefined ? context.stdout : new Recording(context.stdout);
    const exit = await context.rehearse(words, folder, sink);
    if (sink instanceof Recording) terminal.out(sink.excerpt(first ?? 0, last).join('\n'));
    if (exit !== wanted) throw unexpected(words, exit, wanted);
    if (wanted !== exitCodes.success) terminal.out(dim(`(exit code ${exit})`));
  };
  return {
    repository,
    say: (text) => terminal.out(wrap(text, Math.min(terminal.width, 100))),
    type,
    acknowledge: async (file, reason) => {
      const { ids, digest } = await decisionsOf(join(folder, file));
      await type(['ack', ...ids, '--plan', digest.slice(0, 16), '--reason', reason]);
    },
    other: (command, act) => {
      prompt(command);
      return act();
    },
    edit: async (path, { from, to }) => {
      const file = join(folder, path);
      const before = await readFile(file, 'utf8');
      if (!before.includes(from)) throw new TypeError(`${path} no longer holds what the demo changes`);
      await writeFile(file, before.replace(from, to));
      terminal.out(dim(`  edits ${path}`));
    },
    tamper: () => tamper(folder),
  };
}

interface SavedDecisions {
  readonly plan_digest: string;
  readonly risks: readonly { readonly id: string; readonly gate: 'ack' | 'notice' }[];
}

/** Of a file that `pawl plan --out` wrote a moment ago. */
async function decisionsOf(file: string): Promise<{ readonly ids: readonly string[]; readonly digest: string }> {
  const { plan_digest: digest, risks } = JSON.parse(await readFile(file, 'utf8')) as SavedDecisions;
  return { ids: risks.filter(({ gate }) => gate === 'ack').map(({ id }) => id), digest };
}

async function tamper(folder: string): Promise<void> {
  const database = await openDatabase({ directory: join(folder, '.pawl', 'db'), applicationName: 'psql' });
  try {
    await editByHand(database.db, policy, withoutDenials);
  } finally {
    await database.close();
  }
}

function withoutDenials(body: JsonObject): JsonObject {
  const { spec } = body;
  if (!isJsonObject(spec)) throw new TypeError('a policy has a spec');
  return { ...body, spec: { ...spec, tools: { deny: [] } } };
}

function unexpected(words: readonly string[], exit: ExitCode, wanted: ExitCode): TerminalError {
  return new TerminalError(`\`pawl ${words.join(' ')}\` ended with ${exit}, where the demo expects ${wanted}.`, {
    code: 'demo.failed',
    help: 'This is a bug in pawl: report it with the output above.',
  });
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What a command says, kept to show the ends of it. */
class Recording extends Writable {
  readonly isTTY: boolean;
  readonly columns: number;
  #text = '';

  constructor(like: Sink) {
    super({ decodeStrings: false });
    this.isTTY = like.isTTY === true;
    this.columns = like.columns ?? defaultColumns;
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.#text += chunk;
    done();
  }

  /** The first and last lines, and in place of what is between them a line that says how much that is. */
  excerpt(first: number, last: number): readonly string[] {
    const lines = this.#text.trimEnd().split('\n');
    const hidden = lines.length - first - last;
    if (hidden <= 1) return lines;
    return [...lines.slice(0, first), `  … ${hidden} lines more …`, ...lines.slice(lines.length - last)];
  }
}
