import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Address, Snapshot } from '../manifest/resource.ts';
import { type Withdrawn, withdrawnIn, withdrawnName } from '../plan/quarantine.ts';
import { code } from '../plan/render/inert.ts';
import { counted } from '../plan/render/words.ts';
import { snapshot } from '../source/snapshot.ts';
import { readQuarantine } from '../store/quarantine.ts';
import { accept, type Accepted, fileChanges, type FilesAt, textAt } from './accept.ts';
import { environmentAt, readEnvironment } from './environments.ts';
import { changeBetween, filesOf, judgeFiles } from './file-judgement.ts';
import { type ControlPlane, liveOf } from './planning.ts';
import type { Made } from './proposal-made.ts';
import type { ProposalRequest } from './proposal-request.ts';
import { bodyOf, closingParagraph, listOf, planOfFiles, planParagraph, said } from './proposal-text.ts';
import { type StoredRevision, storedSnapshot } from './stored.ts';

/**
 * A pull request that takes out of the branch what a rollback withdrew from live. Merged, the branch holds none of it,
 * so that the quarantine ends by itself.
 */
export async function revertProposed(
  plane: ControlPlane,
  { environment }: ProposalRequest & { readonly kind: 'revert' },
): Promise<Made> {
  const quarantine = await readQuarantine(plane.database.db, environment);
  if (quarantine.length === 0) return { kind: 'pointless', because: 'Nothing is in quarantine any more.' };
  const settings = await readEnvironment(plane.repository, environment);
  const commit = await plane.repository.resolve(settings.branch);
  const taken = await snapshot(plane.repository, { commit, environment: settings }, { cache: plane.snapshots });
  const [first, ...others] = withdrawnIn(taken.resources, quarantine);
  if (first === undefined) {
    return { kind: 'pointless', because: `${settings.branch} holds nothing any more of what was withdrawn.` };
  }
  const held: readonly [Withdrawn, ...Withdrawn[]] = [first, ...others];
  const live = await liveOf(plane, environment, true);
  const newest = held.reduce((a, b) => (b.rollback.revision > a.rollback.revision ? b : a)).rollback;
  const stored = await storedSnapshot(plane.database, { revision: newest.to, live });
  const found = await revertedFiles(plane, { taken, stored, held, quarantine });
  const { revision, to, by, reason } = newest;
  const body = bodyOf([
    `${code(environment)} was rolled back to revision ${to} by ${code(by)}, which made revision ${revision}${reason === '' ? '' : `: ${said(reason)}`}. ${code(settings.branch)} still holds what was withdrawn, so that its commits wait. Merging this takes it out; they go live again then.`,
    listOf(
      'Taken back:',
      held.map((one) => code(withdrawnName(one))),
    ),
    listOf(
      'Changed along with it, as it stands in the same files:',
      found.along.map((address) => code(address)),
    ),
    found.way === 'files'
      ? `The files are as they were at ${code(stored.record.commit_id.slice(0, 12))}, the commit of revision ${to}.`
      : `The manifests say again what revision ${to} said; what else stands in their files stays.`,
    planParagraph(await planOfFiles(plane, { settings, commit }, found.files)),
    closingParagraph,
  ]);
  const title = `Revert ${neutral(environment)} to revision ${to}: ${counted(held.length, 'resource')}`;
  return { kind: 'wanted', settings, commit, files: found.files, title, body };
}

interface Reverting {
  readonly taken: Snapshot;
  readonly stored: StoredRevision;
  readonly held: readonly Withdrawn[];
  readonly quarantine: readonly Withdrawn[];
}

interface Reverted {
  readonly way: 'files' | 'manifests';
  readonly files: Accepted['files'];
  /** Resources that nobody withdrew and that come out otherwise. */
  readonly along: readonly Address[];
}

/** Whole files as they were, unless that takes others' changes back too or brings mistakes: then manifest by manifest. */
async function revertedFiles(plane: ControlPlane, reverting: Reverting): Promise<Reverted> {
  const restored = await restoredFiles(plane, reverting);
  if (restored !== undefined && restored.along.length === 0) return restored;
  const edited = await editedManifests(plane, reverting);
  const found = edited ?? restored;
  if (found !== undefined) return found;
  const { environment } = reverting.taken;
  throw new TerminalError(`What the rollback of ${environment.name} withdrew cannot be taken out by itself.`, {
    code: 'proposal.refused',
    help: 'Later changes build on it. Revert it in Git by hand, or lift it with `pawl quarantine release`.',
    exit: exitCodes.findings,
  });
}

async function restoredFiles(
  { repository }: ControlPlane,
  { taken, stored, held, quarantine }: Reverting,
): Promise<Reverted | undefined> {
  const at: FilesAt = { files: repository, commit: stored.record.commit_id };
  const old = await snapshotThen(at, taken.environment.name);
  if (old === undefined) return undefined;
  const paths = new Set(
    held.flatMap(({ address }) => [...filesOf(taken.resources.get(address)), ...filesOf(old.resources.get(address))]),
  );
  const edited = new Map<string, string | undefined>();
  for (const path of paths) edited.set(path, await textAt(at, path));
  const files = await fileChanges({ files: repository, commit: taken.commit }, edited);
  const judged = await judgeFiles(repository, { taken, files });
  if (judged.fault !== undefined || withdrawnIn(judged.after.resources, quarantine).length > 0) return undefined;
  const meant = new Set(held.map(({ address }) => address));
  return { way: 'files', files, along: judged.changed.filter((address) => !meant.has(address)) };
}

/** Undefined: the commit is not in the repository any more, or cannot be read. */
async function snapshotThen({ files, commit }: FilesAt, name: string): Promise<Snapshot | undefined> {
  try {
    return await snapshot(files, { commit, environment: await environmentAt(files, commit, name) });
  } catch (error) {
    if (isPawlError(error)) return undefined;
    throw error;
  }
}

async function editedManifests(
  { repository }: ControlPlane,
  { taken, stored, held, quarantine }: Reverting,
): Promise<Reverted | undefined> {
  const addresses = [...new Set(held.map(({ address }) => address))];
  const drift = addresses.flatMap(
    (address) => changeBetween(taken.resources.get(address), stored.snapshot.resources.get(address)) ?? [],
  );
  const { environment: settings, commit } = taken;
  const { files, outcomes } = await accept(repository, { settings, drift, overManifest: true, commit });
  if (files.size === 0 || outcomes.some(({ kind }) => kind === 'refused')) return undefined;
  const judged = await judgeFiles(repository, { taken, files });
  if (judged.fault !== undefined || withdrawnIn(judged.after.resources, quarantine).length > 0) return undefined;
  return { way: 'manifests', files, along: [] };
}
