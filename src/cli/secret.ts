import { open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { armor, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { findRoot } from '../config.ts';
import { exitCodes, type ExitCode, TerminalError } from '../errors.ts';
import { ageFault } from '../manifest/age-file.ts';
import { settingsPath } from '../manifest/file-name.ts';
import { isJsonObject } from '../manifest/json.ts';
import { listAt, objectAt } from '../manifest/manifest-reference.ts';
import { parseSingle } from '../manifest/script.ts';
import { defaultFileLimits } from '../manifest/limits.ts';
import type { CliContext } from './context.ts';
import { readNamed, shellWord, unusable } from './files.ts';
import { readSecretValue } from './secret-input.ts';
import { withCiphertext } from './secret-manifest.ts';

export interface EncryptOptions {
  readonly recipient?: readonly string[];
  readonly recipientsFile?: string;
  readonly file?: string;
  readonly secret?: string;
  readonly key?: string;
}

/** Encrypts one value for the workers' keys, and prints it or writes it into a manifest. */
export async function secretEncryptCommand(context: CliContext, options: EncryptOptions): Promise<ExitCode> {
  const { cwd, terminal } = context;
  const { file, secret, key } = options;
  if (file !== undefined && key === undefined)
    throw usage('--file needs --key.', 'Name the key that the value is for.');
  if (key !== undefined && !/^[A-Za-z0-9_.-]{1,253}$/.test(key))
    throw usage('--key is no name of a key.', 'Use letters, digits, `_`, `.` and `-`.');
  const recipients = await recipientsFor(context, options);
  // Looked at before anybody types a value in vain.
  const manifest = file === undefined ? undefined : { file, text: await readNamed(cwd, file) };
  const ciphertext = await encrypt(await readSecretValue(context), recipients);
  if (manifest !== undefined && key !== undefined) {
    await replaceFile(
      cwd,
      manifest.file,
      withCiphertext(manifest.text, { file: manifest.file, secret, key, ciphertext }),
    );
    terminal.note(`${key} is written into ${manifest.file}.`);
  } else if (key === undefined) terminal.out(ciphertext.trimEnd());
  else
    terminal.out(
      [
        `${key}: |`,
        ...ciphertext
          .trimEnd()
          .split('\n')
          .map((line) => `  ${line}`),
      ].join('\n'),
    );
  terminal.note(`Encrypted for ${recipients.join(', ')}.`);
  return exitCodes.success;
}

async function encrypt(value: string, recipients: readonly string[]): Promise<string> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const ciphertext = armor.encode(await encrypter.encrypt(value));
  const fault = ageFault(ciphertext);
  if (fault === undefined) return ciphertext;
  throw new TerminalError(`The ciphertext ${fault}.`, {
    code: 'secret.value',
    help: 'Encrypt the credential alone, for at most 50 recipients.',
    exit: exitCodes.usage,
  });
}

/** From the command line or a file; without either, whom pawl.yaml names. Each one once. */
async function recipientsFor({ cwd }: CliContext, { recipient, recipientsFile }: EncryptOptions): Promise<string[]> {
  const written = recipientsFile === undefined ? [] : linesOf(await readNamed(cwd, recipientsFile));
  const given = [...(recipient ?? []), ...written];
  const recipients = [...new Set(given.length > 0 ? given : await recipientsOfRepository(cwd))];
  for (const one of recipients) assertRecipient(one);
  if (recipients.length > 0) return recipients;
  throw noRecipient(
    recipientsFile === undefined ? 'Nobody to encrypt for was named.' : `${recipientsFile} names nobody.`,
  );
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

async function recipientsOfRepository(cwd: string): Promise<string[]> {
  const root = findRoot(cwd);
  if (root === undefined) return [];
  const bytes = await readFile(join(root, settingsPath)).catch(() => undefined); // No pawl.yaml names nobody.
  const document = bytes && parseSingle({ path: settingsPath, bytes }, defaultFileLimits.fileBytesMax).document;
  if (!isJsonObject(document?.value)) return [];
  return listAt(objectAt(document.value, 'secrets'), 'recipients').map(String);
}

/** The library takes other kinds of keys as well, which no worker has. */
function assertRecipient(recipient: string): void {
  if (/^AGE-SECRET-KEY-/i.test(recipient)) {
    throw noRecipient('An identity was given where a recipient is wanted; whoever saw it can decrypt.');
  }
  try {
    if (!/^age1[02-9ac-hj-np-z]{58}$/.test(recipient)) throw new Error('not of the form');
    new Encrypter().addRecipient(recipient);
  } catch {
    const shown = /^[\w@.:/-]{1,100}$/.test(recipient) ? recipient : 'What was given';
    throw noRecipient(`${shown} is no X25519 recipient.`);
  }
}

/** Beside the old one first, so that a full disk or a crash leaves the old one whole. */
async function replaceFile(cwd: string, file: string, text: string): Promise<void> {
  const path = await realpath(resolve(cwd, file));
  const beside = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(beside, text, { mode: (await stat(path)).mode, flag: 'wx' });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw unusable('write', file, error);
  }
}

/** Makes a worker's key: the secret half goes into a file that only its owner reads, the public half is printed. */
export async function secretKeygenCommand(context: CliContext, { out }: { readonly out: string }): Promise<ExitCode> {
  const { cwd, terminal } = context;
  const path = resolve(cwd, out);
  const root = findRoot(dirname(path));
  if (root !== undefined && !path.startsWith(join(root, '.pawl') + sep)) {
    throw keyFile(
      `${out} lies in the repository ${root}.`,
      'Name a file outside of it: a key that is committed is no secret.',
    );
  }
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const text = `# public key: ${recipient}\n${identity}\n`;
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(text).finally(() => file.close());
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw keyFile(`${out} is there already.`, 'Name another file: what was encrypted for the old key needs it.');
    }
    throw unusable('write', out, error);
  }
  terminal.out(recipient);
  terminal.note(`The key is in ${out}. Give it to workers with PAWL_AGE_KEY_FILE=${shellWord(path)},`);
  terminal.note('and list what is printed under `secrets.recipients` in pawl.yaml.');
  return exitCodes.success;
}

function noRecipient(message: string): TerminalError {
  return new TerminalError(message, {
    code: 'secret.recipient',
    help: 'Pass --recipient age1…, or list recipients under `secrets.recipients` in pawl.yaml.',
    exit: exitCodes.usage,
  });
}

function keyFile(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'secret.key_file', help, exit: exitCodes.usage });
}

function usage(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'cli.usage', help, exit: exitCodes.usage });
}
