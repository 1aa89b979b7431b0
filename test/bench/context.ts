/** What `test/bench/main.ts` gives to a benchmark: `p1.ts` and `w1.ts` export `bench: Bench` and nothing else. */
export type Bench = (context: BenchContext) => Promise<BenchResult>;

export interface BenchContext {
  /** Rounds whose figures are thrown away, and rounds that count. */
  readonly warmup: number;
  readonly rounds: number;
  /** Aborted when the person at the keyboard stops the benchmark. */
  readonly signal: AbortSignal;
  /** A new, empty, unmigrated database on the private server, which has fsync on. */
  createDatabase(): Promise<BenchDatabase>;
  /**
   * Opens every contender on a database of its own and runs the warm-up and the counted rounds, all contenders in turn,
   * in an order that rotates each round, so that none always runs on a cold or a busy machine.
   */
  compare(contenders: readonly Contender[]): Promise<readonly Figure[]>;
  /** How long a transaction of `pgbench -N` with one client takes just now, in milliseconds. */
  pgbenchMs(): Promise<number>;
  /** Imports a package of `test/bench/package.json`; the caller checks what it uses of it. */
  peer(name: string): Promise<unknown>;
  /** One line of progress on standard error. */
  progress(line: string): void;
}

export interface BenchDatabase {
  readonly url: string;
  /** Does now what the server would do of itself some time later, in the round of another contender. */
  readonly settle: () => Promise<void>;
  /** What is logged from now on goes into the files of what was logged before. */
  readonly checkpoint: () => Promise<void>;
  readonly drop: () => Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** Runs in a process of its own (apart.ts): it shares nothing with the other contenders, and needs no context. */
  readonly apart?: true;
  /**
   * Before each counted round a checkpoint and rounds that do not count, at least one and for so long: while the others
   * have theirs, code that was compiled for this one is thrown away and caches that it filled are lost, and what is
   * measured is work that goes on.
   */
  readonly leadInMs?: number;
  /** Makes tables, starts pools; not measured. */
  open(url: string): Promise<OpenContender>;
}

export interface OpenContender {
  /** Does the work once and returns its figures by metric. Every round of a contender returns the same metrics. */
  round(index: number): Promise<Readonly<Record<string, Measure>>>;
  close(): Promise<void>;
}

export interface Measure {
  readonly value: number;
  readonly unit: 'ms' | 's' | 'MB' | 'per s' | 'count' | 'bytes';
}

export interface Figure {
  readonly contender: string;
  readonly metric: string;
  readonly unit: Measure['unit'];
  /** Counted rounds only, in the order in which they ran. */
  readonly values: readonly number[];
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Target {
  /** What must hold, in words: `one changed file is planned in at most 50 ms`. */
  readonly claim: string;
  readonly value: number;
  readonly unit: Measure['unit'] | '×';
  readonly met: boolean;
}

export interface BenchResult {
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly targets: readonly Target[];
  /** What a reader must know to judge the figures: sizes, settings, what was not measured. */
  readonly notes: readonly string[];
}
