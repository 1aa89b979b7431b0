import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { type RunState, runStates } from '../api/operations-run.ts';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { collect, count, environment, output } from './option.ts';

type Outcome = { exit: ExitCode };

/** Runs: starting them, looking at them, stopping them, and helping those that wait. */
export function addRunCommands(program: Command, context: CliContext, outcome: Outcome): void {
  addStarting(program, context, outcome);
  addWatching(program, context, outcome);
  addTop(program, context, outcome);
  addReplay(program, context, outcome);
  addHelping(program, context, outcome);
}

function addStarting(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('run')
    .description('start a run of a system')
    .argument('[system]', 'name or namespace/name of an AgentSystem')
    .option(
      '--task <name>',
      'a Task in place of a system: its input, with what is given here in place of single members',
    )
    .option('--schedule <name>', "a TaskSchedule's task, now")
    .option('-i, --set <key=value>', 'one input, as often as needed; a value that is JSON is taken as JSON', collect)
    .option('--input <file>', 'the whole input as a JSON file, `-` for standard input')
    .option('--key <text>', 'idempotency key: the same key is the same run')
    .option('--session <id>', 'the conversation that the run goes on with, for agents that have a memory')
    .option('--watch', 'follow the run until it ends')
    .option('--exit-status', 'wait for the end; exit 5 unless the run succeeded')
    .option('--local', 'the uncommitted files, in this process, without a server; nothing is kept')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (system: string | undefined, options) => {
      outcome.exit =
        options.local === true
          ? await (await import('./run-local.ts')).runLocal(context, { ...options, system })
          : await (await import('./run.ts')).runCommand(context, { ...options, system });
    });
}

function addWatching(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('trace')
    .description('a run as a tree: durations, tokens, cost and decisions')
    .argument('<run>', 'its id, or `latest`')
    .option('-f, --follow', 'until the run ends: calls as they end')
    .option('--exit-status', 'exit 5 unless the run succeeded')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (run: string, options) => {
      outcome.exit = await (await import('./trace.ts')).traceCommand(context, { ...options, run });
    });
}

function addReplay(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('replay')
    .description('execute a recorded run again under another snapshot; exit 2 where it comes out otherwise')
    .argument('<run>', 'its id')
    .option('--at <state>', 'a branch, tag or commit, a revision (`41`), `live` or `working-copy`', 'working-copy')
    .addOption(
      new Option('--on-diverge <action>', 'a tool call that the record has no answer to')
        .choices(['stop', 'ask'])
        .default('stop'),
    )
    .addOption(
      new Option('--models <source>', 'ask models anew, or answer from the record too')
        .choices(['ask', 'recorded'])
        .default('ask'),
    )
    .option('--trace', "also show the replay's own trace")
    .addOption(output('text', 'json'))
    .action(async (run: string, options) => {
      outcome.exit = await (await import('./replay.ts')).replayCommand(context, { ...options, run });
    });
}

function addTop(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('top')
    .description('what is under way: runs, queues, workers, and the last minutes by system')
    .option('-w, --watch', 'again and again, until Ctrl-C')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./top.ts')).topCommand(context, options);
    });
}

function addHelping(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('cancel')
    .description('stop runs: those that are named, or the open ones of a system')
    .argument('[runs...]', 'their ids')
    .option('--system <name>', 'the open runs of an AgentSystem')
    .option('--state <states>', 'Queued, Running or Waiting, or several with commas', runStatesOption)
    .option('--limit <n>', 'at most so many, the newest', count, 1_000)
    .option('--yes', 'do not ask')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (runs: readonly string[], options) => {
      outcome.exit = await (await import('./cancel.ts')).cancelCommand(context, { ...options, runs });
    });
  program
    .command('resolve')
    .description('say what became of a call whose outcome is unknown')
    .argument('<run>')
    .argument('<path>', 'the call, as `pawl trace` shows it')
    .addOption(
      new Option('--as <outcome>', 'what became of it').choices(['done', 'failed', 'again']).makeOptionMandatory(),
    )
    .option('--output-file <file>', 'with --as done: the result as a JSON file')
    .addOption(output('text', 'json'))
    .action(async (run: string, path: string, options) => {
      outcome.exit = await (await import('./resolve.ts')).resolveCommand(context, { ...options, run, path });
    });
}

/** `failed,deadletter`, in any case. */
export function runStatesOption(text: string): readonly RunState[] {
  return text.split(',').map((word) => {
    const state = runStates.find((one) => one.toLowerCase() === word.trim().toLowerCase());
    if (state === undefined) throw new InvalidArgumentError(`A state is one of ${runStates.join(', ')}.`);
    return state;
  });
}
