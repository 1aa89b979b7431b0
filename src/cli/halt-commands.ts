import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { environment, output } from './option.ts';

const scopes =
  'global, environment/E, namespace/N, system/N/S, agent/N/A, server/N/S, tool/N/T, model/N/M or provider/P';

/** Stopping calls at once, and letting them go on. */
export function addHaltCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  program
    .command('halt')
    .description('stop calls at once; runs wait until it is lifted')
    .argument('<scope>', scopes)
    .requiredOption('--reason <text>', 'why, for whoever finds it')
    .option('--for <duration>', 'it ends by itself after so long: 30m, 2h')
    .option('--abort', 'give up calls that are under way too')
    .option('--deny', 'refuse calls instead of having runs wait')
    .option('--force', 'also where nothing has the name')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (scope: string, options) => {
      outcome.exit = await (await import('./halt.ts')).haltCommand(context, { ...options, scope });
    });
  program
    .command('resume')
    .description('lift a halt; what waited for it goes on')
    .argument('<halt>', 'its id, or a scope')
    .requiredOption('--reason <text>', 'why, for the record')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (which: string, options) => {
      outcome.exit = await (await import('./halt.ts')).resumeCommand(context, { ...options, which });
    });
}
