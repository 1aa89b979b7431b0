import { channels } from '../bus/bus.ts';
import { liveOf, type ControlPlane } from '../controller/planning.ts';
import { filesDigest, proposalBranch, type ProposalContent, proposed } from '../controller/proposal.ts';
import { type ProposalRequest, subjectOf } from '../controller/proposal-request.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { Person } from '../policy/person.ts';
import { recordEvent } from '../store/event.ts';
import { listProposals, type ProposalRow, readProposal, wantProposal } from '../store/proposal.ts';
import { inTransaction } from '../store/transaction.ts';
import type { ProposalOperations, ProposalRecord, ProposalWish, ProposedRecord } from './operations-proposal.ts';

export interface ProposalOptions {
  readonly plane: ControlPlane;
  readonly person: Person;
}

/** `known` refuses the name of an environment that is neither declared nor live. */
export function proposalOperations(
  options: ProposalOptions,
  known: (name: string) => Promise<string>,
): ProposalOperations {
  const { plane } = options;
  return {
    previewProposal: async (wish) => record(await contentOf(plane, wish), 'preview'),
    propose: (wish) => propose(options, wish),
    proposals: async (environment) => {
      const rows = await listProposals(plane.database.db, await known(environment));
      return rows.map(proposalRecord);
    },
  };
}

async function propose({ plane, person }: ProposalOptions, wish: ProposalWish): Promise<ProposedRecord> {
  const forge = plane.forge?.name?.();
  if (forge === undefined) throw noForge();
  const content = await contentOf(plane, wish);
  const { request } = content;
  const { environment, kind } = request;
  const key = { repository: forge, environment, kind, subject: subjectOf(request) };
  const row = await readProposal(plane.database.db, key);
  if (row?.state === 'closed' && row.dismissed === filesDigest(content)) throw dismissed(row);
  const branch = proposalBranch(request);
  await inTransaction(plane.database, async (trx) => {
    await wantProposal(trx, { ...key, branch, request: { ...request }, askedBy: person.name });
    await recordEvent(trx, { environment, actor: person.name, action: 'proposal.ask', detail: { kind, branch } });
  });
  await plane.database.notify(channels.hint, environment);
  return record(content, 'wanted');
}

async function contentOf(plane: ControlPlane, wish: ProposalWish): Promise<ProposalContent> {
  await plane.repository.fetch();
  const made = await proposed(plane, await requestOf(plane, wish));
  if (made.kind === 'wanted') return made.content;
  throw new TerminalError(made.because, {
    code: 'proposal.pointless',
    help: 'Nothing has to be done.',
    exit: exitCodes.findings,
  });
}

/** What is promoted is what is live now: a later revision is not what somebody looked at. */
async function requestOf(plane: ControlPlane, wish: ProposalWish): Promise<ProposalRequest> {
  if (wish.kind !== 'promote') return wish;
  const { revision } = await liveOf(plane, wish.from);
  return { ...wish, revision };
}

function record(
  { request, base, title, body, files }: ProposalContent,
  state: ProposedRecord['state'],
): ProposedRecord {
  const { environment, kind } = request;
  const branch = proposalBranch(request);
  const list = Array.from(files, ([path, { before, after }]) => ({ path, before, after }));
  return { environment, kind, state, branch, base: base.branch, title, body, files: list };
}

function proposalRecord(row: ProposalRow): ProposalRecord {
  const { environment, kind, subject, repository, branch, state, reason } = row;
  const isKnown = state === 'open' || state === 'merged' || state === 'closed';
  return {
    environment,
    kind,
    subject,
    repository,
    branch,
    number: row.number ?? undefined,
    state: isKnown ? state : 'wanted',
    askedBy: row.asked_by,
    askedAt: row.asked_at.toISOString(),
    reason: reason ?? undefined,
  };
}

function noForge(): TerminalError {
  return new TerminalError('pawl has no way to a forge, so that nobody would open the pull request.', {
    code: 'proposal.no_forge',
    help: 'Set PAWL_GITHUB_APP_ID and PAWL_GITHUB_APP_KEY_FILE, or PAWL_GITHUB_TOKEN_FILE; or write the files yourself.',
    exit: exitCodes.usage,
  });
}

function dismissed({ number, repository }: ProposalRow): TerminalError {
  const which = number === null ? 'it' : `${repository}#${number}`;
  return new TerminalError(`A person closed ${which}, which said the same.`, {
    code: 'proposal.dismissed',
    help: 'Reopen it there, or ask again once something has changed.',
    exit: exitCodes.conflict,
  });
}
