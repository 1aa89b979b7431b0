import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { count, environment, output, wholeNumber } from './option.ts';

/** `pawl events`: what became of runs, in the order in which it is told. */
export function addEventCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  program
    .command('events')
    .description('what became of runs: begun, waiting, asked of people, ended; the oldest first')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .option('--after <position>', 'those after one that was seen; absent: the newest', position)
    .option('--run <id>', 'of one run', uuid)
    .option('--limit <n>', 'at most so many at once', count, 50)
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./events.ts')).eventsCommand(context, options);
    });
}

function position(text: string): number {
  return wholeNumber(text, 0, Number.MAX_SAFE_INTEGER);
}

function uuid(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text;
  throw new InvalidArgumentError('The id of a run is wanted, as `pawl get runs` shows it.');
}
