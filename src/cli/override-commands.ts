import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { collect, environment, output } from './option.ts';

/** `pawl override`. */
export function addOverrideCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  const override = program
    .command('override')
    .description('change a live resource at once, for a while: what is needed for longer is a commit');
  override
    .command('set')
    .description('patch a live resource until a time')
    .argument('<address>', '`Agent/support/writer`')
    .option('--field <path=value>', 'one field, as often as needed: `spec.limits.maxSteps=5`; `null` removes', collect)
    .option('-f, --file <file>', 'a merge patch as YAML or JSON: `spec: { … }`')
    .requiredOption('--reason <text>', 'why, for whoever finds it')
    .requiredOption('--expires <duration>', 'how long it lasts, at most seven days: `30m`, `2h`')
    .option('--ack <id>', 'acknowledge a risk or a guard of it, as often as needed', collect)
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (address: string, options) => {
      outcome.exit = await (await import('./override.ts')).overrideSetCommand(context, { ...options, address });
    });
  override
    .command('list')
    .description('what is in force, with the time that is left')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./override.ts')).overrideListCommand(context, options);
    });
  override
    .command('end')
    .description('take an override back before its time is up')
    .argument('<id>', 'as `pawl override list` shows it')
    .option('--ack <id>', 'acknowledge a risk or a guard of it, as often as needed', collect)
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (id: string, options) => {
      outcome.exit = await (await import('./override.ts')).overrideEndCommand(context, { ...options, id });
    });
}
