import type { BlameRecord } from '../api/operations-revision.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { kindNamed } from '../manifest/field-lookup.ts';
import { neutral } from '../manifest/neutral.ts';
import { kinds } from '../manifest/resource.ts';
import { shownText } from '../manifest/shown.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { renderTable } from './table.ts';

export interface BlameOptions {
  readonly address: string;
  readonly env?: string;
  readonly output: string;
}

/** Which revision gave each field of a resource its value, of which commit and applied by whom. */
export async function blameCommand(context: CliContext, options: BlameOptions): Promise<ExitCode> {
  const { terminal } = context;
  const address = addressNamed(options.address);
  return withDoor(context, async (door) => {
    const environment = await chooseEnvironment(door, options.env);
    const blamed = await door.operations.blame({ environment, address });
    if (options.output === 'json') json(terminal, { ...blamed, removedBy: blamed.removedBy ?? null });
    else {
      for (const line of notes(blamed)) terminal.note(line);
      terminal.out(
        renderTable(['FIELD', 'REVISION', 'COMMIT', 'BY', 'WHEN', 'VALUE'], rows(blamed), terminal.tableWidth),
      );
    }
    return exitCodes.success;
  });
}

/** `Agent/support/writer`, `agent/support/writer`, or `agent/writer` of the namespace `default`. */
function addressNamed(word: string): string {
  const [first = '', ...path] = word.split('/');
  const named = kindNamed(first);
  const kind = kinds.find((one) => one === named);
  const [namespace, name] = path.length === 1 ? ['default', path[0]] : path;
  if (kind !== undefined && path.length <= 2 && namespace !== undefined && name !== undefined && name !== '') {
    return `${kind}/${namespace}/${name}`;
  }
  throw new TerminalError(`"${shownText(word)}" names no resource.`, {
    code: 'cli.usage',
    help: 'Write it as `pawl get all -o name` does: `Agent/namespace/name`.',
    exit: exitCodes.usage,
  });
}

function notes({ removedBy, formerly, address }: BlameRecord): readonly string[] {
  return [
    ...(removedBy === undefined ? [] : [`Revision ${removedBy} removed ${neutral(address)}; this is what it was.`]),
    ...formerly.map((name) => `It was ${neutral(name)} before.`),
  ];
}

function rows({ fields }: BlameRecord): readonly (readonly string[])[] {
  return fields.map(({ path, value, sensitive, revision, commit, by, at }) => [
    path,
    String(revision),
    commit.slice(0, 7),
    by,
    at.replace(/\.\d+Z$/, 'Z'),
    sensitive ? '(sensitive)' : JSON.stringify(value ?? null),
  ]);
}
