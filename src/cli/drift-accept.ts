import { createTwoFilesPatch } from 'diff';
import { findRoot } from '../config.ts';
import { accept, type Accepted, type AcceptOutcome } from '../controller/accept.ts';
import { chosenDrift } from '../controller/drift.ts';
import { environmentAt } from '../controller/environments.ts';
import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { shownPath } from '../manifest/file-name.ts';
import { neutral } from '../manifest/neutral.ts';
import { maskSecrets } from '../manifest/secret-literal.ts';
import { blobId } from '../source/blob-id.ts';
import { openRepository } from '../source/repository.ts';
import { WorkingCopy } from '../source/working-copy.ts';
import { writeAccepted } from './accepted-files.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { plural } from './plural.ts';
import { showProposed } from './proposal-done.ts';

export interface DriftAcceptOptions {
  readonly addresses: readonly string[];
  readonly env?: string;
  readonly diff?: boolean;
  readonly allowDirty?: boolean;
  readonly overManifest?: boolean;
  readonly pullRequest?: boolean;
  readonly output: string;
}

/** Writes what is live into the manifests of the working copy, for a commit that makes it what Git says. */
export async function driftAcceptCommand(context: CliContext, options: DriftAcceptOptions): Promise<ExitCode> {
  if (options.pullRequest === true) return propose(context, options);
  const root = findRoot(context.cwd);
  if (root === undefined) throw noWorkingCopy();
  const { environment, drift } = await withDoor(context, async (door) => {
    const chosen = await chooseEnvironment(door, options.env);
    return { environment: chosen, drift: chosenDrift(await door.operations.drift(chosen), options.addresses) };
  });
  const files = new WorkingCopy({ root });
  const settings = await environmentAt(files, await files.resolve('HEAD'), environment);
  const accepted = await accept(files, { settings, drift, overManifest: options.overManifest === true });
  if (options.allowDirty !== true) await assertCommitted(context, root, accepted);
  const isWritten = options.diff !== true && accepted.files.size > 0;
  if (isWritten) await writeAccepted(root, accepted.files);
  if (options.output === 'json') {
    json(context.terminal, { environment, written: isWritten, ...asJson(accepted) });
  } else show(context, { environment, accepted, isWritten });
  return accepted.outcomes.some(({ kind }) => kind === 'refused') ? exitCodes.findings : exitCodes.success;
}

/** The same as a pull request, of the head of the environment's branch. */
async function propose(context: CliContext, options: DriftAcceptOptions): Promise<ExitCode> {
  const { addresses, overManifest = false } = options;
  const proposed = await withDoor(context, async ({ operations, ...door }) => {
    const environment = await chooseEnvironment({ operations, ...door }, options.env);
    chosenDrift(await operations.drift(environment), addresses);
    const wish = { kind: 'accept-drift', environment, addresses, overManifest } as const;
    return options.diff === true ? operations.previewProposal(wish) : operations.propose(wish);
  });
  showProposed(context, proposed, options.output);
  return exitCodes.success;
}

/** What a person has not committed yet is not mixed with what pawl writes. */
async function assertCommitted(context: CliContext, root: string, { files }: Accepted): Promise<void> {
  const { surroundings } = (await context.app(context.cwd)).config;
  const repository = await openRepository({ path: root, surroundings });
  try {
    const paths = [...files.keys()];
    const head = await repository.resolve('HEAD').catch((error: unknown) => {
      // A repository without a commit has nothing that could be told apart.
      if (isPawlError(error) && error.code === 'git.ref_not_found') return undefined;
      throw error;
    });
    const committed = new Map(
      (head === undefined ? [] : await repository.entries(head, paths)).map(({ path, id }) => [path, id]),
    );
    const dirty = [...files].filter(([path, { before }]) => {
      return committed.get(path) !== (before === undefined ? undefined : blobId(Buffer.from(before)));
    });
    if (dirty.length > 0) throw uncommitted(dirty.map(([path]) => shownPath(path)));
  } finally {
    await repository.close();
  }
}

function uncommitted(paths: readonly string[]): TerminalError {
  const verb = paths.length === 1 ? 'has' : 'have';
  return new TerminalError(`${paths.join(', ')} ${verb} uncommitted changes; nothing was written.`, {
    code: 'drift.uncommitted',
    help: 'Commit or stash them first, or pass --allow-dirty.',
    exit: exitCodes.findings,
  });
}

function noWorkingCopy(): TerminalError {
  return new TerminalError('Drift is accepted into files, and this folder is in no working copy.', {
    code: 'drift.no_working_copy',
    help: 'Run the command inside a clone of the repository.',
    exit: exitCodes.usage,
  });
}

interface Shown {
  readonly environment: string;
  readonly accepted: Accepted;
  readonly isWritten: boolean;
}

function show({ terminal }: CliContext, { environment, accepted, isWritten }: Shown): void {
  const { files, outcomes } = accepted;
  if (outcomes.length === 0) {
    terminal.out(`No drift. ${environment} is what its revision says.`);
    return;
  }
  for (const [path, { before = '', after = '' }] of files) showDiff(terminal, shownPath(path), { before, after });
  for (const outcome of outcomes) terminal.out(outcomeLine(outcome));
  const count = outcomes.filter(({ kind }) => kind === 'accepted').length;
  if (count === 0) return;
  terminal.out('');
  terminal.out(
    isWritten
      ? `${plural(count, 'resource')} accepted into ${plural(files.size, 'file')}. Next: look at \`git diff\`, commit and merge it. \`pawl plan\` then finds that Git and live agree; applying makes what runs follow.`
      : 'Nothing was written. Run it without --diff to write this.',
  );
}

function showDiff(
  terminal: CliContext['terminal'],
  name: string,
  { before, after }: { readonly before: string; readonly after: string },
): void {
  const patch = createTwoFilesPatch(name, name, before, after, undefined, undefined, { context: 3 });
  const { red, green } = terminal.colors;
  for (const line of patch.trimEnd().split('\n').slice(1)) {
    const shown = neutral(maskSecrets(line));
    terminal.out(line.startsWith('-') ? red(shown) : line.startsWith('+') ? green(shown) : shown);
  }
}

function outcomeLine({ address, kind, because }: AcceptOutcome): string {
  switch (kind) {
    case 'accepted':
      return `  + ${neutral(address)}`;
    case 'already':
      return `  = ${neutral(address)}  (the manifest says it already)`;
    case 'refused':
      return `  ! ${neutral(address)}  not accepted: ${neutral(because ?? '')}`;
  }
}

function asJson({ files, outcomes }: Accepted): object {
  const made = Array.from(files, ([path, { before, after }]) => {
    return { path, action: before === undefined ? 'create' : after === undefined ? 'delete' : 'update' };
  });
  return { files: made, resources: outcomes.map(({ because, ...one }) => ({ ...one, because: because ?? null })) };
}
