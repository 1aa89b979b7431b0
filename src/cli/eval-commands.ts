import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ExitCode } from '../errors.ts';
import { parseDuration } from '../manifest/duration.ts';
import type { CliContext } from './context.ts';
import { count, environment, output } from './option.ts';

/** Trying systems with cases whose outcome is known. */
export function addEvalCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  program
    .command('eval')
    .description('run the cases of evals and say which came out as expected; exit 3 where too few did')
    .argument('[names...]', '`name` or `namespace/name` of Evals; none: all of the environment')
    .option('--local', 'the uncommitted files, in this process, without a server; nothing is kept')
    .addOption(new Option('--ref <ref>', 'the same with the files of a branch, tag or commit').conflicts('local'))
    .option('--parallel <n>', 'runs at once, where workers take them', count, 4)
    .option('--wait <duration>', 'how long all of it may take; then it exits 7', duration, 3_600_000)
    .addOption(environment())
    .addOption(output('text', 'json', 'junit'))
    .action(async (names: readonly string[], options) => {
      outcome.exit = await (await import('./eval.ts')).evalCommand(context, { ...options, names });
    });
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('A duration such as `90s` or `30m` is wanted.');
  return ms;
}
