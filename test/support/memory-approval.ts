import type { ApprovalState } from '../../src/policy/approval.ts';
import type { ApprovalAnswer, ApprovalRequest, RecordedWait } from '../../src/run/executor.ts';
import type { IntentEntry } from '../../src/run/journal-entry.ts';
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
  if (known === undefined) return false;
  if (known.usedBy.includes(path)) return true;
  const { state, batch } = stateOf(known, nowMs);
  if (state !== 'approved') return false;
  const isOwn = known.request.actionDigest === approval.actionDigest;
  if (isOwn ? callsOf(known).includes(known.path) : !isOfClass(known, approval) || (batch?.left ?? 0) < 1) return false;
  known.usedBy.push(path);
  if (known.usedBy.length === usesOf(known)) known.state = 'consumed';
  for (const other of run.approvals) {
    if (other.state !== 'pending' || other.request.actionDigest !== approval.actionDigest) continue;
    other.state = 'cancelled';
    const wait = run.waits.get(`${other.path}/approval`);
    if (wait !== undefined) wait.resolved = true;
  }
  return true;
}

function isOfClass({ request }: MemoryApproval, { classDigest }: NonNullable<IntentEntry['approval']>): boolean {
  return classDigest !== undefined && request.classDigest === classDigest;
}

function callsOf({ usedBy }: MemoryApproval): string[] {
  return usedBy.map((path) => path.replace(/~[0-9]+$/, ''));
}

function usesOf({ request }: MemoryApproval): number {
  if (request.classDigest === undefined) return 1;
  return 1 + Math.min(...request.asks.map(({ batch }) => batch?.max ?? 0));
}

/** What a claim tells of a wait for an approval. */
export function approvalAt(run: MemoryRun, wait: string, nowMs: number): Pick<RecordedWait, 'approval'> {
  const last = run.approvals.findLast(({ path }) => wait === `${path}/approval`);
  return last === undefined ? {} : { approval: stateOf(last, nowMs) };
}

function openOf(run: MemoryRun, path: string): MemoryApproval[] {
  return run.approvals.filter((one) => one.path === path && (one.state === 'pending' || one.state === 'approved'));
}

function stateOf(approval: MemoryApproval, nowMs: number): ApprovalState {
  const { id, path, request, state, expiresAt } = approval;
  const isLate = expiresAt <= nowMs && (state === 'pending' || state === 'approved');
  const { actionDigest, classDigest } = request;
  const said = { id, actionDigest, state: isLate ? ('expired' as const) : state };
  if (classDigest === undefined) return said;
  const used = callsOf(approval);
  const left = usesOf(approval) - 1 - used.filter((call) => call !== path).length;
  return { ...said, batch: { classDigest, left, used } };
}
