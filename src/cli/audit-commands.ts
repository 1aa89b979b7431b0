import { type Command, Option } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { environment, output, wholeNumber } from './option.ts';

/** `pawl audit`, the record and whether it is whole, and `pawl why`, which reads it. */
export function addAuditCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  const audit = program.command('audit').description('the record of what was let do, and of what people did');
  audit
    .command('verify')
    .description(
      'read the record from its beginning and name the first row that is not what it was; exit 3 if there is one',
    )
    .option('--run <id>', 'the record of one run')
    .option(
      '--anchor <file>',
      'hold it against what `pawl audit anchor --print` wrote, beside the anchors in the repository',
    )
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./audit.ts')).verifyCommand(context, options);
    });
  audit
    .command('export')
    .description('the record as JSON lines, one event each, for other systems')
    .option('--since <time>', 'events from then on, ISO 8601')
    .option('--after <cursor>', 'what comes after the line with this cursor', (text) => wholeNumber(text, 0, 2 ** 52))
    .addOption(environment())
    .addOption(
      new Option('--installation', 'what is of no environment: tokens, and requests that were refused').conflicts(
        'env',
      ),
    )
    .action(async (options) => {
      outcome.exit = await (await import('./audit.ts')).exportCommand(context, options);
    });
  audit
    .command('anchor')
    .description('write where the record stands as a commit under refs/pawl/audit/, which verify holds it against')
    .option('--print', 'to standard output instead, to be kept elsewhere')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./audit.ts')).anchorCommand(context, options);
    });
  program
    .command('why')
    .description('why a call of a run was let through, asked about or refused: the decision made again from the record')
    .argument('<call>', 'its run and its path, `RUN:research/1.2`, as `pawl trace` shows them; or the run alone')
    .argument('[path]', 'its path')
    .addOption(output('text', 'json'))
    .action(async (call: string, path: string | undefined, options) => {
      outcome.exit = await (await import('./why.ts')).whyCommand(context, { ...options, call, path });
    });
}
