import { Option } from 'commander';
import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import { addCompletionCommand } from './completion.ts';
import type { CliContext } from './context.ts';
import { addAccessCommands } from './access-commands.ts';
import { addAlertCommands } from './alert-commands.ts';
import { addAnswerCommands } from './answer-commands.ts';
import { addAuditCommands } from './audit-commands.ts';
import { addAcknowledgeCommands } from './acknowledge-commands.ts';
import { addDriftCommands } from './drift-commands.ts';
import { addRevisionCommands } from './revision-commands.ts';
import { addRetryCommands } from './retry-commands.ts';
import { addEvalCommands } from './eval-commands.ts';
import { addEventCommands } from './event-commands.ts';
import { addHaltCommands } from './halt-commands.ts';
import { addRolloutCommands } from './rollout-commands.ts';
import { addRunCommands, runStatesOption } from './run-commands.ts';
import { addProposalCommands } from './proposal-commands.ts';
import { addMcpCommands } from './mcp-commands.ts';
import { addOverrideCommands } from './override-commands.ts';
import { addSecretCommands } from './secret-commands.ts';
import { addSyncCommands } from './sync-commands.ts';
import { addTokenCommands } from './token-commands.ts';
import { collect, count, environment, output, wholeNumber } from './option.ts';

type Outcome = { exit: ExitCode };

/**
 * The command table. Each action loads its own file when it runs: a command pays for what it uses, and
 * `pawl version` for nothing.
 */
export function addCommands(program: Command, context: CliContext, outcome: Outcome): void {
  addAuthoring(program, context, outcome);
  addImport(program, context, outcome);
  addExplaining(program, context, outcome);
  addAccessCommands(program, context, outcome);
  addSecretCommands(program, context, outcome);
  addMcpCommands(program, context, outcome);
  addTokenCommands(program, context, outcome);
  addChanging(program, context, outcome);
  addAcknowledgeCommands(program, context, outcome);
  addDriftCommands(program, context, outcome);
  addAlertCommands(program, context, outcome);
  addOverrideCommands(program, context, outcome);
  addProposalCommands(program, context, outcome);
  addRevisionCommands(program, context, outcome);
  addLooking(program, context, outcome);
  addRunCommands(program, context, outcome);
  addEventCommands(program, context, outcome);
  addEvalCommands(program, context, outcome);
  addRetryCommands(program, context, outcome);
  addRolloutCommands(program, context, outcome);
  addSyncCommands(program, context, outcome);
  addHaltCommands(program, context, outcome);
  addAnswerCommands(program, context, outcome);
  addAuditCommands(program, context, outcome);
  addServing(program, context, outcome);
  addUpkeep(program, context, outcome);
  addCompletionCommand(program, context, outcome);
}

function addAuthoring(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('init')
    .description('scaffold a repository; never overwrites')
    .argument('[directory]', 'where', '.')
    .addOption(
      new Option('--template <name>', 'what to start with')
        .choices(['minimal', 'triage', 'review-loop'])
        .default('minimal'),
    )
    .option('--action <owner/name@commit>', "where the workflow finds pawl's GitHub Action")
    .action(async (directory: string, options) => {
      outcome.exit = await (await import('./init.ts')).initCommand(context, { ...options, directory });
    });
  program
    .command('validate')
    .description('report everything wrong in the working copy, offline; exit 3 on errors')
    .argument('[path]', 'a folder inside the repository', '.')
    .option('--env <name>', 'one environment instead of all')
    .option('--strict', 'exit 3 on warnings too')
    .addOption(output('human', 'json', 'sarif', 'github', 'junit'))
    .action(async (path: string, options) => {
      outcome.exit = await (await import('./validate.ts')).validateCommand(context, { ...options, path });
    });
  program
    .command('fmt')
    .description('write manifests in one way; comments stay')
    .argument('[paths...]', 'files and folders; `-` formats standard input to standard output')
    .option('--check', 'write nothing; list what is not formatted and exit 3')
    .option('--diff', 'write nothing; show what would change')
    .action(async (paths: readonly string[], options) => {
      outcome.exit = await (await import('./fmt.ts')).fmtCommand(context, { ...options, paths });
    });
}

function addImport(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('import')
    .description(
      "write another system's manifests as pawl's, and say what is not carried over; exit 1 where something is not",
    )
    .argument(
      '<path>',
      'a file or folder with manifests of Orloj, kagent or the Agent Runtime Operator; `-` is standard input',
    )
    .option('--out <directory>', 'where to write; nothing there is ever overwritten (default: ./pawl)')
    .option('--report', 'write nothing; say what would become of each document')
    .option('--scripted', 'also write an environment whose models answer from scripts, to try it offline')
    .addOption(output('text', 'json'))
    .action(async (path: string, options) => {
      outcome.exit = await (await import('./import.ts')).importCommand(context, { ...options, path });
    });
}

function addExplaining(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('explain')
    .description('what a kind, a field, a code, or a risk or guard of a plan means; without one, all codes')
    .argument('[subject]', '`Agent`, `Agent.spec.tools[].toolRef`, `pawl.yaml.environments`, `plan.stale`, `R4`')
    .addOption(output('text', 'json'))
    .action(async (subject: string | undefined, options) => {
      outcome.exit = await (await import('./explain.ts')).explainCommand(context, { ...options, subject });
    });
  program
    .command('describe')
    .description('a resource of the working copy: its values, where each is from, who uses it, what is wrong; or a run')
    .argument('<resource>', '`agent/triage`, `agent/support/triage`, `run`')
    .argument('[name]', 'where the first word is the kind alone; the id of a run')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (resource: string, name: string | undefined, options) => {
      outcome.exit = await (await import('./describe.ts')).describeCommand(context, { ...options, resource, name });
    });
  program
    .command('schema')
    .description('the JSON Schema of a kind, or one for all of them: for editors and other tools')
    .argument('[kind]', 'a kind, `pawl.yaml` or `Script`')
    .addOption(new Option('--draft <draft>', 'of JSON Schema').choices(['07', '2020-12']).default('07'))
    .action(async (kind: string | undefined, options) => {
      outcome.exit = await (await import('./schema.ts')).schemaCommand(context, { ...options, kind });
    });
  program
    .command('version')
    .description("this pawl's version")
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./version.ts')).versionCommand(context, options);
    });
}

function addChanging(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('plan')
    .description('show what applying a commit would do')
    .argument('[path]', 'a folder inside the repository', '.')
    .addOption(environment())
    .option('--ref <ref>', "a branch, tag or commit instead of the environment's branch")
    .addOption(
      new Option(
        '--working-copy',
        'the uncommitted files instead of a commit; such a plan cannot be applied',
      ).conflicts('ref'),
    )
    .addOption(
      new Option(
        '--base <ref>',
        'compare with this commit instead of what is live: by Git alone, without a database; plans HEAD unless told',
      ).conflicts(['preflight', 'out']),
    )
    .option('--preflight', 'also apply it in a transaction that is rolled back; exit 3 where that fails')
    .option('--out <file>', 'save the plan for `pawl apply <file>`')
    .option('--detailed-exitcode', 'exit 2 when there are differences')
    .addOption(output('text', 'json', 'markdown'))
    .action(async (path: string, options) => {
      outcome.exit = await (await import('./plan.ts')).planCommand(context, { ...options, path });
    });
  program
    .command('apply')
    .description('apply a saved plan exactly, or plan and ask')
    .argument('[plan]', 'a file written by `pawl plan --out`')
    .addOption(environment())
    .option('--auto-approve', 'do not ask; acknowledges nothing')
    .option('--ack <id>', 'acknowledge a risk or a guard of the plan with it, as often as needed', collect)
    .option('--outside-window <reason>', 'also where no window of the environment is open, and why')
    .addOption(output('text', 'json'))
    .action(async (plan: string | undefined, options) => {
      outcome.exit = await (await import('./apply.ts')).applyCommand(context, { ...options, plan });
    });
}

function addLooking(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('status')
    .description('what is live, and whether it is what Git says')
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./status.ts')).statusCommand(context, options);
    });
  program
    .command('get')
    .description('list resources by kind, or runs, workers, shared budgets, halts, or calls that wait for approvals')
    .argument(
      '<kind>',
      'a kind or several with commas (agents, tools, …), all, runs, workers, budgets, halts, approvals',
    )
    .argument('[name]', 'one of them: `name` or `namespace/name`')
    .addOption(environment())
    .option('-n, --namespace <name>', 'one namespace')
    .option('--at <revision>', 'what a revision held (`41`), or the newest by a time (`2026-03-31T08:00Z`)')
    .option('--limit <n>', 'how many runs', count, 50)
    .option('-w, --watch', 'runs: then a line for each change, until Ctrl-C')
    .option('--state <states>', 'runs in a state, or in one of several with commas', runStatesOption)
    .option('--system <name>', 'runs of one AgentSystem')
    .option('--all', 'halts and approvals: also those that have ended')
    .option('--run <id>', 'approvals that one run asked for')
    .option('--before <run>', 'runs that were made before this one: the list goes on')
    .addOption(output('table', 'wide', 'json', 'yaml', 'name'))
    .action(async (kind: string, name: string | undefined, options) => {
      outcome.exit = await (await import('./get.ts')).getCommand(context, { ...options, kind, name });
    });
}

function addServing(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('up')
    .description('controller, worker and API in one process, until Ctrl-C')
    .option('--port <n>', 'port on the loopback address; 0 takes a free one', portNumber, 0)
    .action(async (options) => {
      outcome.exit = await (await import('./up.ts')).upCommand(context, options);
    });
  program
    .command('serve')
    .description('the API alone, against PostgreSQL, for people with tokens')
    .option('--host <address>', 'where it listens; off the loopback address it wants tokens and TLS', '127.0.0.1')
    .option('--port <n>', 'port; 0 takes a free one', portNumber, 8443)
    .action(async (options) => {
      outcome.exit = await (await import('./serve-command.ts')).serveCommand(context, options);
    });
  program
    .command('controller')
    .description('the control loop alone, against PostgreSQL')
    .action(async () => {
      outcome.exit = await (await import('./controller.ts')).controllerCommand(context);
    });
  program
    .command('worker')
    .description('a worker alone, against PostgreSQL')
    .option('--slots <n>', 'runs at once', count)
    .option('--pool <name>', 'takes the runs of this WorkerPool, and as many at once as it says')
    .action(async (options) => {
      outcome.exit = await (await import('./worker.ts')).workerCommand(context, options);
    });
  program
    .command('workers')
    .description('workers of a pool on this machine, as many as it asks for')
    .requiredOption('--autoscale', "start and stop them as the pool's `scaling` says")
    .option('--pool <name>', 'the WorkerPool', 'default')
    .action(async (options) => {
      outcome.exit = await (await import('./workers.ts')).workersCommand(context, options);
    });
}

/** What looks after an installation, or shows one. */
function addUpkeep(program: Command, context: CliContext, outcome: Outcome): void {
  program
    .command('demo')
    .description('the whole product offline on the example repository')
    .option('--keep', 'leave the repository and its database for looking around')
    .action(async (options) => {
      outcome.exit = await (await import('./demo.ts')).demoCommand(context, options);
    });
  program
    .command('doctor')
    .description('check database, clock, Git and repository')
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./doctor.ts')).doctorCommand(context, options);
    });
  program
    .command('migrate')
    .description("bring the database's schema up to this version")
    .option('--roles', 'also set up roles that may write the record and never change it; PostgreSQL alone')
    .addOption(
      new Option('--events <on|off>', 'keep what becomes of runs for `pawl events`, or stop').choices(['on', 'off']),
    )
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await import('./migrate.ts')).migrateCommand(context, options);
    });
}

function portNumber(text: string): number {
  return wholeNumber(text, 0, 65_535);
}
