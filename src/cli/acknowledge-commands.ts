import { Option } from 'commander';
import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { environment } from './option.ts';

/** `pawl ack`. */
export function addAcknowledgeCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  program
    .command('ack')
    .description('agree to risks and guards of a plan, so that it may be applied')
    .argument('<id...>', 'as `pawl plan` shows them: `R1-3f2a`, `guard.deletes`, `bootstrap`')
    .requiredOption('--plan <digest>', 'of the plan that you looked at: sixteen or more of its digits')
    .option('--reason <text>', 'why, for the record')
    .option('--ref <ref>', "a branch, tag or commit instead of the environment's branch")
    .addOption(environment())
    .addOption(new Option('-o, --output <format>', 'format of the data').choices(['text', 'json']).default('text'))
    .action(async (ids: readonly string[], options) => {
      outcome.exit = await (await import('./ack.ts')).ackCommand(context, { ...options, ids });
    });
}
