import type { Command, Option } from 'commander';
import { kindWords } from '../manifest/field-lookup.ts';
import { kinds } from '../manifest/resource.ts';

/** What a shell may offer after the words of a command, read from the command table itself. */
export interface CommandWords {
  /** `['secret', 'encrypt']`; empty for `pawl` itself. */
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly OptionWords[];
  /** What its first argument may be, where that is known without asking anybody: commands, kinds, choices. */
  readonly first: readonly string[];
}

export interface OptionWords {
  readonly flags: readonly string[];
  readonly description: string;
  /** `none`: it takes no value; `any`: a value that nobody can guess, such as a file. */
  readonly value: 'none' | 'any' | readonly string[];
}

const kindsOf: Readonly<Record<string, readonly string[]>> = {
  get: [...kinds, 'all', 'runs', 'workers', 'budgets', 'halts', 'approvals'],
  describe: kinds,
  explain: kindWords,
  schema: kindWords,
};

/** The command and all below it, each with what can follow. */
export function completionWords(command: Command, path: readonly string[] = []): readonly CommandWords[] {
  const below = command.commands.filter((child) => !isHidden(child));
  const [argument] = command.registeredArguments;
  const own: CommandWords = {
    path,
    description: command.description(),
    options: [...command.options.filter(({ hidden }) => !hidden).map(optionWords), help],
    first: [
      ...below.map((child) => child.name()),
      ...(path.length === 0 ? ['help'] : []),
      ...(argument?.argChoices ?? []),
      ...(kindsOf[path.join(' ')] ?? []),
    ].filter(isPlain),
  };
  return [own, ...below.flatMap((child) => completionWords(child, [...path, child.name()]))];
}

const help: OptionWords = { flags: ['-h', '--help'], description: 'display help for command', value: 'none' };

function optionWords(option: Option): OptionWords {
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    description: option.description,
    value: option.argChoices ?? (option.required || option.optional ? 'any' : 'none'),
  };
}

function isHidden(command: Command): boolean {
  return '_hidden' in command && command._hidden === true;
}

/** A word that no shell reads as anything else. */
function isPlain(word: string): boolean {
  return /^[\w.-]+$/.test(word);
}
