import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { collect, count, environment, output, wholeNumber } from './option.ts';

type Outcome = { exit: ExitCode };

/** Revisions: looking at them, comparing them, and returning to one. */
export function addRevisionCommands(program: Command, context: CliContext, outcome: Outcome): void {
  addReturning(program, context, outcome);
  addQuarantine(program, context, outcome);
  addHistory(program, context, outcome);
  addComparing(program, context, outcome);
}

function addReturning(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('rollback')
    .description('apply the stored content of an older revision at once, and hold what it withdraws')
    .argument('[revision]', 'its number, as `pawl history` shows it')
    .addOption(environment())
    .addOption(
      new Option('--runs <order>', 'runs under way of what is withdrawn: go on, stop before their next step, or stop')
        .choices(['finish', 'drain', 'cancel'])
        .default('finish'),
    )
    .option('--reason <text>', 'why, for the record and for whoever finds a commit held', reason)
    .option('--ack <id>', 'acknowledge a risk or a guard of the plan with it, as often as needed', collect)
    .option('--auto-approve', 'do not ask; acknowledges nothing')
    .option('--no-pull-request', 'open none on GitHub that takes out of Git what is withdrawn')
    .option('--release', 'roll nothing back: lift the whole quarantine, with --reason')
    .addOption(output('text', 'json'))
    .action(async (revision: string | undefined, options) => {
      outcome.exit = await (await import('./rollback.ts')).rollbackCommand(context, { ...options, revision });
    });
}

function addQuarantine(program: Command, context: CliContext, outcome: Outcome): void {
  const quarantine = program.command('quarantine').description('what rollbacks withdrew and no commit may bring back');
  quarantine
    .command('list')
    .description('each content, and the rollback that withdrew it')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./quarantine.ts')).quarantineCommand(context, options);
    });
  quarantine
    .command('release')
    .description('let some of it, or all, be applied again')
    .argument('[addresses...]', '`Agent/support/writer`')
    .option('--all', 'everything')
    .option('--reason <text>', 'why, for the record', reason)
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (addresses: readonly string[], options) => {
      outcome.exit = await (await import('./quarantine.ts')).releaseCommand(context, { ...options, addresses });
    });
}

function addHistory(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('history')
    .description('the revisions of an environment, newest first')
    .addOption(environment())
    .option('--limit <n>', 'how many', count, 20)
    .option('--before <revision>', 'only those before it', revisionOption)
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./history.ts')).historyCommand(context, options);
    });
  program
    .command('show')
    .description('one revision: who, when, which commit, and what it changed')
    .argument('<revision>', 'its number')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (revision: string, options) => {
      outcome.exit = await (await import('./show.ts')).showCommand(context, { ...options, revision });
    });
}

function addComparing(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('diff')
    .description('what differs between two states, or two files or folders; exit 2 when anything does')
    .argument('<from>', 'a revision (`41`), `live`, `working-copy`, a Git ref, a file or a folder')
    .argument('<to>', 'another one')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (from: string, to: string, options) => {
      outcome.exit = await (await import('./diff.ts')).diffCommand(context, { ...options, from, to });
    });
  program
    .command('blame')
    .description('which revision gave each field of a resource its value')
    .argument('<resource>', '`Agent/support/writer`')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (address: string, options) => {
      outcome.exit = await (await import('./blame.ts')).blameCommand(context, { ...options, address });
    });
}

function revisionOption(text: string): number {
  return wholeNumber(text.replace(/^r/, ''), 1, 999_999_999);
}

const reasonMax = 1_000;

function reason(text: string): string {
  if (text.length <= reasonMax) return text;
  throw new InvalidArgumentError(`At most ${reasonMax} characters.`);
}
