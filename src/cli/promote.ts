import type { ProposedRecord } from '../api/operations-proposal.ts';
import { findRoot, noRepository } from '../config.ts';
import { exitCodes, isPawlError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { Door } from './app-port.ts';
import { type CliContext, json, withDoor } from './context.ts';
import { plural } from './plural.ts';
import { showProposed } from './proposal-done.ts';

export interface PromoteOptions {
  readonly from: string;
  readonly to: string;
  readonly only?: readonly string[];
  readonly withoutProof?: boolean;
  readonly dryRun?: true;
  readonly pullRequest?: true;
  readonly output: string;
}

/** Has what is live in one environment written to another's files: by a pull request, else into the working copy. */
export async function promoteCommand(context: CliContext, options: PromoteOptions): Promise<ExitCode> {
  return withDoor(context, async (door) => {
    const isPreview = options.dryRun === true || options.output === 'patch';
    const found = isPreview ? undefined : await proposed(door, options);
    if (found !== undefined) {
      showProposed(context, found, options.output);
      return exitCodes.success;
    }
    const preview = await door.operations.previewProposal(wishOf(options));
    if (options.output === 'patch') await showPatch(context, preview);
    else if (isPreview) showProposed(context, preview, options.output);
    else await write(context, preview, options.output);
    return exitCodes.success;
  });
}

/** Undefined: there is no forge, and nobody insisted on a pull request. */
async function proposed(door: Door, options: PromoteOptions): Promise<ProposedRecord | undefined> {
  try {
    return await door.operations.propose(wishOf(options));
  } catch (error) {
    if (options.pullRequest !== true && isPawlError(error) && error.code === 'proposal.no_forge') return undefined;
    throw error;
  }
}

function wishOf({ from, to, only = [], withoutProof = false }: PromoteOptions) {
  return { kind: 'promote', environment: to, from, only, withoutProof } as const;
}

async function showPatch({ terminal }: CliContext, { files }: ProposedRecord): Promise<void> {
  const { patchOf } = await import('./tighten.ts');
  if (files.length > 0) terminal.out(patchOf({ files: filesOf(files) }).trimEnd());
}

/** Each file only while it is what the branch has: nobody's uncommitted work is written over. */
async function write(context: CliContext, found: ProposedRecord, format: string): Promise<void> {
  const root = findRoot(context.cwd);
  if (root === undefined) throw noRepository(context.cwd);
  await (await import('./accepted-files.ts')).writeAccepted(root, filesOf(found.files));
  const { terminal } = context;
  if (format === 'json') {
    json(terminal, { ...found, state: 'written' });
    return;
  }
  showProposed(context, { ...found, state: 'preview' }, format);
  terminal.out(
    `${plural(found.files.length, 'file')} written. Next: look at \`git diff\`, run \`pawl plan\`, and open a pull request.`,
  );
}

function filesOf(files: ProposedRecord['files']) {
  return new Map(files.map(({ path, before, after }) => [path, { before, after }] as const));
}
