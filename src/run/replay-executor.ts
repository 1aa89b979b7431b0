import { canonicalText } from '../manifest/digest.ts';
import type {
  ApprovalAnswer,
  ApprovalRequest,
  ClaimedRun,
  Executor,
  FinalEnd,
  NewWait,
  RecordedWait,
  RunWrite,
  StoredBundle,
  WriteAnswer,
} from './executor.ts';
import type { JournalEntry, RecordedRow } from './journal-entry.ts';

/** How a replayed run came to its end: as a run does, or where it cannot go on without somebody. */
export type ReplayEnd =
  | FinalEnd
  /** It waits for a person whose answer the record does not hold. */
  | { readonly kind: 'waiting'; readonly waits: readonly NewWait[] }
  /** It diverged, or was interrupted. */
  | { readonly kind: 'stopped' };

/** Keeps one run in memory, and nothing of it afterwards: a pause is over at once, and nobody else takes the run. */
export class ReplayExecutor implements Executor {
  readonly #run: Omit<ClaimedRun, 'steps' | 'waits' | 'fence'>;
  readonly #target: StoredBundle;
  readonly #rows = new Map<string, RecordedRow>();
  readonly #waits = new Map<string, RecordedWait>();
  readonly #ended: (end: ReplayEnd) => void;
  #isReady = true;
  #fence = 0;
  #clock = 0;

  constructor(run: Omit<ClaimedRun, 'steps' | 'waits' | 'fence'>, { target, given, ended }: ReplayParts) {
    this.#run = run;
    this.#target = target;
    this.#ended = ended;
    for (const row of given) this.#rows.set(keyOf(row), row);
  }

  /** What the replay journalled, with what it was given. */
  rows(): readonly RecordedRow[] {
    return [...this.#rows.values()];
  }

  enlist(): Promise<void> {
    return Promise.resolve();
  }

  renew(): Promise<boolean> {
    return Promise.resolve(true);
  }

  retire(): Promise<void> {
    return Promise.resolve();
  }

  reap(): ReturnType<Executor['reap']> {
    return Promise.resolve({ workers: 0, requeued: 0, deadLettered: 0, promoted: 0, timedOut: 0 });
  }

  claim(): Promise<readonly ClaimedRun[]> {
    if (!this.#isReady) return Promise.resolve([]);
    this.#isReady = false;
    this.#fence += 1;
    return Promise.resolve([
      { ...this.#run, fence: this.#fence, steps: this.rows(), waits: [...this.#waits.values()] },
    ]);
  }

  journal(write: RunWrite): Promise<WriteAnswer> {
    for (const entry of write.entries) this.#write(entry);
    const { liveRevision } = this.#run;
    return Promise.resolve({
      kind: 'accepted',
      conflicts: [],
      liveRevision,
      cancelled: false,
      overdue: false,
      drained: false,
    });
  }

  async park(write: Parameters<Executor['park']>[0]): Promise<WriteAnswer> {
    const answer = await this.journal(write);
    const { end } = write;
    if (end.kind === 'released') this.#ended({ kind: 'stopped' });
    else if (end.waits.every(({ kind }) => kind === 'timer' || kind === 'rate')) {
      for (const { path, kind } of end.waits) this.#waits.set(path, { path, kind, remainingMs: 0 });
      this.#isReady = true;
    } else this.#ended({ kind: 'waiting', waits: end.waits });
    return answer;
  }

  /** Calls are answered from the record and have no effect: nobody is asked about them. */
  requestApproval({ actionDigest }: ApprovalRequest): Promise<ApprovalAnswer> {
    return Promise.resolve({ kind: 'asked', state: { id: 'replay', actionDigest, state: 'approved' }, remainingMs: 0 });
  }

  async complete(write: Parameters<Executor['complete']>[0]): Promise<WriteAnswer> {
    const answer = await this.journal(write);
    this.#ended(write.end);
    return answer;
  }

  owned(): ReturnType<Executor['owned']> {
    // Its worker is asked only about what somebody else might have taken or stopped.
    const { id: run } = this.#run;
    return Promise.resolve(this.#isReady ? [] : [{ run, fence: this.#fence, interrupted: null }]);
  }

  bundle(): Promise<StoredBundle> {
    return Promise.resolve(this.#target);
  }

  authority(): ReturnType<Executor['authority']> {
    return Promise.resolve({ revision: this.#run.liveRevision, authority: this.#target.authority });
  }

  #write(entry: JournalEntry): void {
    const key = keyOf(entry);
    if (this.#rows.has(key)) return;
    this.#clock += 1;
    const isIntent = entry.phase === 'intent';
    this.#rows.set(key, {
      path: entry.path,
      phase: entry.phase,
      node: entry.node,
      kind: entry.kind,
      target: entry.target,
      argsDigest: entry.argsDigest,
      decision: entry.decision,
      body: isIntent ? undefined : entry.body,
      outcome: isIntent ? undefined : entry.outcome,
      error: isIntent ? undefined : entry.error,
      tokensReserved: isIntent ? entry.tokensReserved : undefined,
      tokensIn: isIntent ? undefined : entry.tokensIn,
      tokensOut: isIntent ? undefined : entry.tokensOut,
      cost: entry.cost,
      // In the order of writing; how long a replay takes says nothing of a run.
      atMs: this.#clock,
    });
  }
}

interface ReplayParts {
  readonly target: StoredBundle;
  /** Facts that hold in the replay too: what people answered. */
  readonly given: readonly RecordedRow[];
  readonly ended: (end: ReplayEnd) => void;
}

function keyOf({ path, phase }: Pick<RecordedRow, 'path' | 'phase'>): string {
  return canonicalText([path, phase]);
}
