import { randomUUID } from 'node:crypto';
import type { Bundle } from '../../src/manifest/bundle.ts';
import { digest } from '../../src/manifest/digest.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Authority } from '../../src/policy/authority.ts';
import {
  type ApprovalAnswer,
  type ApprovalRequest,
  type ClaimedRun,
  type ClaimRequest,
  drained,
  type HaltState,
  type LiveAuthority,
  type OwnedRun,
  type Reaped,
  type RunWrite,
  type StoredBundle,
  type WorkerIdentity,
  type WriteAnswer,
} from '../../src/run/executor.ts';
import {
  byTurn,
  claimedOf,
  fairKeyOf,
  endedStates,
  type MemoryEnvironment,
  type MemoryResolution,
  type MemoryRun,
  type MemoryStoreOptions,
  type MemorySubmission,
  type MemoryWorker,
  keep,
  newRun,
  ownedOf,
  stepOf,
} from './memory-rows.ts';
import { askApproval, consumeApproval, decideApproval } from './memory-approval.ts';
import { closeRun, endRun, noteWaits } from './memory-end.ts';
import { MemoryHalts } from './memory-halts.ts';
import { MemoryRates } from './memory-rates.ts';
import { MemoryAccounts } from './memory-accounts.ts';
import { answerRun, type MemoryAnswer, resolveCall } from './memory-answer.ts';
import { authorityOf, environment as environmentName } from './runs.ts';

/**
 * The tables of the engine in this process's memory, and each of its statements as one function that either happens
 * or does not. By its own clock, which the test may move.
 */
export class MemoryStore {
  readonly runs = new Map<string, MemoryRun>();
  readonly workers = new Map<string, MemoryWorker>();
  readonly environments = new Map<string, MemoryEnvironment>();
  readonly rates = new MemoryRates(() => this.now());
  readonly accounts = new MemoryAccounts({ now: () => this.now(), run: (id) => this.run(id) });
  readonly halts = new MemoryHalts();
  /** Rows that were written twice with different contents: the second was lost. */
  readonly contradictions: string[] = [];
  readonly #clock: () => number;
  readonly #crashesMax: number;
  readonly #isFenced: boolean;
  #aheadMs = 0;

  constructor(options: MemoryStoreOptions = {}) {
    this.#clock = options.clock ?? (() => performance.now());
    this.#crashesMax = options.crashesMax ?? 3;
    this.#isFenced = options.fenced ?? true;
  }

  now(): number {
    return this.#clock() + this.#aheadMs;
  }

  /** Moves the store's clock, and nobody else's. */
  advance(ms: number): void {
    this.#aheadMs += ms;
  }

  /** Makes the bundle current in the next revision, as apply does. */
  install(bundle: Bundle, authority: Authority = authorityOf(bundle), name = environmentName): number {
    const environment = this.environments.get(name) ?? { revision: 0, current: new Map(), bundles: new Map() };
    this.environments.set(name, environment);
    const key = digest({ content: bundle, authority } as unknown as JsonObject);
    environment.bundles.set(key, { content: bundle, authority });
    environment.current.set(bundle.system, key);
    environment.revision += 1;
    return environment.revision;
  }

  /** Takes a system out of live, in the next revision. */
  remove(system: string, name = environmentName): void {
    const environment = this.#environment(name);
    environment.current.delete(system);
    environment.revision += 1;
  }

  submit(submission: MemorySubmission = {}): MemoryRun {
    const { system = 'default/work', pool = 'default', priority = 5, input = {}, idempotencyKey, session } = submission;
    const environment = this.#environment(environmentName);
    const bundle = environment.current.get(system);
    if (bundle === undefined) throw new Error(`${system} is not live`);
    const all = [...this.runs.values()];
    const known = idempotencyKey && all.find((run) => run.system === system && run.idempotencyKey === idempotencyKey);
    if (known) return known;
    const namespace = system.split('/')[0] ?? '';
    const timeoutMs = environment.bundles.get(bundle)?.content.limits.timeoutMs ?? 0;
    const { revision } = environment;
    const deadlineAt = this.now() + timeoutMs;
    const fairKey = fairKeyOf(all, { pool, priority, namespace });
    const pinned = { environment: environmentName, namespace, system, revision, bundle, deadlineAt };
    const { id = randomUUID() } = submission;
    const run = newRun({ id, pool, priority, input, idempotencyKey, session, fairKey, ...pinned });
    this.runs.set(run.id, run);
    return run;
  }

  cancel(id: string): void {
    this.#interrupt(id, 'cancelRequested', { code: 'run.cancelled', message: 'The run was cancelled.' });
  }

  drain(id: string): void {
    this.#interrupt(id, 'drainRequested', drained);
  }

  /** What a person says of a call whose outcome nobody knows. */
  resolve(id: string, path: string, as: MemoryResolution): void {
    resolveCall(this.run(id), path, { as, nowMs: this.now() });
  }

  /** What a person says to a question. */
  answer(id: string, path: string, answer: MemoryAnswer): 'decided' | 'open' | undefined {
    return answerRun(this.run(id), path, { answer, nowMs: this.now() });
  }

  requestApproval(request: ApprovalRequest): ApprovalAnswer {
    const run = this.run(request.run);
    if (this.#isFenced && (run.owner !== request.worker || run.fence !== request.fence)) return { kind: 'fenced' };
    return askApproval(run, request, this.now());
  }

  /** What people say of the open request of a call. */
  decideApproval(id: string, path: string, as: 'approved' | 'denied'): boolean {
    return decideApproval(this.run(id), path, { as, nowMs: this.now() });
  }

  enlist(identity: WorkerIdentity, leaseMs: number): void {
    this.workers.set(identity.id, { identity, leaseUntil: this.now() + leaseMs, alive: true });
  }

  renew(id: string, leaseMs: number): boolean {
    const worker = this.workers.get(id);
    if (worker !== undefined) worker.leaseUntil = this.now() + leaseMs;
    return worker !== undefined;
  }

  retire(id: string): void {
    if (!this.workers.delete(id)) return;
    for (const run of this.runs.values()) {
      if (run.owner === id) Object.assign(run, { state: 'Queued', owner: undefined, fence: run.fence + 1 });
    }
  }

  reap(): Reaped {
    const reaped = { workers: 0, requeued: 0, deadLettered: 0, promoted: 0, timedOut: 0 };
    const now = this.now();
    for (const [id, worker] of this.workers) {
      if (worker.alive && worker.leaseUntil >= now) continue;
      reaped.workers += 1;
      this.workers.delete(id);
      for (const run of this.runs.values()) {
        if (run.owner === id) reaped[this.#orphan(run)] += 1;
      }
    }
    for (const run of this.runs.values()) {
      if (endedStates.has(run.state)) this.accounts.giveBackLeft({ ...run, run: run.id }, run.steps);
      if (run.state === 'Queued' && run.deadlineAt <= now) {
        endRun(run, 'TimedOut', { code: 'run.deadline', message: 'No worker took the run within its timeout.' });
        reaped.timedOut += 1;
      } else if (run.state === 'Waiting' && run.runAt !== undefined && run.runAt <= now) {
        run.deadlineAt += now - (run.askedAt ?? now);
        Object.assign(run, { state: 'Queued', runAt: undefined, askedAt: undefined });
        reaped.promoted += 1;
      }
    }
    return reaped;
  }

  claim({ worker, pool, slots, suspect, except = [] }: ClaimRequest): readonly ClaimedRun[] {
    const me = this.workers.get(worker);
    if (me === undefined || me.leaseUntil <= this.now()) return [];
    const ready = [...this.runs.values()]
      .filter((run) => run.state === 'Queued' && run.pool === pool && !except.includes(run.environment))
      .sort(byTurn);
    const suspects = ready.filter((run) => run.crashes >= 2).slice(0, suspect ? 1 : 0);
    const picked = ready.filter((run) => run.crashes < 2).slice(0, Math.max(0, slots - suspects.length));
    return [...suspects, ...picked].map((run) => {
      Object.assign(run, { state: 'Running', owner: worker, fence: run.fence + 1, runAt: undefined, answered: false });
      run.claims.push({ worker, fence: run.fence });
      const claimed = claimedOf(run, this.#environment(run.environment).revision, this.now());
      return { ...claimed, haltEpoch: this.halts.epoch };
    });
  }

  /** The journal's one statement, for several runs. */
  write(writes: readonly RunWrite[]): readonly WriteAnswer[] {
    return writes.map((write) => this.#write(write));
  }

  watchHalts(epoch: number): HaltState | undefined {
    return this.halts.watch(epoch, { runs: this.runs.values(), now: this.now() });
  }

  owned(worker: string): readonly OwnedRun[] {
    return [...this.runs.values()].filter((run) => run.owner === worker).map((run) => ownedOf(run, this.now()));
  }

  bundle(key: string): StoredBundle {
    for (const { bundles } of this.environments.values()) {
      const found = bundles.get(key);
      if (found !== undefined) return found;
    }
    throw new Error(`no bundle ${key}`);
  }

  authority(name: string, system: string): LiveAuthority {
    const { revision, current, bundles } = this.#environment(name);
    const { epoch, known } = this.halts;
    return { revision, authority: bundles.get(current.get(system) ?? '')?.authority, halts: { epoch, known } };
  }

  run(id: string): MemoryRun {
    const run = this.runs.get(id);
    if (run === undefined) throw new Error(`no run ${id}`);
    return run;
  }

  #environment(name: string): MemoryEnvironment {
    const environment = this.environments.get(name);
    if (environment === undefined) throw new Error(`no environment ${name}`);
    return environment;
  }

  #write({ worker, run: id, fence, entries, waits, end, record }: RunWrite): WriteAnswer {
    const run = this.run(id);
    if (this.#isFenced && (run.owner !== worker || run.fence !== fence)) return { kind: 'fenced' };
    const known = run.audit.find(({ seq }) => seq === record?.seq);
    if (known !== undefined && known.hash !== record?.hash) return { kind: 'fenced' };
    if (known === undefined && record !== undefined) run.audit.push(record);
    const { revision: liveRevision } = this.#environment(run.environment);
    const now = this.now();
    const conflicts: string[] = [];
    for (const entry of entries) {
      const isOld =
        entry.phase === 'intent' && (entry.liveRevision !== liveRevision || entry.haltEpoch !== this.halts.epoch);
      if (isOld) conflicts.push(entry.path);
      else if (entry.phase === 'intent' && !consumeApproval(run, entry, now)) conflicts.push(entry.path);
      else this.contradictions.push(...keep(run, stepOf(entry, fence, now)));
    }
    noteWaits(run, waits ?? [], this.now());
    if (end !== undefined) closeRun(run, end, { now: this.now(), halts: this.halts });
    const { cancelRequested: cancelled, drainRequested, answered } = run;
    const overdue = run.deadlineAt <= now;
    return { kind: 'accepted', conflicts, liveRevision, cancelled, overdue, drained: drainRequested, answered };
  }

  #orphan(run: MemoryRun): 'requeued' | 'deadLettered' {
    Object.assign(run, { owner: undefined, fence: run.fence + 1, crashes: run.crashes + 1, state: 'Queued' });
    if (run.crashes < this.#crashesMax) return 'requeued';
    const message = `${run.crashes} workers died while they executed the run.`;
    endRun(run, 'DeadLetter', { code: 'run.dead_letter', message });
    return 'deadLettered';
  }

  #interrupt(
    id: string,
    request: 'cancelRequested' | 'drainRequested',
    error: { code: string; message: string },
  ): void {
    const run = this.run(id);
    if (endedStates.has(run.state)) return;
    run[request] = true;
    if (run.state !== 'Running') endRun(run, 'Cancelled', error);
  }
}
