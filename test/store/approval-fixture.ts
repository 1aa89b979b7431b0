import { randomUUID } from 'node:crypto';
import { canonicalText, sha256 } from '../../src/manifest/digest.ts';
import type { ApprovalRequest, RunWrite } from '../../src/run/executor.ts';
import { readApproval } from '../../src/store/approval-list.ts';
import { requestApproval } from '../../src/store/approval-request.ts';
import type { NewVote } from '../../src/store/approval-vote.ts';
import { claimRuns } from '../../src/store/claim.ts';
import { writeJournal } from '../../src/store/journal.ts';
import { enlistWorker } from '../../src/store/worker.ts';
import { openTestDatabase } from '../support/databases.ts';
import { environment, install, submit } from '../support/runs.ts';
import { rule, sendNode, terms } from '../run/approval-play.ts';

export interface Running {
  readonly run: string;
  readonly fence: number;
  readonly worker: string;
  readonly revision: number;
  readonly haltEpoch: number;
}

/** A worker that runs what asks people, on a real server: two connections race for a row, as people and workers do. */
export async function openApprovals() {
  const opened = await openTestDatabase('postgres');
  const { database } = opened;
  const session = await database.session();
  const revision = await install(database, sendNode());
  const worker = randomUUID();
  const lease = { slots: 100, leaseMs: 600_000 };
  await enlistWorker(database, session, { id: worker, host: 'test', pid: 1, version: '0', ...lease });

  async function running(): Promise<Running> {
    const { id } = await submit(database);
    const claimed = await claimRuns(database, { worker, pool: 'default', slots: 50, suspect: true });
    const { fence = 0, haltEpoch = 0 } = claimed.find((one) => one.id === id) ?? {};
    return { run: id, fence, worker, revision, haltEpoch };
  }

  async function asked(args?: string) {
    const of = await running();
    const request = requestOf(of, args);
    const answer = await requestApproval(database, request);
    if (answer.kind !== 'asked') throw new Error('fenced');
    return { ...of, request, id: answer.state.id, digest: request.actionDigest };
  }

  const conflictsOf = async (write: RunWrite) => {
    const [answer] = await writeJournal(database, [write]);
    return answer?.kind === 'accepted' ? answer.conflicts : answer?.kind;
  };
  const stateOf = async (id: string) => (await readApproval(database, id))?.state;
  const close = async () => {
    await session.close();
    await opened.close();
  };
  return { database, worker, running, asked, conflictsOf, stateOf, close };
}

export function requestOf({ run, fence, worker }: Running, args = '{}'): ApprovalRequest {
  const names = { subject: 'AgentSystem/default/work', tool: 'default/send', isolation: 'inline' } as const;
  const digests = { pin: 'p', args: sha256(args), pinnedPolicy: 'a', livePolicy: 'a' };
  const place = { environment, run, step: 'send', call: 'send/1' };
  const action = { ...place, ...names, ...digests, egress: [], secrets: [] };
  const actionDigest = sha256(canonicalText(action));
  const asks = [{ rule, ...terms }];
  return { run, fence, worker, path: 'send/1', node: 'send', action, actionDigest, args, asks };
}

export function vote(
  of: { readonly id: string; readonly digest: string },
  by: string,
  given: Partial<NewVote> = {},
): NewVote {
  const said = { by, key: by, as: 'approve', asks: [0], at: '2026-01-01T00:00:00Z' } as const;
  return { approval: of.id, actionDigest: of.digest, after: 0, vote: said, state: 'approved', ...given };
}

export function intent(
  { id, digest, run, fence, worker, revision, haltEpoch }: Running & { readonly id: string; readonly digest: string },
  path = 'send/1',
): RunWrite {
  const decision = { kind: 'allow', rule: 'r', approval: id } as const;
  const approval = { id, actionDigest: digest };
  const call = { phase: 'intent', path, node: 'send', kind: 'tool', target: 'default/send' } as const;
  const entry = { ...call, decision, approval, tokensReserved: 0, liveRevision: revision, haltEpoch };
  return { worker, run, fence, entries: [entry] };
}
