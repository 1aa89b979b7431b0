import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { environment, output } from './option.ts';

/** Has controllers look now, or wait. */
export function addSyncCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  const group = program
    .command('sync')
    .description('have the controller look now, and say what came of it')
    .addOption(environment())
    .option('--timeout <duration>', 'how long to wait for it: 30s, 2m', '1m')
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./sync.ts')).syncCommand(context, options);
    });
  group
    .command('suspend')
    .description('have controllers change nothing of an environment')
    .requiredOption('--reason <text>', 'why, for whoever wonders')
    .option('--for <duration>', 'it ends by itself after so long: 30m, 2h')
    .action(async (_options, command: Command) => {
      outcome.exit = await (await import('./sync.ts')).suspendCommand(context, command.optsWithGlobals());
    });
  group
    .command('resume')
    .description('let controllers go on')
    .action(async (_options, command: Command) => {
      outcome.exit = await (await import('./sync.ts')).resumeCommand(context, command.optsWithGlobals());
    });
  group
    .command('claim')
    .description('take an environment over that another repository declared first')
    .action(async (_options, command: Command) => {
      outcome.exit = await (await import('./sync.ts')).claimCommand(context, command.optsWithGlobals());
    });
}
