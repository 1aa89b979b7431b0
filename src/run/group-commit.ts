import { TerminalError } from '../errors.ts';
import type { RunWrite, WriteAnswer } from './executor.ts';
import type { JournalEntry } from './journal-entry.ts';
import { patiently } from './patience.ts';

/** Statements under way at once: while one waits for the disk, the next is written and a third is made. */
const inFlightMax = 3;
/** An embedded database writes one after the other: the second waits for the first to end, and is there at once. */
const inFlightWithin = 2;
const runsMax = 256;
const entriesMax = 256;
/** Fewer runs than these share one statement: another one would cost more than it saves. */
const splitMin = 16;
/** Ends wait so long at most for a claim, which takes a tenth of it. */
const claimMsMax = 5;
const pausesMs = [20, 50, 100, 200, 400] as const;

interface Pending {
  readonly write: RunWrite;
  readonly resolve: (answer: WriteAnswer) => void;
  readonly reject: (cause: unknown) => void;
}

interface Batch {
  readonly write: RunWrite;
  readonly pending: readonly Pending[];
}

export interface GroupCommitOptions {
  /** Writes the entries of several runs, each run once, in one statement. */
  readonly write: (writes: readonly RunWrite[]) => Promise<readonly WriteAnswer[]>;
  /** How long a statement is tried again while the database is away. */
  readonly patienceMs: number;
  /** Whether statements are written beside this process; an embedded database gains nothing by halves. */
  readonly beside?: boolean;
}

/**
 * Gathers what runs write while earlier statements are under way. A run is in one statement at a time, so that its
 * entries become durable in order; when one of its writes fails for good, those behind it fail too.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #inFlightMax: number;
  readonly #waiting = new Map<string, Pending[]>();
  readonly #busy = new Set<string>();
  #inFlight = 0;
  #scheduled = false;
  readonly #claims = new Set<Promise<unknown>>();
  /** Set while ends wait for a claim. */
  #held: NodeJS.Timeout | undefined;
  /** What waits has waited its time for a claim, and is held for no other one. */
  #isOverdue = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#inFlightMax = options.beside === false ? inFlightWithin : inFlightMax;
  }

  submit(write: RunWrite): Promise<WriteAnswer> {
    return new Promise((resolve, reject) => {
      const pending = { write, resolve, reject };
      const queue = this.#waiting.get(write.run);
      if (queue === undefined) this.#waiting.set(write.run, [pending]);
      else queue.push(pending);
      this.#schedule();
    });
  }

  /**
   * A claim is under way. What it gives begins with an intent, and ends that nothing else is to be written with wait for
   * that: both are one statement then, and wait for the disk together.
   */
  expect(claim: Promise<unknown>): void {
    this.#claims.add(claim);
    const over = () => {
      this.#claims.delete(claim);
      if (this.#held !== undefined) this.#schedule();
    };
    claim.then(over, over);
  }

  /** After the current turn of the event loop: by then a run has handed over its result and its next intent. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#awaitsClaim()) return this.#hold();
      clearTimeout(this.#held);
      this.#held = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#inFlight < this.#inFlightMax && this.#isWorthwhile()) {
      const batches = this.#take();
      if (batches.length === 0) return;
      this.#isOverdue = false;
      void this.#send(batches);
    }
  }

  #awaitsClaim(): boolean {
    if (this.#isOverdue || this.#claims.size === 0 || this.#waiting.size === 0) return false;
    return [...this.#waiting.values()].every((queue) => queue.at(-1)?.write.end !== undefined);
  }

  #hold(): void {
    this.#held ??= setTimeout(() => {
      this.#claims.clear();
      this.#isOverdue = true;
      this.#schedule();
    }, claimMsMax);
  }

  /**
   * A further statement is worth its cost only when it carries about as many runs as the others: a stream of small ones
   * beside them halved the throughput. What waits meanwhile goes when one of them ends.
   */
  #isWorthwhile(): boolean {
    return this.#inFlight === 0 || this.#waiting.size * 2 >= this.#busy.size;
  }

  /**
   * Runs that were written together come back together, so that this process and the database would work in turns.
   * Where many wait and nothing is under way, half of them go: from then on one half is decided while the other is
   * written.
   */
  #most(): number {
    const { beside = true } = this.#options;
    if (!beside || this.#inFlight > 0 || this.#waiting.size < splitMin) return runsMax;
    return Math.ceil(this.#waiting.size / 2);
  }

  #take(): Batch[] {
    const batches: Batch[] = [];
    let entries = 0;
    const most = this.#most();
    for (const [run, queue] of this.#waiting) {
      if (this.#busy.has(run)) continue;
      const { pending, later } = sameOwner(queue);
      const write = merged(pending);
      if (batches.length > 0 && entries + write.entries.length > entriesMax) break;
      entries += write.entries.length;
      if (later.length === 0) this.#waiting.delete(run);
      else this.#waiting.set(run, later);
      this.#busy.add(run);
      batches.push({ write, pending });
      if (batches.length >= Math.min(most, runsMax)) break;
    }
    return batches;
  }

  async #send(batches: readonly Batch[]): Promise<void> {
    this.#inFlight += 1;
    try {
      await this.#write(batches);
    } finally {
      this.#inFlight -= 1;
      for (const { write } of batches) this.#busy.delete(write.run);
      if (this.#waiting.size > 0) this.#schedule();
    }
  }

  async #write(batches: readonly Batch[]): Promise<void> {
    try {
      const answers = await this.#patiently(batches);
      for (const [index, batch] of batches.entries()) answer(batch, answers[index] ?? { kind: 'fenced' });
    } catch (cause) {
      const [only] = batches;
      if (only === undefined || batches.length === 1 || !(cause instanceof TerminalError))
        return this.#reject(batches, cause);
      // One run's content must not fail the others': each is written by itself.
      for (const batch of batches) await this.#write([batch]);
    }
  }

  #patiently(batches: readonly Batch[]): Promise<readonly WriteAnswer[]> {
    const writes = batches.map(({ write }) => write);
    // Written twice is written once: rows that are there already are left alone.
    return patiently(() => this.#options.write(writes), { patienceMs: this.#options.patienceMs, pausesMs });
  }

  #reject(batches: readonly Batch[], cause: unknown): void {
    for (const { write, pending } of batches) {
      const { pending: behind, later } = sameOwner(this.#waiting.get(write.run) ?? [], write);
      if (later.length === 0) this.#waiting.delete(write.run);
      else this.#waiting.set(write.run, later);
      for (const { reject } of [...pending, ...behind]) reject(cause);
    }
  }
}

/**
 * What the first owner in a queue wrote, and what is behind: a run may come back to the same process under a new fence
 * while its old writes still wait, or as another worker under the same one, where a crash took the first claim back.
 */
function sameOwner(
  queue: readonly Pending[],
  owner = queue[0]?.write,
): { readonly pending: readonly Pending[]; readonly later: Pending[] } {
  let at = 0;
  for (; at < queue.length; at += 1) {
    const write = queue[at]?.write;
    if (write?.fence !== owner?.fence || write?.worker !== owner?.worker) break;
  }
  return at === queue.length ? { pending: queue, later: [] } : { pending: queue.slice(0, at), later: queue.slice(at) };
}

/**
 * What a run's writes say together. The record is made once for a batch, however often it is sent: a row of it that is
 * written again is the same row.
 */
function merged(queue: readonly Pending[]): RunWrite {
  const [first] = queue;
  if (first === undefined) throw new TypeError('an empty queue is never kept');
  // Written out: a batch takes each of its runs through here, and spreads and closures cost more than what they say.
  const { worker, run, fence, chain } = first.write;
  const all: Mutable<RunWrite> & { entries: JournalEntry[] } = { worker, run, fence, entries: [] };
  if (chain !== undefined) all.chain = chain;
  for (const { write } of queue) {
    for (const entry of write.entries) all.entries.push(entry);
    if (write.waits !== undefined) all.waits = all.waits === undefined ? write.waits : [...all.waits, ...write.waits];
    if (write.end !== undefined) all.end ??= write.end;
  }
  const record = chain?.seal(all);
  if (record !== undefined) all.record = record;
  return all;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function answer({ write: { chain, record }, pending }: Batch, of: WriteAnswer): void {
  if (record !== undefined && of.kind === 'accepted') chain?.accepted(record, of);
  for (const { resolve } of pending) resolve(of);
}
