import { Option } from 'commander';
import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { collect, count, environment, output } from './option.ts';

type Outcome = { exit: ExitCode };

/** What runs ask of people. */
export function addAnswerCommands(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('waits')
    .description('what runs ask of people, and of whom; of one run, in full')
    .argument('[run]', 'its id')
    .option('--limit <n>', 'how many', count, 50)
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (run: string | undefined, options) => {
      outcome.exit = await (await import('./waits.ts')).waitsCommand(context, { ...options, run });
    });
  program
    .command('answer')
    .description('answer what a run asks: fill in a form, or decide on an output')
    .argument('<run>', 'its id')
    .argument('[place]', 'where it asks; not needed where it asks once')
    .addOption(new Option('--approve', 'the output is good').conflicts(['deny', 'changes']))
    .addOption(new Option('--deny <reason>', 'the step fails, for this reason').conflicts('changes'))
    .option('--changes <text>', 'the step runs again and is told this')
    .option('-i, --set <key=value>', 'one field of the form, as often as needed; JSON is taken as JSON', collect)
    .option('--form <file>', 'the whole form as a JSON file, `-` for standard input')
    .option('--text <answer>', 'the answer where the form is a text')
    .addOption(output('text', 'json'))
    .action(async (run: string, place: string | undefined, options) => {
      outcome.exit = await (await import('./answer.ts')).answerCommand(context, { ...options, run, place });
    });
  program
    .command('approvals')
    .description('calls that wait for people, or that people have decided on, the oldest first')
    .option('--state <states>', 'waiting, approved, denied, expired, used or cancelled, or several with commas')
    .option('--all', 'in any state')
    .option('--run <id>', 'those that one run asked for')
    .option('--limit <n>', 'how many', count, 50)
    .option('--before <id>', 'those that come after this one: the list goes on')
    .addOption(environment())
    .addOption(output('table', 'json', 'yaml', 'name'))
    .action(async ({ state, ...options }) => {
      const { approvalStatesOf, getApprovals } = await import('./approvals.ts');
      const states = state === undefined ? {} : { state: approvalStatesOf(state) };
      outcome.exit = await getApprovals(context, { ...options, ...states, name: undefined });
    });
  program
    .command('approve')
    .description('let a call be made that waits for people: it is shown first, exactly')
    .argument('<id>', 'of the request, as `pawl get approvals` shows it')
    .option('--digest <hex>', 'of the action that was looked at, at least 8 digits: then nothing is asked')
    .addOption(output('text', 'json'))
    .action(async (id: string, options) => {
      outcome.exit = await (await import('./approve.ts')).approveCommand(context, { ...options, id });
    });
  program
    .command('deny')
    .description('refuse a call that waits for people')
    .argument('<id>', 'of the request')
    .requiredOption('--reason <text>', 'what the record says of it')
    .addOption(output('text', 'json'))
    .action(async (id: string, options) => {
      outcome.exit = await (await import('./approve.ts')).denyCommand(context, { ...options, id });
    });
}
