import { exitCodes, TerminalError } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Address, Snapshot } from '../manifest/resource.ts';
import type { Live } from '../plan/change.ts';
import { code } from '../plan/render/inert.ts';
import { counted } from '../plan/render/words.ts';
import { snapshot } from '../source/snapshot.ts';
import { lastChanged } from '../store/proof.ts';
import { type FilesAt, fileChanges } from './accept.ts';
import { environmentAt, readEnvironment } from './environments.ts';
import { type Judged, judgeFiles } from './file-judgement.ts';
import { type ControlPlane, liveOf } from './planning.ts';
import { type PromotedFiles, promotedFiles } from './promotion-files.ts';
import { pathMap } from './promotion-paths.ts';
import { assertProved, proofOf, proofParagraph } from './promotion-proof.ts';
import type { Made } from './proposal-made.ts';
import type { ProposalRequest } from './proposal-request.ts';
import { bodyOf, closingParagraph, listOf, planOfFiles, planParagraph, said } from './proposal-text.ts';

type PromotionRequest = ProposalRequest & { readonly kind: 'promote' };

/** A pull request that writes what is live in one environment to another's paths, with what its runs there showed. */
export async function promotionProposed(plane: ControlPlane, request: PromotionRequest): Promise<Made> {
  const { environment, from: source, only, withoutProof } = request;
  if (environment === source) throw refused('promotion.same', `${source} cannot be promoted to itself.`);
  const { repository } = plane;
  const { from, live } = await liveSnapshot(plane, source);
  for (const address of only) if (!from.resources.has(address)) throw unknownResource(address, source);
  const settings = await readEnvironment(repository, environment);
  const commit = await repository.resolve(settings.branch);
  const to = await snapshot(repository, { commit, environment: settings }, { cache: plane.snapshots });
  const at: FilesAt = { files: repository, commit: from.commit };
  const map = pathMap(from.environment, settings);
  const promoted = await promotedFiles({ at, from, to, map, only });
  const changedAt = await lastChanged(plane.database.db, { environment: source, addresses: promoted.addresses });
  if (changedAt > request.revision) return overtaken(request, changedAt);
  const files = await fileChanges({ files: repository, commit }, promoted.edited);
  const judged = await judgeFiles(repository, { taken: to, files });
  assertWhole(judged, { environment, only });
  if (files.size === 0) return { kind: 'pointless', because: nothing(request, { live, promoted }) };
  const proof = await proofOf(plane.database, { from, revision: live.revision, addresses: judged.changed });
  assertProved(proof, withoutProof);
  const body = bodyOf([
    `${counted(judged.changed.length, 'resource')} as revision ${live.revision} of ${code(source)} has ${judged.changed.length === 1 ? 'it' : 'them'} (${code(from.commit.slice(0, 12))}), for ${code(environment)}.`,
    proofParagraph(proof),
    ...contentParagraphs({ from, to, judged, promoted, environment }),
    planParagraph(await planOfFiles(plane, { settings, commit }, files)),
    closingParagraph,
  ]);
  const title = `Promote ${neutral(source)} to ${neutral(environment)}: ${counted(judged.changed.length, 'resource')}`;
  return { kind: 'wanted', settings, commit, files, title, body };
}

/** What is live there, read from the commit that it was applied from: files, with their comments. */
async function liveSnapshot(
  plane: ControlPlane,
  source: string,
): Promise<{ readonly from: Snapshot; readonly live: Live }> {
  // Says that there is none of that name before saying that nothing of it is live.
  await readEnvironment(plane.repository, source);
  const live = await liveOf(plane, source);
  const { commit } = live;
  if (live.revision === 0 || commit === undefined) {
    throw refused('promotion.nothing_live', `Nothing is live in ${source}.`);
  }
  const settings = await environmentAt(plane.repository, commit, source);
  const from = await snapshot(plane.repository, { commit, environment: settings }, { cache: plane.snapshots });
  return { from, live };
}

/** What was asked for at one revision and is another by now is not what somebody wanted to promote. */
function overtaken({ from, revision, environment }: PromotionRequest, changedAt: number): Made {
  const because = `${from} changed it in revision ${changedAt}; this was for revision ${revision}. Run pawl promote ${from} ${environment} again.`;
  return { kind: 'pointless', because };
}

function assertWhole(
  { fault, changed }: Judged,
  { environment, only }: { readonly environment: string; readonly only: readonly Address[] },
): void {
  if (fault !== undefined) {
    throw new TerminalError(`${environment} would be wrong with it: ${fault.file}:${fault.line}: ${fault.message}`, {
      code: 'promotion.not_whole',
      help: 'Promote what it needs along with it, or correct it first.',
      exit: exitCodes.findings,
    });
  }
  const more = only.length === 0 ? [] : changed.filter((address) => !only.includes(address));
  if (more.length === 0) return;
  throw new TerminalError(`${neutral(more.slice(0, 5).join(', '))} would change along with it.`, {
    code: 'promotion.entangled',
    help: 'They stand in the same files. Name them with --only too, or give them files of their own.',
    exit: exitCodes.findings,
  });
}

interface Content {
  readonly from: Snapshot;
  readonly to: Snapshot;
  readonly judged: Judged;
  readonly promoted: PromotedFiles;
  readonly environment: string;
}

function contentParagraphs({ from, to, judged, promoted, environment }: Content): readonly (string | undefined)[] {
  const digests = judged.changed.map((address) => {
    const isSame = judged.after.resources.get(address)?.digest === from.resources.get(address)?.digest;
    return isSame ? code(address) : `${code(address)}, with what ${code(environment)} itself says of it`;
  });
  const kept = [...to.resources.keys()].filter((address) => !from.resources.has(address));
  const shared = promoted.shared.length;
  return [
    listOf('Promoted:', digests),
    listOf(
      'Left out:',
      promoted.left.map(({ address, because }) => `${code(address)}: ${said(because)}`),
    ),
    shared === 0
      ? undefined
      : `${counted(shared, 'resource')} of both ${shared === 1 ? 'comes' : 'come'} from the same files and ${shared === 1 ? 'needs' : 'need'} no promotion.`,
    listOf(
      `Only in ${code(environment)}, and staying there:`,
      kept.map((address) => code(address)),
    ),
  ];
}

function nothing(
  { from, environment }: PromotionRequest,
  { live, promoted }: { readonly live: Live; readonly promoted: PromotedFiles },
): string {
  const [first] = promoted.left;
  if (first !== undefined) return `Nothing can be promoted: ${first.address}: ${neutral(first.because)}.`;
  return promoted.addresses.length === 0 && promoted.shared.length > 0
    ? `All of ${from} comes from files that ${environment} has too: they need no promotion.`
    : `${environment} holds all of revision ${live.revision} of ${from} already.`;
}

function unknownResource(address: string, environment: string): TerminalError {
  return new TerminalError(`${environment} holds no ${JSON.stringify(address.slice(0, 200))}.`, {
    code: 'promotion.unknown',
    help: `Run \`pawl get resources --env ${environment}\`.`,
    exit: exitCodes.usage,
  });
}

function refused(code: string, message: string): TerminalError {
  return new TerminalError(message, {
    code,
    help: 'Name the environment that is promoted, and the one that it is promoted to.',
    exit: exitCodes.usage,
  });
}
