import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { environment, output } from './option.ts';

/** How new runs come to a new revision of a system. */
export function addRolloutCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  const group = program.command('rollout').description('how new runs come to a new revision of a system, step by step');
  group
    .command('status')
    .description('the last rollout of each system, and what came of the runs of both sides')
    .argument('[system]', '`name` or `namespace/name` of one AgentSystem')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (system: string | undefined, options) => {
      outcome.exit = await (await import('./rollout.ts')).rolloutStatusCommand(context, { ...options, system });
    });
  const orders = [
    ['promote', 'go on to the next step; after the last, all new runs see the new revision'],
    ['pause', 'stay at this step until it is resumed; its analysis may still abort it'],
    ['resume', 'go on with a paused one; its step begins anew'],
    ['abort', 'give every new run the old revision'],
  ] as const;
  for (const [action, description] of orders) {
    const command = group
      .command(action)
      .description(description)
      .argument('<system>', '`name` or `namespace/name` of the AgentSystem')
      .option('--reason <text>', 'for the record', '')
      .addOption(environment())
      .addOption(output('text', 'json'));
    if (action === 'promote') command.option('--full', 'to all new runs at once, also of one that was aborted');
    command.action(
      async (system: string, options: { reason: string; output: string; env?: string; full?: boolean }) => {
        outcome.exit = await (await import('./rollout.ts')).rolloutCommand(context, { ...options, system, action });
      },
    );
  }
}
