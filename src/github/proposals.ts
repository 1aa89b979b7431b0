import { readEachEnvironment } from '../controller/environments.ts';
import { filesDigest, proposalBranch, type ProposalContent, proposalInputs, proposed } from '../controller/proposal.ts';
import { type ProposalRequest, requestFrom, subjectOf } from '../controller/proposal-request.ts';
import { isPawlError, RetryableError } from '../errors.ts';
import { digest } from '../manifest/digest.ts';
import { code, inert } from '../plan/render/inert.ts';
import { activeProposals, type ProposalRow, recordProposal, settleProposal, wantProposal } from '../store/proposal.ts';
import { pinnedByRollback } from '../store/quarantine.ts';
import type { GitHubRound, Turn } from './context.ts';
import { beginBranch, branchHead, deleteBranch, makeCommit, moveBranch } from './proposal-branch.ts';
import { closePull, editPull, openPull, openPullFrom, type OwnPull, pullNumbered, sayOnce } from './proposal-pull.ts';
import { fullName } from './repository-name.ts';

/** Opens, updates and closes the pull requests that rows ask for. */
export const proposalsTurn: Turn = { name: 'proposals', take: proposalsTick };

/** One that cannot be carried out is said in its row and waits for something to move; it holds up no other. */
export async function proposalsTick(round: GitHubRound, signal: AbortSignal): Promise<void> {
  const { plane, github, log } = round;
  const { db } = plane.database;
  await wantReverts(round);
  let failure: Error | undefined;
  for (const row of await activeProposals(db, fullName(github.repository))) {
    if (signal.aborted) return;
    try {
      await look(round, row);
    } catch (error) {
      if (!isPawlError(error) || error instanceof RetryableError) {
        // GitHub asks for quiet: the next one would only be refused too.
        if (isPawlError(error) && error.code === 'github.rate_limited') throw error;
        failure ??= error instanceof Error ? error : new Error(String(error));
        continue;
      }
      if (row.reason === error.message) continue;
      const { environment, kind } = row;
      log.warn({ environment, kind, code: error.code, reason: error.message }, 'pull request cannot be made');
      await recordProposal(db, row, { reason: error.message.slice(0, 1_000) });
    }
  }
  if (failure !== undefined) throw failure;
}

/** Whatever rolled back, a person or pawl itself: as long as the pin holds, a pull request is wanted that releases it. */
async function wantReverts({ plane, github }: GitHubRound): Promise<void> {
  const { db } = plane.database;
  const pinned = await pinnedByRollback(db);
  if (pinned.length === 0) return;
  const declared = new Set((await readEachEnvironment(plane.repository)).map(({ name }) => name));
  for (const { environment, revision, by, wantsPullRequest } of pinned) {
    if (!wantsPullRequest || !declared.has(environment)) continue;
    const request = { kind: 'revert', environment, revision } as const;
    await wantProposal(db, wantedOf(fullName(github.repository), request, by), { unlessSame: true });
  }
}

/** The row that asks for a pull request. */
export function wantedOf(repository: string, request: ProposalRequest, askedBy: string) {
  const { environment, kind } = request;
  const json = { ...request };
  return {
    repository,
    environment,
    kind,
    subject: subjectOf(request),
    branch: proposalBranch(request),
    request: json,
    askedBy,
  };
}

async function look(round: GitHubRound, row: ProposalRow): Promise<void> {
  const { plane, github, hints, isSweep } = round;
  const { db } = plane.database;
  const request = requestFrom(row.request);
  if (request === undefined) return;
  const inputs = await proposalInputs(plane, request);
  const isHinted = hints.some(
    ({ number, ref }) => (number !== undefined && number === row.number) || ref === `refs/heads/${row.branch}`,
  );
  if (row.seen === inputs && !isHinted && !isSweep) return;
  const pull = row.number === null ? await openPullFrom(github, row.branch) : await pullNumbered(github, row.number);
  if (pull !== undefined && pull.state !== 'open') {
    await over(round, row, pull);
    return;
  }
  const made = await proposed(plane, request);
  if (made.kind === 'pointless') await closePointless(round, { row, pull, because: made.because });
  else await carryOut(round, { row, pull, content: withAsker(made.content, row) });
  await settleProposal(db, row, inputs);
}

/** Merged, or closed: by pawl where the row says why, else by a person, who is not asked again for the same. */
async function over({ plane }: GitHubRound, row: ProposalRow, { number, state }: OwnPull): Promise<void> {
  const { db } = plane.database;
  if (state === 'merged') await recordProposal(db, row, { number, state: 'merged', reason: null });
  else if (row.reason !== null && row.is_closing) await recordProposal(db, row, { number, state: 'closed' });
  else {
    const reason = 'Somebody closed it.';
    await recordProposal(db, row, { number, state: 'closed', dismissed: row.content, reason });
  }
}

interface Pointless {
  readonly row: ProposalRow;
  readonly pull: OwnPull | undefined;
  readonly because: string;
}

async function closePointless(round: GitHubRound, { row, pull, because }: Pointless): Promise<void> {
  const { plane, github } = round;
  const { db } = plane.database;
  // Said before it is done: a crash between the two must not look like a person's decision.
  await recordProposal(db, row, { reason: because.slice(0, 1_000), is_closing: true });
  if (pull !== undefined) {
    await sayOnce(github, pull.number, { marker: 'closed', text: `Closed, as it is pointless now. ${inert(because)}` });
    await closePull(github, pull.number);
  }
  const head = await branchHead(github, row.branch);
  if (head !== undefined && isOwn(row, head)) await deleteBranch(github, row.branch);
  const number = pull === undefined ? {} : { number: pull.number };
  await recordProposal(db, row, { ...number, state: 'closed', head: null, next_head: null, content: null });
}

interface Carrying {
  readonly row: ProposalRow;
  readonly pull: OwnPull | undefined;
  readonly content: ProposalContent;
}

async function carryOut(round: GitHubRound, { row, pull, content }: Carrying): Promise<void> {
  const { plane, github } = round;
  const { db } = plane.database;
  const files = filesDigest(content);
  if (pull === undefined && row.dismissed === files) {
    await recordProposal(db, row, { state: 'closed', reason: 'Somebody closed the same before.' });
    return;
  }
  if (!(await pushBranch(round, { row, content, files }))) {
    await leaveAlone(round, row, pull);
    return;
  }
  const published = digest([content.title, content.body]);
  const opened = pull ?? (await openPull(github, row.branch, content));
  if (pull !== undefined && row.published !== published) await editPull(github, pull.number, content);
  const { number } = opened;
  await recordProposal(db, row, {
    number,
    state: 'open',
    published,
    reason: null,
    is_foreign: false,
    is_closing: false,
  });
}

/**
 * Puts the branch on a commit of these files; false: somebody else pushed to it. The commit is recorded before the
 * branch is moved to it, so that whose a branch is can be told after a crash at any point.
 */
async function pushBranch(
  { plane, github }: GitHubRound,
  { row, content, files }: Omit<Carrying, 'pull'> & { readonly files: string },
): Promise<boolean> {
  const { db } = plane.database;
  const before = await branchHead(github, row.branch);
  if (before !== undefined && !isOwn(row, before)) return false;
  if (before !== undefined && before === (row.next_head ?? row.head) && row.content === files) return true;
  const commit = await makeCommit(github, content);
  await recordProposal(db, row, { head: before ?? null, next_head: commit, content: files });
  // Looked at again, as making the commit took seconds; GitHub has no way to move a branch only from where it was.
  if ((await branchHead(github, row.branch)) !== before) return false;
  if (before === undefined) await beginBranch(github, row.branch, commit);
  else await moveBranch(github, row.branch, commit);
  await recordProposal(db, row, { head: commit, next_head: null });
  return true;
}

function isOwn({ head, next_head: next }: ProposalRow, commit: string): boolean {
  return commit === head || commit === next;
}

async function leaveAlone({ plane, github }: GitHubRound, row: ProposalRow, pull: OwnPull | undefined): Promise<void> {
  const reason = `Somebody else pushed to ${row.branch}.`;
  const text = 'Somebody else pushed to this branch. pawl leaves it alone from now on.';
  if (pull !== undefined && !row.is_foreign) await sayOnce(github, pull.number, { marker: 'foreign', text });
  const state = pull === undefined ? {} : { number: pull.number, state: 'open' };
  await recordProposal(plane.database.db, row, { ...state, is_foreign: true, reason });
}

/** Whoever asked is as much its author as pawl: reviewers should know. */
function withAsker(content: ProposalContent, { asked_by: by }: ProposalRow): ProposalContent {
  return { ...content, body: `${content.body}\nOpened by pawl for ${code(by)}.\n` };
}
