import { randomUUID } from 'node:crypto';
import { serve } from '../bus/serve.ts';
import { bundleSecrets } from '../tools/secrets.ts';
import { AuditChain } from './audit-chain.ts';
import { waitsOf } from './approvals.ts';
import { Claiming } from './claiming.ts';
import { type Execution, execute } from './execute.ts';
import type { ClaimedRun } from './executor.ts';
import { Halted, type HaltReason } from './halt.ts';
import { RunJournal } from './journal.ts';
import { Lease } from './lease.ts';
import { HaltWatch } from './halt-watch.ts';
import { LiveAuthorities } from './live.ts';
import { Periodic } from './periodic.ts';
import { Room } from './room.ts';
import { endRun, heed, hooksOf, keyOf, Latch, type Running, type Stops } from './running.ts';
import type { Scope } from './scope.ts';
import { startsPrograms } from '../policy/tier.ts';
import { spendingOf } from './spending.ts';
import { endOfUnready } from './unready.ts';
import { WorkerTiers } from './worker-tiers.ts';
import type { WorkerOptions } from './worker-options.ts';

const leaseMsDefault = 15_000;
const graceMsDefault = 10_000;
const pollMs = 5_000;
const reapMs = 250;
const reconcileMs = 1_000;
/** What is past its time is not read even before it is removed. */
const sweepMs = 60_000;

interface Begun extends Stops {
  /** Under whose lease the run was claimed. */
  readonly worker: string;
  readonly journal: RunJournal;
}

/** Claims runs as slots are free, executes them, and holds the lease under which all of them are owned. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #live: LiveAuthorities;
  readonly #lease: Lease;
  readonly #halts: HaltWatch;
  readonly #tiers: WorkerTiers;
  readonly #running = new Map<string, Running>();
  readonly #periodic: Periodic[] = [];
  readonly #room = new Room(() => this.#free > 0 && this.#tiers.servesAny);
  /** Of those, how many have only their end to be written. */
  #leaving = 0;
  readonly #claiming: Claiming;
  #draining = false;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#live = new LiveAuthorities(options.executor);
    const { executor, slots, host, version, log, bus, pool = 'default' } = options;
    this.#halts = new HaltWatch({ executor, bus, log });
    this.#tiers = new WorkerTiers({ executor, pool, isolation: options.isolation, log, met: () => this.#met() });
    const identity = () => ({ id: randomUUID(), host, pid: process.pid, version, slots, pool });
    this.#lease = new Lease({
      executor,
      identity,
      leaseMs: options.leaseMs ?? leaseMsDefault,
      log,
      lost: () => this.#abortAll('lost'),
    });
    this.#claiming = new Claiming({
      owner: () => (this.#lease.isFresh() ? this.#lease.worker : undefined),
      free: () => (this.#draining ? 0 : this.#free),
      claim: (worker, free) => this.#claim(worker, free),
      begin: (worker, run) => this.#begin(worker, run),
      leavesOthers: () => this.#tiers.unmet.length > 0,
      log,
    });
  }

  /** Takes a lease, begins to listen and to look by itself, and claims what is ready. */
  async start(): Promise<void> {
    const { bus, pool = 'default', log } = this.#options;
    await this.#lease.take();
    await this.#tiers.look(this.#lease.worker);
    this.#unlisten = await serve(bus, pool, {
      room: (signal) => this.#room.wait(signal),
      look: () => this.#claiming.look(),
    });
    const leaseMs = this.#options.leaseMs ?? leaseMsDefault;
    this.#periodic.push(
      new Periodic({ name: 'renew', everyMs: leaseMs / 3, log, work: () => this.#lease.renew() }),
      new Periodic({ name: 'reap', everyMs: reapMs, log, work: () => this.#reap() }),
      new Periodic({ name: 'reconcile', everyMs: reconcileMs, log, work: () => this.#reconcile() }),
      new Periodic({ name: 'poll', everyMs: pollMs, log, work: () => this.tick() }),
      new Periodic({ name: 'tiers', everyMs: pollMs, log, work: () => this.#tiers.look(this.#lease.worker) }),
    );
    const { memories } = this.#options;
    if (memories !== undefined)
      this.#periodic.push(new Periodic({ name: 'sweep', everyMs: sweepMs, log, work: () => memories.sweep() }));
    for (const periodic of this.#periodic) periodic.start();
    await this.#halts.start();
    this.#claiming.wake();
  }

  /** Runs in execution. */
  get running(): number {
    return this.#running.size;
  }

  /** Claims once, as many runs as there are free slots; resolves when they are under way. */
  tick(): Promise<void> {
    return this.#claiming.tick();
  }

  /** Resolves when every run that is under way now has come to an end or to a wait. */
  async idle(): Promise<void> {
    await Promise.all(Array.from(this.#running.values(), ({ done }) => done));
  }

  /** Claims no more, lets calls under way end within the grace, hands the rest back and gives the lease up. */
  async stop(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    await this.#unlisten?.();
    await this.#claiming.settled();
    const grace = setTimeout(() => this.#abortAll('stopped'), this.#options.graceMs ?? graceMsDefault);
    await this.idle();
    clearTimeout(grace);
    await this.#options.sessions?.close();
    await Promise.all([this.#halts, this.#tiers, ...this.#periodic].map((part) => part.stop()));
    await this.#lease.giveUp();
  }

  #met(): void {
    this.#room.freed();
    this.#claiming.wake();
  }

  #claim(worker: string, slots: number): Promise<readonly ClaimedRun[]> {
    const { executor, pool = 'default' } = this.#options;
    const suspect = ![...this.#running.values()].some((one) => one.suspect);
    return executor.claim({ worker, pool, slots, suspect, except: this.#tiers.unmet });
  }

  #begin(worker: string, run: ClaimedRun): void {
    // A crash of the server took the claim back, and it was made again: what runs is this very one.
    if (this.#running.has(keyOf(run))) return;
    const stops: Stops = { abort: new AbortController(), drain: new Latch() };
    const done = this.#execute(worker, run, stops)
      .catch((error: unknown) => this.#options.log.error({ err: error, runId: run.id }, 'run was left to the reaper'))
      .finally(() => {
        this.#running.delete(keyOf(run));
        this.#slotLeft();
      });
    this.#running.set(keyOf(run), { ...stops, done, suspect: run.crashes >= 2 });
  }

  async #execute(worker: string, run: ClaimedRun, stops: Stops): Promise<void> {
    const { executor, log } = this.#options;
    heed(stops, run);
    const journal = new RunJournal(
      executor,
      { worker, run: run.id, fence: run.fence, steps: run.steps, chain: new AuditChain(run, worker) },
      hooksOf(run, stops, log),
    );
    const end = await this.#outcome(run, { worker, journal, ...stops });
    if (end.kind === 'lost') return log.warn({ runId: run.id, worker }, 'lease lost');
    // A run that only has its end to be written does nothing more: its slot is the next run's.
    this.#leaving += 1;
    this.#slotLeft();
    const answer = await endRun(journal, end).finally(() => (this.#leaving -= 1));
    if (answer.kind === 'fenced') log.warn({ runId: run.id, worker }, 'lease lost');
  }

  #slotLeft(): void {
    this.#room.freed();
    this.#claiming.refill(this.#running.size === this.#leaving);
  }

  /** Ends that cannot be written do not pile up for ever: there are as many at most as slots. */
  get #free(): number {
    const { slots } = this.#options;
    return slots - Math.max(this.#running.size - this.#leaving, this.#running.size - slots);
  }

  async #outcome(run: ClaimedRun, parts: Begun): Promise<Execution> {
    try {
      return await execute(await this.#scope(run, parts));
    } catch (cause) {
      return endOfUnready(cause);
    }
  }

  async #scope(run: ClaimedRun, { worker, journal, abort, drain }: Begun): Promise<Scope> {
    const { executor, log } = this.#options;
    const [{ content, authority }, live] = await Promise.all([
      executor.bundle(run.bundle),
      this.#live.view(run, { revision: run.liveRevision, haltEpoch: run.haltEpoch ?? 0 }),
    ]);
    const report = (cause: unknown) => log.info({ err: cause, runId: run.id }, 'node failed');
    return {
      run,
      content,
      pinned: authority,
      live,
      ...spendingOf(run, content, { executor, live, report }),
      journal,
      ...waitsOf(run),
      secrets: bundleSecrets(content.secrets, this.#options.secrets, run.environment),
      memories: this.#options.memories,
      isolation: startsPrograms(content) ? await this.#options.isolation?.() : undefined,
      sessions: this.#options.sessions,
      rates: executor.rates,
      flights: this.#halts.flights,
      outside: this.#options.outside,
      signal: abort.signal,
      closing: () => (this.#draining ? 'stopped' : undefined),
      drained: () => drain.isSet,
      begun: new Set(),
      mayStart: () => this.#lease.isFreshFor(worker),
      report,
    };
  }

  async #reap(): Promise<void> {
    const { requeued, deadLettered, promoted, timedOut, workers } = await this.#options.executor.reap();
    if (timedOut > 0) this.#options.log.warn({ timedOut }, 'queued runs timed out');
    if (workers > 0) this.#options.log.warn({ workers, requeued, deadLettered }, 'workers reaped');
    if (requeued + promoted > 0) this.#claiming.wake();
  }

  /**
   * Compares what this worker owns with what it executes. Cancellation and deadlines reach a call that is under way by
   * it; and a run that was claimed by a statement whose answer was lost, or whose end could not be written, is handed
   * back: its owner lives, so that no reaper would.
   */
  async #reconcile(): Promise<void> {
    const worker = this.#lease.worker;
    if (worker === undefined) return;
    const { made, isQuiet } = this.#claiming;
    const owned = await this.#options.executor.owned(worker);
    for (const { run, fence, interrupted } of owned) {
      const running = this.#running.get(keyOf({ id: run, fence }));
      if (running !== undefined && interrupted === 'drained') running.drain.set();
      else if (running !== undefined && interrupted !== null) running.abort.abort(new Halted(interrupted));
      // A claim that went on meanwhile may have its answer still under way.
      if (running === undefined && isQuiet && made === this.#claiming.made)
        await this.#handBack(worker, { run, fence });
    }
  }

  async #handBack(worker: string, { run, fence }: { readonly run: string; readonly fence: number }): Promise<void> {
    this.#options.log.warn({ runId: run, worker }, 'run is owned and not executed; it is handed back');
    await this.#options.executor.park({ worker, run, fence, entries: [], end: { kind: 'released' } });
    this.#claiming.wake();
  }

  #abortAll(reason: HaltReason): void {
    for (const { abort } of this.#running.values()) abort.abort(new Halted(reason));
  }
}
