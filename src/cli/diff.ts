import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ComparisonRecord } from '../api/operations-revision.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { resourceChange } from '../plan/render/json.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { countChanges, countsText, renderChanges } from './render-comparison.ts';
import { hanging } from './wrap.ts';

export interface DiffOptions {
  readonly from: string;
  readonly to: string;
  readonly env?: string;
  readonly output: string;
}

type Compared = Pick<ComparisonRecord, 'from' | 'to' | 'changes'> & { readonly environment?: string };

/** What differs between two states, resource by resource; exit 2 when anything does. */
export async function diffCommand(context: CliContext, options: DiffOptions): Promise<ExitCode> {
  const { terminal, cwd } = context;
  const paths = [options.from, options.to].map((word) => pathOf(cwd, word));
  const compared = await comparison(context, options, paths);
  if (options.output === 'json') {
    const { environment = null, from, to, changes } = compared;
    json(terminal, { environment, from, to, summary: countChanges(changes), changes: changes.map(resourceChange) });
  } else terminal.out(textOf(context, compared));
  return compared.changes.length === 0 ? exitCodes.success : exitCodes.differences;
}

async function comparison(
  context: CliContext,
  { from, to, env }: DiffOptions,
  [left, right]: readonly (string | undefined)[],
): Promise<Compared> {
  if (left !== undefined && right !== undefined) {
    const { compareFiles } = await import('../controller/compare-files.ts');
    return compareFiles({ from: left, to: right, cwd: context.cwd });
  }
  if (left !== undefined || right !== undefined) throw mixed(left === undefined ? to : from);
  return withDoor(context, async (door) =>
    door.operations.compare({ environment: await chooseEnvironment(door, env), from, to }),
  );
}

/** A file or a folder that is there; `live` and numbers never are, and `refs/heads/x` says that Git is meant. */
function pathOf(cwd: string, word: string): string | undefined {
  if (word === 'live' || word === 'working-copy' || /^r?\d{1,9}$/.test(word)) return undefined;
  const path = resolve(cwd, word);
  return existsSync(path) ? path : undefined;
}

function mixed(word: string): TerminalError {
  return new TerminalError(`"${neutral(word)}" is a file or a folder, and the other side is not.`, {
    code: 'cli.usage',
    help: 'Compare two files or two folders, or two of: revisions, `live`, `working-copy`, Git refs (`refs/heads/…` where a path has the same name).',
    exit: exitCodes.usage,
  });
}

function textOf({ terminal }: CliContext, { from, to, changes }: Compared): string {
  const sides = `${neutral(from)} and ${neutral(to)}`;
  if (changes.length === 0) return `No differences between ${sides}.`;
  const { width, color, colors } = terminal;
  return [
    colors.bold(hanging(`From ${neutral(from)} to ${neutral(to)}:`, width)),
    '',
    renderChanges({ changes, width, color }),
    '',
    `Diff: ${countsText(countChanges(changes))}.`,
  ].join('\n');
}
