import { createTwoFilesPatch } from 'diff';
import { findRoot, noRepository } from '../config.ts';
import type { TightenedFiles } from '../controller/tighten.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { RecordedUse } from '../plan/recorded-use.ts';
import { chooseEnvironment, type CliContext, json, withDoor } from './context.ts';
import { plural } from './plural.ts';
import { showProposed } from './proposal-done.ts';

export interface TightenOptions {
  readonly days: number;
  readonly env?: string;
  readonly write?: true;
  readonly pullRequest?: true;
  readonly output: string;
}

/** Proposes the grants and limits that recorded use justifies, as a change of the working copy's manifests. */
export async function tightenCommand(context: CliContext, options: TightenOptions): Promise<ExitCode> {
  const { terminal } = context;
  if (options.pullRequest === true) return propose(context, options);
  const root = findRoot(context.cwd);
  if (root === undefined) throw noRepository(context.cwd);
  const { environment, use } = await withDoor(context, async (door) => {
    const chosen = await chooseEnvironment(door, options.env);
    return {
      environment: chosen,
      use: await door.operations.recordedUse({ environment: chosen, days: options.days }),
    };
  });
  const { tightenFiles } = await import('../controller/tighten.ts');
  const { WorkingCopy } = await import('../source/working-copy.ts');
  const found = await tightenFiles(new WorkingCopy({ root }), { environment, use });
  if (options.write === true) await (await import('./accepted-files.ts')).writeAccepted(root, found.files);
  if (options.output === 'patch') {
    if (found.files.size > 0) terminal.out(patchOf(found).trimEnd());
  } else if (options.output === 'json') json(terminal, jsonOf(found, { environment, use, ...options }));
  else terminal.out(textOf(found, { environment, use, ...options }));
  return found.refused.length > 0 ? exitCodes.findings : exitCodes.success;
}

async function propose(context: CliContext, { days, env, output }: TightenOptions): Promise<ExitCode> {
  const proposed = await withDoor(context, async (door) => {
    const environment = await chooseEnvironment(door, env);
    return door.operations.propose({ kind: 'tighten', environment, days });
  });
  showProposed(context, proposed, output);
  return exitCodes.success;
}

/** As `git apply` takes it. */
export function patchOf({ files }: Pick<TightenedFiles, 'files'>): string {
  return Array.from(files, ([path, { before = '', after = '' }]) => {
    const patch = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, { context: 3 });
    return `diff --git a/${path} b/${path}\n${patch.split('\n').slice(1).join('\n')}`;
  }).join('');
}

interface Said extends Pick<TightenOptions, 'write'> {
  readonly environment: string;
  readonly use: RecordedUse;
}

function jsonOf({ files, proposals, left, refused }: TightenedFiles, { environment, use, write }: Said): object {
  const { days, runs, runsMax } = use;
  return {
    environment,
    days,
    runs,
    runsMax,
    written: write === true,
    proposals: proposals.map(({ address, evidence }) => ({ address, evidence })),
    left,
    refused: refused.map(({ address, because }) => ({ address, because: because ?? null })),
    files: [...files.keys()],
    patch: patchOf({ files }),
  };
}

function textOf({ files, proposals, left, refused }: TightenedFiles, { environment, use, write }: Said): string {
  const looked = `${plural(use.runs, 'run')} of ${environment} in ${plural(use.days, 'day')}`;
  const more = use.runs >= use.runsMax ? ', the newest of them' : '';
  const lines = [`Looked at ${looked}${more}.`];
  for (const { address, evidence } of proposals) {
    lines.push('', neutral(address));
    for (const { field, before, after, because } of evidence)
      lines.push(`  - ${neutral(field)}: ${neutral(before)} -> ${neutral(after)}`, `      ${neutral(because)}`);
  }
  if (left.length > 0) lines.push('', 'Nothing is proposed of:');
  for (const { address, because } of left) lines.push(`  ${neutral(address)}: ${neutral(because)}`);
  for (const { address, because = '' } of refused) lines.push(`  ! ${neutral(address)}: ${neutral(because)}`);
  lines.push('', endOf({ isWritten: write === true, files: files.size }));
  return lines.join('\n');
}

function endOf({ isWritten, files }: { readonly isWritten: boolean; readonly files: number }): string {
  if (files === 0) return 'Nothing to tighten.';
  if (isWritten)
    return `${plural(files, 'file')} written. Next: look at \`git diff\`, run \`pawl plan\`, and open a pull request.`;
  return 'Nothing was written. Run it with --write, or `pawl tighten -o patch | git apply`.';
}
