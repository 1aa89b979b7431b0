import { type Command, Option } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { collect, output } from './option.ts';

/** Who somebody is at the door, and the tokens that let people in. */
export function addTokenCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  program
    .command('whoami')
    .description('who you are to pawl: name, roles and groups')
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./whoami.ts')).whoamiCommand(context, options);
    });
  const token = program.command('token').description('the ways in for people and machines');
  token
    .command('create')
    .description('make a token; standard output alone is told it, once')
    .argument('<name>', 'whose it is: what records and votes say')
    .addOption(
      new Option('--role <role>', 'what it lets its owner do')
        .choices(['reader', 'author', 'operator', 'approver', 'admin'])
        .makeOptionMandatory(),
    )
    .option('--namespace <name>', 'only there, as often as needed; else in all', collect)
    .option('--group <name>', 'of pawl.yaml, as often as needed', collect)
    .option('--expires <duration>', 'how long it is good for: `12h`, `90d`, a year at most', '90d')
    .addOption(output('text', 'json'))
    .action(async (name: string, options) => {
      outcome.exit = await (await import('./token.ts')).tokenCreateCommand(context, { ...options, name });
    });
  token
    .command('list')
    .description('tokens in use, and those that ended lately; never a secret')
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./token.ts')).tokenListCommand(context, options);
    });
  token
    .command('revoke')
    .description('end a token at once')
    .argument('<id>', 'as `pawl token list` shows it')
    .addOption(output('text', 'json'))
    .action(async (id: string, options) => {
      outcome.exit = await (await import('./token.ts')).tokenRevokeCommand(context, { ...options, id });
    });
}
