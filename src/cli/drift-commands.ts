import { Option } from 'commander';
import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import type { DriftAcceptOptions } from './drift-accept.ts';
import type { DriftHealOptions } from './drift-heal.ts';
import { environment, output } from './option.ts';

/** `pawl drift` and its ways out. */
export function addDriftCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  const drift = program
    .command('drift')
    .description('show what is live that no revision says; exit 2 when there is any')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./drift.ts')).driftCommand(context, options);
    });
  drift
    .command('accept')
    .description('write live values into the manifests of the working copy; comments and layout stay')
    .argument('[address...]', 'drifted resources, as `pawl drift` lists them; without one, all')
    .option('--diff', 'write nothing; show what would change')
    .option('--allow-dirty', 'also edit files that have uncommitted changes')
    .option('--pull-request', 'leave the working copy alone: have pawl open a pull request on GitHub')
    .option('--over-manifest', 'also where the manifest has moved since: what it says beyond is given up')
    .action(async (addresses: readonly string[], _options, command: Command) => {
      const options = command.optsWithGlobals<Omit<DriftAcceptOptions, 'addresses'>>();
      outcome.exit = await (await import('./drift-accept.ts')).driftAcceptCommand(context, { ...options, addresses });
    });
  drift
    .command('heal')
    .description('put drifted rows back to what the revision says')
    .argument('[address...]', 'drifted resources, as `pawl drift` lists them; without one, all')
    .addOption(new Option('--resume', 'let controllers heal again after something kept undoing it'))
    .option('--auto-approve', 'do not ask')
    .action(async (addresses: readonly string[], _options, command: Command) => {
      const options = command.optsWithGlobals<Omit<DriftHealOptions, 'addresses'>>();
      outcome.exit = await (await import('./drift-heal.ts')).driftHealCommand(context, { ...options, addresses });
    });
}
