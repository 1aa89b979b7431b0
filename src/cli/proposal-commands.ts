import { Option } from 'commander';
import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { collect, environment, output } from './option.ts';

/** `pawl promote`, `pawl proposals`. */
export function addProposalCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  program
    .command('promote')
    .description('write what is live in one environment to the files of another, by a pull request with proof')
    .argument('<from>', 'the environment that has run it')
    .argument('<to>', 'the environment that is to have it')
    .option('--only <address>', 'nothing but this resource, as often as needed: `Agent/support/writer`', collect)
    .option('--without-proof', 'also what has not run there; the pull request says so')
    .option('--dry-run', 'open and write nothing; show the text of the pull request')
    .addOption(new Option('--pull-request', 'fail where pawl has no way to GitHub, instead of writing files'))
    .addOption(output('text', 'patch', 'json'))
    .action(async (from: string, to: string, options) => {
      outcome.exit = await (await import('./promote.ts')).promoteCommand(context, { ...options, from, to });
    });
  program
    .command('proposals')
    .description('the pull requests that pawl opened, and what became of them')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./proposals.ts')).proposalsCommand(context, options);
    });
}
