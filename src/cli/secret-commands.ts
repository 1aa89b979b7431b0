import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { collect } from './option.ts';

/** `pawl secret …`: the commands that handle values, none of which takes one as a word. */
export function addSecretCommands(program: Command, context: CliContext, outcome: { exit: ExitCode }): void {
  const secret = program.command('secret').description('write secrets into Git as age ciphertexts');
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
}
