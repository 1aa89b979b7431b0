import { Command, CommanderError, Option } from 'commander';
import { readTerminalSettings } from '../config.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { packageVersion } from '../version.ts';
import type { App } from './app-port.ts';
import { addCommands } from './commands.ts';
import type { CliContext } from './context.ts';
import { failureOf, reportFailure } from './failure.ts';
import type { Failure } from './failure.ts';
import { createTerminal } from './terminal.ts';
import type { ColorChoice, Streams } from './terminal.ts';

export interface CliHost {
  readonly streams: Streams;
  readonly app: (cwd: string) => Promise<App>;
  /** The same, without the user's settings: for the demo. */
  readonly bareApp: (cwd: string) => Promise<App>;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  readonly cwd: string;
}

/** Runs one command line and gives the process's exit code; never throws. */
export async function runCli(words: readonly string[], host: CliHost): Promise<ExitCode> {
  const settings = readTerminalSettings();
  const quiet = words.includes('--quiet') || words.includes('-q');
  const terminal = createTerminal(host.streams, { settings, choice: colorChoice(words), quiet });
  const { stdin, stdout } = host.streams;
  const context: CliContext = {
    terminal,
    app: host.app,
    signal: host.signal,
    cwd: host.cwd,
    stdin,
    stdout,
    rehearse: (inner, cwd, sink) =>
      runCli(inner, { ...host, app: host.bareApp, cwd, streams: { stdin, stdout: sink, stderr: sink } }),
  };
  const outcome = { exit: exitCodes.success as ExitCode };
  try {
    await createProgram(context, outcome).parseAsync(words.length === 0 ? ['--help'] : [...words], { from: 'user' });
    return outcome.exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.success;
    if (host.signal.aborted) return exitCodes.interrupted;
    const failure = error instanceof CommanderError ? usageFailure(error) : await withCure(failureOf(error));
    // A failure is said even when --quiet asks for no progress.
    const loud = createTerminal(host.streams, { settings, choice: colorChoice(words), quiet: false });
    reportFailure(failure, loud, wantsJson(words));
    if (settings.debug && error instanceof Error && error.stack !== undefined) loud.note(error.stack);
    return failure.exit;
  }
}

function createProgram(context: CliContext, outcome: { exit: ExitCode }): Command {
  const program = new Command('pawl')
    .description('GitOps for AI agents: plan, apply, run and gate agent graphs from a Git repository.')
    .version(packageVersion(), '-V, --version')
    .showSuggestionAfterError(true)
    .helpCommand('help [command]', 'help for a command')
    .enablePositionalOptions();
  addCommands(program, context, outcome);
  for (const command of withSubcommands(program)) {
    // Read before parsing, by colorChoice and runCli; declared everywhere, because people write them last.
    command.addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'));
    command.option('-q, --quiet', 'no progress on standard error');
    command.exitOverride();
    command.configureOutput({
      getOutHelpWidth: () => context.terminal.width,
      writeOut: (text) => context.terminal.out(text.trimEnd()),
      // The failure is reported once, by runCli, as text or as JSON.
      writeErr: () => undefined,
    });
  }
  return program;
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** The cure that the code's page gives, where the error brought none of its own. */
async function withCure(failure: Failure): Promise<Failure> {
  if (failure.help !== undefined) return failure;
  const { explain } = await import('../codes.ts');
  return { ...failure, help: explain(failure.code)?.cure };
}

function usageFailure(error: CommanderError): Failure {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const help = suggestion?.replace(/^\(|\)$/g, '');
  return {
    code: 'cli.usage',
    // Whoever tries an option that there is not may have tried to hand over a token by it: logs keep what is printed.
    message: message.replace(/^(unknown option '[^'=]*)=.*'$/s, "$1'"),
    help: help ?? 'Add --help to see what the command takes.',
    exit: exitCodes.usage,
  };
}

function colorChoice(words: readonly string[]): ColorChoice {
  const choice = valueOf(words, ['--color']);
  return choice === 'always' || choice === 'never' ? choice : 'auto';
}

/** Known before parsing, so that a mistake in the command line is JSON too where JSON was asked for. */
function wantsJson(words: readonly string[]): boolean {
  return valueOf(words, ['-o', '--output']) === 'json';
}

function valueOf(words: readonly string[], names: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === '--') return undefined;
    if (names.includes(word)) return words[index + 1];
    const name = names.find((candidate) => word.startsWith(`${candidate}=`));
    if (name !== undefined) return word.slice(name.length + 1);
    if (names.includes('-o') && word.startsWith('-o') && word.length > 2) return word.slice(2);
  }
  return undefined;
}
