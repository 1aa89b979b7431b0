import type { ApprovalState } from '../../src/policy/approval.ts';
import type { ApprovalAnswer, ApprovalRequest, IntentEntry, RecordedWait } from '../../src/run/executor.ts';
import { endedStates, type MemoryRun } from './memory-rows.ts';

// What a run in memory asks people to release: the statements of src/store/approval-request.ts and of the journal.

export interface MemoryApproval {
  readonly id: string;
  readonly path: string;
  readonly request: ApprovalRequest;
  state: ApprovalState['state'];
  readonly expiresAt: number;
  /** Paths of the intents that used it. */
  readonly usedBy: string[];
}

/** Puts a call to people; one for another action of the same call is over. */
export function askApproval(run: MemoryRun, request: ApprovalRequest, nowMs: number): ApprovalAnswer {
  const { path, actionDigest, asks } = request;
  for (const other of openOf(run, path)) if (other.request.actionDigest !== actionDigest) other.state = 'cancelled';
  const known = openOf(run, path)[0] ?? {
    id: `approval${run.approvals.length + 1}`,
    path,
    request,
    state: 'pending' as const,
    expiresAt: nowMs + Math.min(...asks.map(({ ttlMs }) => ttlMs)),
    usedBy: [],
  };
  if (!run.approvals.includes(known)) run.approvals.push(known);
  const { dueAt = known.expiresAt } = run.waits.get(`${path}/approval`) ?? {};
  const wait = { kind: 'approval', detail: undefined, createdAt: nowMs, votes: [], resolved: false } as const;
  run.waits.set(`${path}/approval`, {
    ...wait,
    path: `${path}/approval`,
    dueAt: Math.min(dueAt, known.expiresAt),
    votes: [],
  });
  const remainingMs = Math.max(0, Math.ceil(known.expiresAt - nowMs));
  return { kind: 'asked', state: stateOf(known, nowMs), remainingMs };
}

/** False: nothing is open there, or its time is over. */
export function decideApproval(
  run: MemoryRun,
  path: string,
  { as, nowMs }: { readonly as: 'approved' | 'denied'; readonly nowMs: number },
): boolean {
  const open = openOf(run, path).find(({ state, expiresAt }) => state === 'pending' && expiresAt > nowMs);
  if (open === undefined || endedStates.has(run.state)) return false;
  open.state = as;
  const wait = run.waits.get(`${path}/approval`);
  if (wait !== undefined) wait.resolved = true;
  run.answered = true;
  if (run.state === 'Waiting') {
    run.deadlineAt += nowMs - (run.askedAt ?? nowMs);
    Object.assign(run, { state: 'Queued', runAt: undefined, askedAt: undefined });
  }
  return true;
}

/** Whether the intent may be written; an approval that it names is used by it, once. */
export function consumeApproval(run: MemoryRun, { path, approval }: IntentEntry, nowMs: number): boolean {
  if (approval === undefined) return true;
  const known = run.approvals.find(({ id }) => id === approval.id);
  if (known === undefined || known.request.actionDigest !== approval.actionDigest) return false;
  if (known.usedBy.includes(path)) return true;
  if (stateOf(known, nowMs).state !== 'approved') return false;
  known.usedBy.push(path);
  known.state = 'consumed';
  return true;
}

/** What a claim tells of a wait for an approval. */
export function approvalAt(run: MemoryRun, wait: string, nowMs: number): Pick<RecordedWait, 'approval'> {
  const last = run.approvals.findLast(({ path }) => wait === `${path}/approval`);
  return last === undefined ? {} : { approval: stateOf(last, nowMs) };
}

function openOf(run: MemoryRun, path: string): MemoryApproval[] {
  return run.approvals.filter((one) => one.path === path && (one.state === 'pending' || one.state === 'approved'));
}

function stateOf({ id, request, state, expiresAt }: MemoryApproval, nowMs: number): ApprovalState {
  const isLate = expiresAt <= nowMs && (state === 'pending' || state === 'approved');
  return { id, actionDigest: request.actionDigest, state: isLate ? 'expired' : state };
}
