import { channels } from '../bus/bus.ts';
import { hear } from '../bus/hearing.ts';
import { isPawlError, RetryableError } from '../errors.ts';
import type { Watch } from '../source/watch.ts';
import { markHandled, openMessages, sweepInbox } from '../store/inbox.ts';
import { type RepositoryLease, takeRepositoryLease } from '../store/repository-lease.ts';
import { boundedBy } from './bounded.ts';
import type { GitHubContext, GitHubRound, Turn } from './context.ts';
import { hintFrom } from './hint.ts';
import { fullName } from './repository-name.ts';

export interface GitHubLoopOptions {
  readonly context: GitHubContext;
  /** In the order in which they are taken. */
  readonly turns: readonly Turn[];
  /** How often everything is looked at, whatever webhooks say. */
  readonly sweepMs?: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

export type RoundResult =
  /** Another process writes to this repository. */
  | { readonly kind: 'not ours' }
  /** GitHub has asked to be left alone until then. */
  | { readonly kind: 'limited'; readonly waitMs: number }
  | { readonly kind: 'taken'; readonly failed: readonly string[] };

const sweepMsDefault = 300_000;
const sweepAgainMs = 30_000;

/**
 * What pawl owes one repository on GitHub: `tick()` takes each turn once, `run()` does so whenever something may have
 * moved. One process at a time writes to a repository, one request after the other, as GitHub asks of its clients.
 */
export class GitHubLoop {
  readonly #options: GitHubLoopOptions;
  readonly #told = new Map<string, string>();
  #lease: RepositoryLease | undefined;
  #sweepAt = Number.NEGATIVE_INFINITY;
  #quietUntil = Number.NEGATIVE_INFINITY;

  constructor(options: GitHubLoopOptions) {
    this.#options = options;
  }

  /** One round, if this process may write. What fails in one turn is logged, and the next is taken all the same. */
  async tick(signal: AbortSignal = new AbortController().signal): Promise<RoundResult> {
    const { context, turns } = this.#options;
    const waitMs = this.#quietUntil - this.#now();
    if (waitMs > 0) return { kind: 'limited', waitMs };
    const lease = await this.#leased();
    if (lease === undefined) return { kind: 'not ours' };
    const round = await this.#round();
    const failed: string[] = [];
    const either = AbortSignal.any([signal, lease.lost]);
    for (const turn of turns) {
      if (either.aborted) return { kind: 'taken', failed };
      if (!(await this.#take(turn, round, either))) failed.push(turn.name);
    }
    // What failed is tried again with the same hints; a sweep finds what they would have led to in any case.
    const { db } = context.plane.database;
    if (failed.length === 0 && !either.aborted) {
      await markHandled(
        db,
        round.hints.map(({ delivery }) => delivery),
      );
    }
    if (round.isSweep) await sweepInbox(db);
    // One that failed comes again soon, and not with every wake-up.
    if (round.isSweep)
      this.#sweepAt = this.#now() + Math.min(this.#sweepMs(), failed.length === 0 ? Infinity : sweepAgainMs);
    return { kind: 'taken', failed };
  }

  /** Ticks whenever the watch wakes, until `signal` aborts; then gives the lease back. */
  async run(watch: Watch, signal: AbortSignal): Promise<void> {
    const { database } = this.#options.context.plane;
    const wake = (): void => watch.wake();
    const own = fullName(this.#options.context.github.repository).toLowerCase();
    // Environments have no slash in their names: that of another repository is for its own loop.
    const hint = (about: string): void => {
      if (!about.includes('/') || about.toLowerCase() === own) watch.wake();
    };
    const ears = [
      { channel: channels.applied, heard: wake },
      { channel: channels.acknowledged, heard: wake },
      { channel: channels.hint, heard: hint },
    ];
    const deaf = (error: unknown): void => this.#tell('wake-ups', error);
    const deafen = await hear({ bus: database, ears, deaf, late: wake }, signal);
    try {
      do {
        await this.tick(signal).catch((error: unknown) => this.#tell('round', error));
      } while ((await watch.next(signal)) !== 'stopped');
    } finally {
      await deafen();
      await this.close();
    }
  }

  /** Lets another process write. */
  async close(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.release();
  }

  async #leased(): Promise<RepositoryLease | undefined> {
    if (this.#lease?.lost.aborted === true) await this.close().catch(() => undefined);
    const { github, plane } = this.#options.context;
    this.#lease ??= await takeRepositoryLease(plane.database, fullName(github.repository));
    return this.#lease;
  }

  async #round(): Promise<GitHubRound> {
    const { context } = this.#options;
    const open = await openMessages(context.plane.database.db, fullName(context.github.repository));
    return { ...context, hints: open.map(hintFrom), isSweep: this.#now() >= this.#sweepAt };
  }

  async #take(turn: Turn, round: GitHubRound, signal: AbortSignal): Promise<boolean> {
    try {
      await boundedBy(signal, () => turn.take(round, signal));
      this.#told.delete(turn.name);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (error instanceof RetryableError && error.code === 'github.rate_limited') {
        this.#quietUntil = this.#now() + (error.retryAfterMs ?? 60_000);
      }
      this.#tell(turn.name, error);
      return false;
    }
  }

  /** Says the same once: a forge that is away for a night is not worth a thousand lines. */
  #tell(name: string, error: unknown): void {
    const { log, github } = this.#options.context;
    const repository = fullName(github.repository);
    const said = isPawlError(error) ? `${error.code} ${error.message}` : String(error);
    if (this.#told.get(name) === said) return;
    this.#told.set(name, said);
    if (isPawlError(error))
      log.warn({ turn: name, repository, code: error.code, reason: error.message }, 'turn failed');
    else log.error({ turn: name, repository, err: error }, 'turn failed');
  }

  #sweepMs(): number {
    return this.#options.sweepMs ?? sweepMsDefault;
  }

  #now(): number {
    return (this.#options.now ?? performance.now.bind(performance))();
  }
}
