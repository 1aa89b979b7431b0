import { Option } from 'commander';
import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { environment, output, wholeNumber } from './option.ts';

/** `pawl can-i`, `pawl who-can`, `pawl tighten`. */
export function addAccessCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  program
    .command('can-i')
    .description(
      'whether an agent may call a tool or model, by the gate’s ordered checks; exit 3 if not, or only after asking',
    )
    .argument('<agent>', '`writer`, `support/writer`, or `system/NAME` for the tool nodes of a system')
    .argument('<tool>', 'a tool or a model: `search`, `support/search`')
    .option('--args <file>', 'a JSON file with the arguments of the call; `-` is standard input')
    .option('--input <file>', 'with --args: the input of the run, for conditions that read it')
    .addOption(
      new Option('--touched <classes>', 'with --args: what the run has read before, e.g. `privateRead,untrustedRead`'),
    )
    .option('--system <name>', 'one system instead of each that the agent is in')
    .addOption(live())
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (agent: string, tool: string, options) => {
      outcome.exit = await (await import('./can-i.ts')).canICommand(context, { ...options, agent, tool });
    });
  program
    .command('who-can')
    .description('who may call a tool or model, or may after asking, and whose rule says so; exit 3 if nobody')
    .argument('<tool>', 'a tool or a model: `search`, `support/search`')
    .option('--all', 'also who may not, and why')
    .addOption(live())
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (tool: string, options) => {
      outcome.exit = await (await import('./who-can.ts')).whoCanCommand(context, { ...options, tool });
    });
  program
    .command('tighten')
    .description('propose manifests that grant no more than recorded runs used: tools, permissions of roles, limits')
    .option('--days <n>', 'look at the runs that ended in so many days', (text) => wholeNumber(text, 1, 365), 30)
    .option('--pull-request', 'have pawl open a pull request on GitHub with it')
    .option('--write', 'write it into the working copy; Git is left alone')
    .addOption(environment())
    .addOption(output('text', 'patch', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./tighten.ts')).tightenCommand(context, options);
    });
}

function live(): Option {
  return new Option('--live', 'what is in force instead of the working copy');
}
