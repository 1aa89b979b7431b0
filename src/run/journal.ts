import type { AuditChain } from './audit-chain.ts';
import type { AuditEvent } from './audit-event.ts';
import { type CallIndex, indexCalls, type RecordedCall } from './call-index.ts';
import type {
  ApprovalAnswer,
  ApprovalRequest,
  Executor,
  NewWait,
  ParkEnd,
  RunEnd,
  RunWrite,
  WriteAnswer,
} from './executor.ts';
import type { IntentEntry, JournalEntry, RecordedRow, ResultEntry } from './journal-entry.ts';
import { forgivenIn } from './forgiven.ts';
import { Halted } from './halt.ts';

export interface JournalHooks {
  /** The fence is old: another worker owns the run. */
  readonly lost: () => void;
  /** What the database said of the run along with an answer. */
  readonly heard: (answer: Extract<WriteAnswer, { kind: 'accepted' }>) => void;
  /** The database refused a result, or could not be reached for too long. */
  readonly refused: (cause: unknown) => void;
}

type AskedApproval = Extract<ApprovalAnswer, { kind: 'asked' }>;

/** One run's journal in the hands of its owner. */
export class RunJournal {
  readonly #executor: Executor;
  readonly #owner: Pick<RunWrite, 'worker' | 'run' | 'fence' | 'chain'>;
  readonly #chain: AuditChain | undefined;
  readonly #hooks: JournalHooks;
  readonly #recorded = new Map<string, RecordedCall>();
  /** Of what is recorded, made when it is first asked for: most runs have one owner. */
  #index: CallIndex | undefined;
  readonly #askedAt = new Map<string, number>();
  /** Failures that are tried anew. */
  readonly #forgiven: ReadonlySet<string>;
  #refusal: { readonly cause: unknown } | undefined;

  constructor(
    executor: Executor,
    owner: {
      readonly worker: string;
      readonly run: string;
      readonly fence: number;
      readonly steps: readonly RecordedRow[];
      readonly chain?: AuditChain;
    },
    hooks: JournalHooks,
  ) {
    this.#executor = executor;
    const { worker, run, fence, chain } = owner;
    this.#owner = chain === undefined ? { worker, run, fence } : { worker, run, fence, chain };
    this.#chain = chain;
    this.#hooks = hooks;
    this.#forgiven = forgivenIn(owner.steps);
    for (const row of owner.steps) {
      const { intent, result } = this.#recorded.get(row.path) ?? { intent: undefined, result: undefined };
      this.#recorded.set(row.path, row.phase === 'intent' ? { intent: row, result } : { intent, result: row });
    }
  }

  /** Has the record tell of something that is no entry of the journal, with the next write. */
  note(event: AuditEvent): void {
    this.#chain?.note(event);
  }

  recorded(path: string): RecordedCall | undefined {
    return this.#recorded.get(path);
  }

  /** Whether what failed under this path is to be tried again, because a person started the run again. */
  forgives(path: string): boolean {
    return this.#forgiven.has(path);
  }

  /** Calls inside of a place that earlier owners began since a person last started the run, for the time they took. */
  callsWithin(place: string): readonly RecordedCall[] {
    this.#index ??= indexCalls(this.#recorded.values());
    return this.#index.get(place) ?? [];
  }

  /** Resolves when the intent, and every result before it, is durable. */
  async intent(entry: IntentEntry): Promise<'written' | 'conflict'> {
    const answer = await this.#executor.journal(this.#writeOf(entry));
    this.#check(answer);
    if (answer.kind === 'fenced') throw new Halted('lost');
    return answer.conflicts.includes(entry.path) ? 'conflict' : 'written';
  }

  /**
   * Hands a result over. It is not waited for: the executor keeps a run's entries in order and writes nothing after
   * one that failed, so that the next intent and the end of the run are durable only after it, and share its batch.
   */
  result(entry: ResultEntry): void {
    this.#hand(this.#writeOf(entry));
  }

  /** Written out: a step has two of them. */
  #writeOf(entry: JournalEntry): RunWrite {
    const { worker, run, fence, chain } = this.#owner;
    return chain === undefined
      ? { worker, run, fence, entries: [entry] }
      : { worker, run, fence, entries: [entry], chain };
  }

  #hand(write: RunWrite): void {
    this.#executor.journal(write).then(
      (answer) => this.#check(answer),
      (cause: unknown) => {
        this.#refusal ??= { cause };
        this.#hooks.refused(cause);
      },
    );
  }

  /** Puts a call to people, which is durable when this resolves. */
  async requestApproval(request: Omit<ApprovalRequest, 'worker' | 'run' | 'fence'>): Promise<AskedApproval> {
    const { worker, run, fence } = this.#owner;
    const answer = await this.#executor.requestApproval({ worker, run, fence, ...request });
    if (answer.kind === 'asked') return answer;
    this.#hooks.lost();
    throw new Halted('lost');
  }

  /** From now on the time of a wait runs, though the run parks later. */
  asked(path: string): void {
    this.#askedAt.set(path, performance.now());
  }

  /** Puts a question to people at once, though other branches of the run may go on. */
  ask(wait: NewWait): void {
    this.asked(wait.path);
    this.#hand({ ...this.#owner, entries: [], waits: [wait] });
  }

  /**
   * Writes a result of which only the first counts, a person's or this one. `answered`: somebody answered since the
   * run was claimed, so that what was read of its journal is old.
   */
  async settle(entry: ResultEntry): Promise<'written' | 'answered'> {
    const answer = await this.#executor.journal(this.#writeOf(entry));
    this.#check(answer);
    if (answer.kind === 'fenced') throw new Halted('lost');
    return answer.answered === true ? 'answered' : 'written';
  }

  /**
   * Writes how the run ended or that it gives up its slot, after everything that was handed over before. Throws what
   * the database said of a result that it refused: then nothing but a failure may be written.
   */
  async end(end: RunEnd): Promise<WriteAnswer> {
    if (this.#refusal !== undefined && end.kind !== 'failed') throw this.#refusal.cause;
    const write = { ...this.#owner, entries: [] };
    const answer =
      end.kind === 'waiting' || end.kind === 'released'
        ? this.#executor.park({ ...write, end: this.#sinceAsked(end) })
        : this.#executor.complete({ ...write, end });
    return answer;
  }

  /** A question that was put to people while other branches went on has less of its time left. */
  #sinceAsked(end: ParkEnd): ParkEnd {
    if (end.kind !== 'waiting' || this.#askedAt.size === 0) return end;
    const now = performance.now();
    const waits = end.waits.map((wait) => {
      const askedAt = this.#askedAt.get(wait.path);
      if (askedAt === undefined || wait.delayMs === undefined) return wait;
      return { ...wait, delayMs: Math.max(0, Math.ceil(wait.delayMs - (now - askedAt))) };
    });
    return { kind: 'waiting', waits };
  }

  #check(answer: WriteAnswer): void {
    if (answer.kind === 'fenced') this.#hooks.lost();
    else this.#hooks.heard(answer);
  }
}
