import type { CommandWords, OptionWords } from './completion-words.ts';

/** `source <(pawl completion bash)` */
export function bashCompletion(commands: readonly CommandWords[]): string {
  return `# bash completion of pawl. To have it: source <(pawl completion bash)
_pawl() {
  local cur prev word path='' skip='' args=0 index first='' options=''
  cur="\${COMP_WORDS[COMP_CWORD]}"
  prev="\${COMP_WORDS[COMP_CWORD-1]}"
  # bash takes the = of --output=json for a word of its own.
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' && COMP_CWORD -gt 2 ]]; then
    prev="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [[ $word == '=' ]]; then skip=1; continue; fi
    if [[ -n $skip ]]; then skip=''; continue; fi
    case "$path $word" in
${commands.flatMap(({ path }) => (path.length === 0 ? [] : [enter(path)])).join('\n')}
${commands.flatMap(skipValues).join('\n')}
      *) [[ $word == -* ]] || args=$((args + 1)) ;;
    esac
  done
  case "$path $prev" in
${commands.flatMap(offerValues).join('\n')}
  esac
  case "$path" in
${commands.map(offerWords).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [[ $args -eq 0 ]]; then
    COMPREPLY=($(compgen -W "$first" -- "$cur"))
  fi
}
complete -o default -F _pawl pawl
`;
}

function enter(path: readonly string[]): string {
  return `      '${[path.slice(0, -1).join(' '), path.at(-1)].join(' ')}') path='${path.join(' ')}' ;;`;
}

function patterns({ path }: CommandWords, { flags }: OptionWords): string {
  return flags.map((flag) => `'${path.join(' ')} ${flag}'`).join('|');
}

function skipValues(command: CommandWords): readonly string[] {
  const taking = command.options.filter(({ value }) => value !== 'none');
  if (taking.length === 0) return [];
  return [`      ${taking.map((option) => patterns(command, option)).join('|')}) skip=1 ;;`];
}

/** Where a value cannot be guessed, nothing is offered, and bash goes on to offer files. */
function offerValues(command: CommandWords): readonly string[] {
  return command.options.flatMap((option) => {
    if (option.value === 'none') return [];
    const words = option.value === 'any' ? '' : option.value.join(' ');
    return [`    ${patterns(command, option)}) COMPREPLY=($(compgen -W '${words}' -- "$cur")); return ;;`];
  });
}

function offerWords({ path, first, options }: CommandWords): string {
  const flags = options.flatMap((option) => option.flags).join(' ');
  return `    '${path.join(' ')}') first='${first.join(' ')}' options='${flags}' ;;`;
}
