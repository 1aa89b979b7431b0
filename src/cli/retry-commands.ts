import { Option } from 'commander';
import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { count, environment } from './option.ts';

/** Runs that ended without success, started again. */
export function addRetryCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  program
    .command('retry')
    .description('start runs that did not succeed again from their journals, or dead letters')
    .argument('[runs...]', 'their ids')
    .option('--from-start', 'a new run with the same input, of what is live now')
    .option('--dead-letters', 'the dead letters of the environment, the oldest first')
    .option('--system <name>', 'with --dead-letters: of one AgentSystem, `namespace/name`')
    .option('--limit <n>', 'with --dead-letters: at most so many', count, 100)
    .option('--dry-run', 'with --dead-letters: only say which')
    .addOption(environment())
    .addOption(new Option('-o, --output <format>', 'format of the data').choices(['text', 'json']).default('text'))
    .action(async (runs: readonly string[], options) => {
      outcome.exit = await (await import('./retry.ts')).retryCommand(context, { ...options, runs });
    });
}
