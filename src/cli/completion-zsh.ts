import type { CommandWords, OptionWords } from './completion-words.ts';

/** `source <(pawl completion zsh)`, or a file `_pawl` on the `fpath`. */
export function zshCompletion(commands: readonly CommandWords[]): string {
  const names = commands.filter(({ path }) => path.length === 1);
  return `#compdef pawl
# zsh completion of pawl. To have it: source <(pawl completion zsh)
_pawl() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C \\
${(commands[0]?.options ?? []).map((option) => `    ${specification(option)} \\`).join('\n')}
    '1:command:->command' \\
    '*::argument:->argument'
  case $state in
    command)
      local -a commands
      commands=(
${names.map(({ path, description }) => `        '${path.join('')}:${escaped(description)}'`).join('\n')}
        'help:help for a command'
      )
      _describe command commands
      ;;
    argument)
      case $words[1] in
${names.map((command) => branch(command, commands)).join('\n')}
        *) _files ;;
      esac
      ;;
  esac
}
if [[ $funcstack[1] == _pawl ]]; then _pawl "$@"; else compdef _pawl pawl; fi
`;
}

/** What is below a command is offered with it: one level is as deep as the table goes. */
function branch(command: CommandWords, commands: readonly CommandWords[]): string {
  const [name = ''] = command.path;
  const family = commands.filter(({ path }) => path[0] === name);
  const options = new Map(family.flatMap((member) => member.options.map((option) => [option.flags.join(), option])));
  const first = command.first.length === 0 ? `'1:argument:_files'` : `'1:argument:(${command.first.join(' ')})'`;
  return [
    `        ${name})`,
    '          _arguments \\',
    ...[...options.values()].map((option) => `            ${specification(option)} \\`),
    `            ${first} \\`,
    `            '*:argument:_files'`,
    '          ;;',
  ].join('\n');
}

function specification({ flags, description, value }: OptionWords): string {
  const action = value === 'none' ? '' : value === 'any' ? ':value:_files' : `:value:(${value.join(' ')})`;
  const said = `[${escaped(description)}]${action}`;
  const [only = ''] = flags;
  return flags.length === 1 ? `'${only}${said}'` : `'(${flags.join(' ')})'{${flags.join(',')}}'${said}'`;
}

function escaped(description: string): string {
  return description.replace(/[\\:[\]`$"]/g, '\\$&').replaceAll("'", `'\\''`);
}
