import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { environment, output } from './option.ts';

/** `pawl alerts`: what is wrong, who was told, and whether telling them works. */
export function addAlertCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  const alerts = program
    .command('alerts')
    .description('show what is wrong and who was told; exit 2 while anything fires')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./alerts.ts')).alertsCommand(context, options);
    });
  alerts
    .command('test')
    .description('send a receiver a test message and print what came back')
    .argument('<receiver>', 'an AlertReceiver: namespace/name, or a name in default')
    .action(async (receiver: string, _options, command: Command) => {
      const options = command.optsWithGlobals<{ env?: string; output: string }>();
      outcome.exit = await (await import('./alerts.ts')).alertsTestCommand(context, { ...options, receiver });
    });
}
