import { channels } from '../bus/bus.ts';
import { readAuthority, readPinned } from '../store/pinned.ts';
import { requestApproval } from '../store/approval-request.ts';
import { claimRuns } from '../store/claim.ts';
import { promoteFreed } from '../store/concurrency.ts';
import { retryFailed } from '../store/run-retry.ts';
import type { WindowClock } from '../store/account.ts';
import type { Database, Session } from '../store/database-port.ts';
import { expireHalts, readHaltPulse, readHaltState, releaseHalted } from '../store/halt-state.ts';
import { writeJournal } from '../store/journal.ts';
import { enlistWorker, holdSessionLock, readOwned, reapWorkers, renewWorker, retireWorker } from '../store/worker.ts';
import { offerTiers, readTierDemand } from '../store/worker-tiers.ts';
import type { Tier } from '../manifest/bundle-world.ts';
import { RetryableError } from '../errors.ts';
import type {
  ApprovalAnswer,
  ApprovalRequest,
  ClaimedRun,
  ClaimRequest,
  Executor,
  FinalEnd,
  HaltState,
  LiveAuthority,
  OwnedRun,
  ParkEnd,
  Reaped,
  RunWrite,
  StoredBundle,
  TierOffer,
  WorkerIdentity,
  WriteAnswer,
} from './executor.ts';
import { DatabaseAccounts } from './database-accounts.ts';
import { GroupCommit } from './group-commit.ts';
import { LoadMeter } from './load-meter.ts';
import { Rates } from './rates.ts';

export const leaseMsDefault = 15_000;

const bundlesMax = 256;

/** Keeps runs in the database, the embedded one or PostgreSQL, by the same statements. */
export class DatabaseExecutor implements Executor {
  readonly rates: Rates;
  readonly accounts: DatabaseAccounts;
  readonly #meter = new LoadMeter();
  readonly #database: Database;
  readonly #leaseMs: number;
  readonly #commit: GroupCommit;
  readonly #sessions = new Map<string, Session>();
  readonly #bundles = new Map<string, Promise<StoredBundle>>();
  /** Claimed runs that hold a slot of their concurrency key. */
  readonly #keyed = new Set<string>();

  constructor(database: Database, options: { readonly leaseMs?: number } & WindowClock = {}) {
    this.rates = new Rates(database);
    this.#database = database;
    this.#leaseMs = options.leaseMs ?? leaseMsDefault;
    this.accounts = new DatabaseAccounts(database, { patienceMs: 2 * this.#leaseMs, ...options });
    this.#commit = new GroupCommit({
      write: (writes) => writeJournal(database, writes),
      // By then whoever owned these runs has lost them.
      patienceMs: 2 * this.#leaseMs,
      beside: database.kind === 'postgres',
    });
  }

  async enlist(worker: WorkerIdentity): Promise<void> {
    const session = await this.#database.session();
    try {
      await enlistWorker(this.#database, session, { ...worker, leaseMs: this.#leaseMs });
    } catch (cause) {
      await session.close();
      throw cause;
    }
    this.#sessions.set(worker.id, session);
  }

  async renew(worker: string): Promise<boolean> {
    const session = await this.#heldSession(worker);
    return renewWorker(session, worker, { leaseMs: this.#leaseMs, load: this.#meter.read() });
  }

  async #heldSession(worker: string): Promise<Session> {
    const held = this.#sessions.get(worker);
    if (held !== undefined && !held.lost.aborted) return held;
    await held?.close();
    // The lock went with the connection; who takes it first, this worker or the reaper, decides.
    const session = await this.#database.session();
    this.#sessions.set(worker, session);
    await holdSessionLock(this.#database, session, worker);
    return session;
  }

  async retire(worker: string): Promise<void> {
    try {
      await retireWorker(this.#database, worker);
    } finally {
      await this.#sessions.get(worker)?.close();
      this.#sessions.delete(worker);
    }
  }

  async reap(): Promise<Reaped> {
    const own = [...this.#sessions.keys()];
    const { pools, freed, failed, ...reaped } = await reapWorkers(this.#database, { leaseMs: this.#leaseMs, own });
    await this.#tell(pools);
    await this.accounts.sweep();
    const begun = freed ? await this.#promote() : 0;
    if (failed) await this.#tell(await retryFailed(this.#database));
    return { ...reaped, promoted: reaped.promoted + begun };
  }

  /** Lets those begin who waited for a slot; gives how many pools heard of it. */
  async #promote(): Promise<number> {
    const pools = await promoteFreed(this.#database);
    await this.#tell(pools);
    return pools.length;
  }

  /** Wakes the workers of other pools than the caller's too. Losing it is harmless: they look by themselves. */
  async #tell(pools: readonly string[]): Promise<void> {
    for (const pool of pools) await this.#database.notify(channels.ready, pool).catch(() => undefined);
  }

  async claim(request: ClaimRequest): Promise<readonly ClaimedRun[]> {
    const claim = claimRuns(this.#database, request);
    this.#commit.expect(claim);
    const runs = await claim;
    for (const run of runs) if (run.keyed === true) this.#keyed.add(run.id);
    return runs;
  }

  tierDemand(pool: string): Promise<ReadonlyMap<string, readonly Tier[]>> {
    return readTierDemand(this.#database, pool);
  }

  offerTiers(worker: string, offer: TierOffer): Promise<void> {
    return offerTiers(this.#database, worker, offer);
  }

  journal(write: RunWrite): Promise<WriteAnswer> {
    return this.#commit.submit(write);
  }

  park(write: RunWrite & { readonly end: ParkEnd }): Promise<WriteAnswer> {
    this.#keyed.delete(write.run);
    return this.#commit.submit(write);
  }

  /** A commit whose answer was lost is asked about by asking again: the same action has one request. */
  async requestApproval(request: ApprovalRequest): Promise<ApprovalAnswer> {
    try {
      return await requestApproval(this.#database, request);
    } catch (cause) {
      if (cause instanceof RetryableError && cause.code === 'store.commit_unknown')
        return requestApproval(this.#database, request);
      throw cause;
    }
  }

  async complete(write: RunWrite & { readonly end: FinalEnd }): Promise<WriteAnswer> {
    const answer = await this.#commit.submit(write);
    // Nobody waits for it, and the reaper does it too.
    if (this.#keyed.delete(write.run)) this.#promote().catch(() => undefined);
    return answer;
  }

  async watchHalts(epoch: number): Promise<HaltState | undefined> {
    const pulse = await readHaltPulse(this.#database);
    if (pulse.epoch === epoch && !pulse.due) return undefined;
    if (pulse.due) {
      await expireHalts(this.#database);
      await this.#tell(await releaseHalted(this.#database));
    }
    return readHaltState(this.#database);
  }

  owned(worker: string): Promise<readonly OwnedRun[]> {
    return readOwned(this.#database, worker);
  }

  /** Bundles never change, so that they are read and parsed once, and what is compiled from them hangs on the object. */
  bundle(digest: string): Promise<StoredBundle> {
    const known = this.#bundles.get(digest);
    if (known !== undefined) return known;
    const reading = readPinned(this.#database, digest);
    if (this.#bundles.size >= bundlesMax) this.#bundles.clear();
    this.#bundles.set(digest, reading);
    reading.catch(() => this.#bundles.delete(digest));
    return reading;
  }

  authority(environment: string, system: string): Promise<LiveAuthority> {
    return readAuthority(this.#database, { environment, system });
  }
}
