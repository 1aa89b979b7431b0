import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { collect, environment, output, wholeNumber } from './option.ts';

/** `pawl secret …`: the commands that handle values, none of which takes one as a word. */
export function addSecretCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  const secret = program
    .command('secret')
    .description('store values of secrets, or write them into Git as age ciphertexts');
  secret
    .command('encrypt')
    .description('encrypt a value that is typed, or comes on standard input')
    .option('--recipient <age1…>', 'whom for, as often as needed; else `secrets.recipients` of pawl.yaml', collect)
    .option('--recipients-file <file>', 'whom for, one a line')
    .option('--key <name>', 'the key of the Secret that the value is for')
    .option('--file <manifest>', 'write it into the Secret in this file; comments stay')
    .option('--secret <name>', 'which Secret of the file, `name` or `namespace/name`')
    .action(async (options) => {
      outcome.exit = await (await import('./secret.ts')).secretEncryptCommand(context, options);
    });
  secret
    .command('keygen')
    .description('make a key for workers; its public half is printed')
    .requiredOption('--out <file>', 'where the secret half goes, readable by its owner alone')
    .action(async (options) => {
      outcome.exit = await (await import('./secret.ts')).secretKeygenCommand(context, options);
    });
  addStoredCommands(secret, context, outcome);
}

/** Of Secrets with `source: stored`. */
function addStoredCommands(secret: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  const load = () => import('./secret-stored.ts');
  secret
    .command('set')
    .description('store a value that is typed, or comes on standard input; calls use it from then on')
    .argument('<secret>', '`name` or `namespace/name`')
    .argument('<key>', 'the key of the Secret')
    .option('--from-file <file>', 'take the value from a file')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (name: string, key: string, options) => {
      outcome.exit = await (await load()).secretSetCommand(context, { ...options, secret: name, key });
    });
  secret
    .command('list')
    .description('which values are stored, and which live Secrets lack; never a value')
    .addOption(environment())
    .addOption(output('table', 'json'))
    .action(async (options) => {
      outcome.exit = await (await load()).secretListCommand(context, options);
    });
  secret
    .command('rm')
    .description('remove the stored values of a key; of one version: the one before is in force again')
    .argument('<secret>', '`name` or `namespace/name`')
    .argument('<key>', 'the key of the Secret')
    .option('--version <n>', 'this version alone', (text) => wholeNumber(text, 1, 1_000_000))
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (name: string, key: string, options) => {
      outcome.exit = await (await load()).secretRemoveCommand(context, { ...options, secret: name, key });
    });
  secret
    .command('rotate')
    .description('encrypt everything stored under the newest key; older keys are then not needed')
    .addOption(environment())
    .addOption(output('text', 'json'))
    .action(async (options) => {
      outcome.exit = await (await load()).secretRotateCommand(context, options);
    });
}
