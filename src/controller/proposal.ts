import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import { digest } from '../manifest/digest.ts';
import { isManifestPath, lockPath, nameFault, settingsPath, shownPath } from '../manifest/file-name.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import { environmentPaths } from '../source/environment-paths.ts';
import { readEnvironment as readEnvironmentRow } from '../store/environment.ts';
import { readServerLook } from '../store/server-look.ts';
import type { Accepted } from './accept.ts';
import { readEnvironment } from './environments.ts';
import type { ControlPlane } from './planning.ts';
import { acceptanceProposed } from './proposal-accept.ts';
import type { Made } from './proposal-made.ts';
import { pinProposed } from './proposal-pin.ts';
import { promotionProposed } from './proposal-promote.ts';
import { type ProposalRequest, subjectOf } from './proposal-request.ts';
import { revertProposed } from './proposal-revert.ts';
import { tighteningProposed } from './proposal-tighten.ts';

/** The files and the text of a pull request. */
export interface ProposalContent {
  readonly request: ProposalRequest;
  /** The branch that it asks to change, and the commit of it that the files are of. */
  readonly base: { readonly branch: string; readonly commit: string };
  readonly files: Accepted['files'];
  /** One line in which nothing stands that somebody else wrote, but names of environments. */
  readonly title: string;
  /** Markdown in which nothing from outside has a meaning. */
  readonly body: string;
}

export type Proposed =
  | { readonly kind: 'wanted'; readonly content: ProposalContent }
  /** There is nothing to ask for; a sentence says why. */
  | { readonly kind: 'pointless'; readonly because: string };

/** What a request comes to, as Git and the rows are now. Throws `TerminalError` where it cannot be done at all. */
export async function proposed(plane: ControlPlane, request: ProposalRequest): Promise<Proposed> {
  const made = await madeOf(plane, request);
  if (made.kind === 'pointless') return made;
  const { settings, commit, files, title, body } = made;
  if (files.size === 0) return { kind: 'pointless', because: `${settings.branch} holds all of it already.` };
  // Its file is what rules MCP servers, and it writes no other.
  if (request.kind !== 'pin') assertPaths(settings, files);
  assertSize(files);
  return { kind: 'wanted', content: { request, base: { branch: settings.branch, commit }, files, title, body } };
}

async function madeOf(plane: ControlPlane, request: ProposalRequest): Promise<Made> {
  try {
    switch (request.kind) {
      case 'accept-drift':
        return await acceptanceProposed(plane, request);
      case 'revert':
        return await revertProposed(plane, request);
      case 'promote':
        return await promotionProposed(plane, request);
      case 'tighten':
        return await tighteningProposed(plane, request);
      case 'pin':
        return await pinProposed(plane, request);
    }
  } catch (error) {
    if (!isPawlError(error) || error.code !== 'environment.unknown') throw error;
    return { kind: 'pointless', because: `pawl.yaml no longer declares ${request.environment}.` };
  }
}

/** The same as long as nothing moved that a request's content is made of: cheap enough to ask in every round. */
export async function proposalInputs(plane: ControlPlane, request: ProposalRequest): Promise<string> {
  const names = request.kind === 'promote' ? [request.environment, request.from] : [request.environment];
  const states = names.map(async (name) => {
    const row = await readEnvironmentRow(plane.database.db, name);
    return [row?.revision ?? 0, row?.writes ?? 0, row?.quarantine_writes ?? 0];
  });
  const head = await readEnvironment(plane.repository, request.environment)
    .then(({ branch }) => plane.repository.resolve(branch))
    .catch((error: unknown) => {
      if (isPawlError(error) && error.code === 'environment.unknown') return '';
      throw error;
    });
  const look = request.kind === 'pin' ? await readServerLook(plane.database.db, request) : undefined;
  const seen = look === undefined ? [] : [look.asked, look.standing, look.fingerprint ?? '', look.since.toISOString()];
  return digest([head, await Promise.all(states), seen]);
}

/** The branch that pawl pushes a proposal to: letters that no ref, shell or address gives a meaning, whatever it is of. */
export function proposalBranch(request: ProposalRequest): string {
  const { environment, kind } = request;
  const shown = environment
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 40);
  const hash = digest([environment, kind, subjectOf(request)]).slice(0, 10);
  return `pawl/${kind}/${shown === '' ? '' : `${shown}-`}${hash}`;
}

/** Digest of the files, and of what they are instead of: it stays while the base moves elsewhere. */
export function filesDigest({ files }: Pick<ProposalContent, 'files'>): string {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return digest(sorted.map(([path, { before, after }]) => [path, before ?? null, after ?? null]));
}

const filesMax = 300;
const charactersMax = 4_000_000;

function assertSize(files: Accepted['files']): void {
  const characters = [...files.values()].reduce((sum, { after = '' }) => sum + after.length, 0);
  if (files.size <= filesMax && characters <= charactersMax) return;
  throw new TerminalError(`A pull request of ${files.size} files is more than anybody reviews.`, {
    code: 'proposal.too_large',
    help: `pawl opens pull requests of at most ${filesMax} files and 4 MB. Name fewer resources.`,
    exit: exitCodes.findings,
  });
}

/**
 * Manifests only where the environment has its files; of others those that are there and are read in by a manifest.
 * Never what rules: `pawl.yaml`, pins, owners of code, and whatever lies in folders of tools as `.github`.
 */
function assertPaths(settings: EnvironmentSettings, files: Accepted['files']): void {
  const paths = environmentPaths(settings.paths);
  for (const [path, { before }] of files) {
    const parts = path.split('/');
    const isOdd = parts.some((part) => part === '' || part.startsWith('.')) || path.includes('\\');
    const isRule = path === settingsPath || path === lockPath || parts.at(-1)?.toUpperCase() === 'CODEOWNERS';
    const isInside = paths.some((own) => own === '' || path === own || path.startsWith(`${own}/`));
    const isOwn = isInside || (before !== undefined && !isManifestPath(path));
    if (isOdd || isRule || !isOwn || nameFault(path) !== undefined) throw refusedPath(settings, path);
  }
}

function refusedPath({ name }: EnvironmentSettings, path: string): TerminalError {
  return new TerminalError(`${shownPath(path).slice(0, 200)} is not a file of ${name} that pawl writes to.`, {
    code: 'proposal.path_refused',
    help: 'Change it by a pull request of your own.',
    exit: exitCodes.findings,
  });
}
