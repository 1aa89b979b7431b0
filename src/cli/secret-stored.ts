import type { StoredSecretRecord } from '../api/operations-secret.ts';
import { exitCodes, type ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { chooseEnvironment, type CliContext, json, withDoor } from './context.ts';
import { readNamed } from './files.ts';
import { readSecretValue, usableValue } from './secret-input.ts';
import { renderTable } from './table.ts';

interface Common {
  readonly env?: string;
  readonly output: string;
}

interface Named extends Common {
  readonly secret: string;
  readonly key: string;
}

/** Stores a value that is typed, piped, or in a file; never one that is a word of the command line. */
export async function secretSetCommand(
  context: CliContext,
  options: Named & { readonly fromFile?: string },
): Promise<ExitCode> {
  const { secret, key, fromFile } = options;
  const { terminal, cwd } = context;
  const value = fromFile === undefined ? await readSecretValue(context) : usableValue(await readNamed(cwd, fromFile));
  const set = await withDoor(context, async (door) =>
    door.operations.setSecret({ environment: await chooseEnvironment(door, options.env), secret, key, value }),
  );
  if (options.output === 'json') json(terminal, { set });
  else terminal.out(`Version ${set.version} of key ${neutral(set.key)} of Secret ${neutral(set.secret)} is stored.`);
  if (set.madeKeyFile !== undefined)
    terminal.note(`A key was made in ${set.madeKeyFile}. Keep a copy: without it what is stored is lost.`);
  return exitCodes.success;
}

/** Names, versions and ages of what is stored, and what live Secrets lack. */
export async function secretListCommand(context: CliContext, options: Common): Promise<ExitCode> {
  const { terminal } = context;
  const secrets = await withDoor(context, async (door) =>
    door.operations.storedSecrets(await chooseEnvironment(door, options.env)),
  );
  if (options.output === 'json') json(terminal, { secrets });
  else if (secrets.length === 0) terminal.note('Nothing is stored, and no live Secret asks for it.');
  else {
    const head = ['SECRET', 'KEY', 'VERSION', 'SET', 'BY', 'KEPT', 'ENCRYPTED UNDER', 'NAMED'];
    terminal.out(renderTable(head, secrets.map(rowOf), terminal.tableWidth));
  }
  return exitCodes.success;
}

function rowOf({ secret, key, version, versions, setAt, setBy, kek, named }: StoredSecretRecord): string[] {
  const latest = version === undefined ? 'MISSING' : String(version);
  return [secret, key, latest, setAt ?? '', setBy ?? '', String(versions), kek ?? '', named ? 'yes' : 'no'];
}

/** Removes the values of a key, or one version of it. */
export async function secretRemoveCommand(
  context: CliContext,
  options: Named & { readonly version?: number },
): Promise<ExitCode> {
  const { secret, key, version } = options;
  const { terminal } = context;
  const { removed } = await withDoor(context, async (door) =>
    door.operations.removeSecret({
      environment: await chooseEnvironment(door, options.env),
      secret,
      key,
      ...(version === undefined ? {} : { version }),
    }),
  );
  if (options.output === 'json') json(terminal, { removed });
  else terminal.out(`${removed} ${removed === 1 ? 'version is' : 'versions are'} removed.`);
  return exitCodes.success;
}

/** Has every stored value need the newest key alone. */
export async function secretRotateCommand(context: CliContext, options: Common): Promise<ExitCode> {
  const { terminal } = context;
  const rotated = await withDoor(context, async (door) =>
    door.operations.rotateSecrets(await chooseEnvironment(door, options.env)),
  );
  if (options.output === 'json') json(terminal, { rotated });
  else
    terminal.out(`${rotated.rewrapped} values are encrypted under the key ${rotated.kek}; older keys are not needed.`);
  return exitCodes.success;
}
