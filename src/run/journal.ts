import type { Executor, IntentEntry, RecordedRow, ResultEntry, RunEnd, WriteAnswer } from './executor.ts';
import { Halted } from './halt.ts';

/** What the journal held of one call when the run was claimed. */
export interface RecordedCall {
  readonly intent: RecordedRow | undefined;
  readonly result: RecordedRow | undefined;
}

export interface JournalHooks {
  /** The fence is old: another worker owns the run. */
  readonly lost: () => void;
  /** What the database said of the run along with an answer. */
  readonly heard: (answer: Extract<WriteAnswer, { kind: 'accepted' }>) => void;
  /** The database refused a result, or could not be reached for too long. */
  readonly refused: (cause: unknown) => void;
}

/** One run's journal in the hands of its owner. */
export class RunJournal {
  readonly #executor: Executor;
  readonly #owner: { readonly worker: string; readonly run: string; readonly fence: number };
  readonly #hooks: JournalHooks;
  readonly #recorded = new Map<string, RecordedCall>();
  #refusal: { readonly cause: unknown } | undefined;

  constructor(
    executor: Executor,
    owner: {
      readonly worker: string;
      readonly run: string;
      readonly fence: number;
      readonly steps: readonly RecordedRow[];
    },
    hooks: JournalHooks,
  ) {
    this.#executor = executor;
    this.#owner = { worker: owner.worker, run: owner.run, fence: owner.fence };
    this.#hooks = hooks;
    for (const row of owner.steps) {
      const { intent, result } = this.#recorded.get(row.path) ?? { intent: undefined, result: undefined };
      this.#recorded.set(row.path, row.phase === 'intent' ? { intent: row, result } : { intent, result: row });
    }
  }

  recorded(path: string): RecordedCall | undefined {
    return this.#recorded.get(path);
  }

  /** Every call that earlier owners began, for the time that a step has already taken. */
  calls(): Iterable<RecordedCall> {
    return this.#recorded.values();
  }

  /** Resolves when the intent, and every result before it, is durable. */
  async intent(entry: IntentEntry): Promise<'written' | 'conflict'> {
    const answer = await this.#executor.journal({ ...this.#owner, entries: [entry] });
    this.#check(answer);
    if (answer.kind === 'fenced') throw new Halted('lost');
    return answer.conflicts.includes(entry.path) ? 'conflict' : 'written';
  }

  /**
   * Hands a result over. It is not waited for: the executor keeps a run's entries in order and writes nothing after
   * one that failed, so that the next intent and the end of the run are durable only after it, and share its batch.
   */
  result(entry: ResultEntry): void {
    this.#executor.journal({ ...this.#owner, entries: [entry] }).then(
      (answer) => this.#check(answer),
      (cause: unknown) => {
        this.#refusal ??= { cause };
        this.#hooks.refused(cause);
      },
    );
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
        ? this.#executor.park({ ...write, end })
        : this.#executor.complete({ ...write, end });
    return answer;
  }

  #check(answer: WriteAnswer): void {
    if (answer.kind === 'fenced') this.#hooks.lost();
    else this.#hooks.heard(answer);
  }
}
