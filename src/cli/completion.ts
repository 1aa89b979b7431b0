import { Argument } from 'commander';
import type { Command } from 'commander';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

/** `pawl completion <shell>`: added last, and asked when everything is in the table. */
export function addCompletionCommand(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  program
    .command('completion')
    .description('a script that completes commands, options and kinds in a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .action(async (shell: Shell) => {
      context.terminal.out((await scriptOf(shell, program)).trimEnd());
      outcome.exit = exitCodes.success;
    });
}

async function scriptOf(shell: Shell, program: Command): Promise<string> {
  const { completionWords } = await import('./completion-words.ts');
  const commands = completionWords(program);
  switch (shell) {
    case 'bash':
      return (await import('./completion-bash.ts')).bashCompletion(commands);
    case 'zsh':
      return (await import('./completion-zsh.ts')).zshCompletion(commands);
    case 'fish':
      return (await import('./completion-fish.ts')).fishCompletion(commands);
  }
}
