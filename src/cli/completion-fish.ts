import type { CommandWords, OptionWords } from './completion-words.ts';

/** `pawl completion fish | source`, or a file in fish's `completions` folder. */
export function fishCompletion(commands: readonly CommandWords[]): string {
  return [
    '# fish completion of pawl. To have it: pawl completion fish | source',
    ...commands.flatMap((command) => [
      ...command.options.map((option) => `complete -c pawl -n '${conditionOf(command)}' ${optionOf(option)}`),
      ...wordsOf(command, commands),
    ]),
    '',
  ].join('\n');
}

/** One level below a command is as deep as the table goes. */
function conditionOf({ path }: CommandWords): string {
  const [name, below] = path;
  if (name === undefined) return '__fish_use_subcommand';
  const inside = `__fish_seen_subcommand_from ${name}`;
  return below === undefined ? inside : `${inside}; and __fish_seen_subcommand_from ${below}`;
}

function optionOf({ flags, description, value }: OptionWords): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const takes = value === 'none' ? [] : value === 'any' ? ['-r'] : [`-x -a ${quoted(value.join(' '))}`];
  return [...names, ...takes, `-d ${quoted(description)}`].join(' ');
}

function wordsOf(command: CommandWords, commands: readonly CommandWords[]): readonly string[] {
  const condition = conditionOf(command);
  return command.first.map((word) => {
    const found = commands.find(({ path }) => path.join(' ') === [...command.path, word].join(' '));
    const description = found === undefined ? '' : ` -d ${quoted(found.description)}`;
    return `complete -c pawl -n '${condition}' -f -a ${word}${description}`;
  });
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
