import { channels } from '../bus/bus.ts';
import type { Log } from '../log.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import type { Change } from '../plan/change.ts';
import { recordAttempt } from '../store/attempt.ts';
import { readEnvironments } from './environments.ts';
import type { ControlPlane } from './planning.ts';
import { failed, fingerprint, reconcile } from './reconcile.ts';
import type { Outcome, Settled } from './reconcile.ts';

export interface ControllerOptions {
  readonly plane: ControlPlane;
  readonly actor: string;
  readonly log: Log;
  readonly pollMs: number;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
  readonly deepEveryMs?: number;
}

export interface EnvironmentPass {
  readonly environment: string;
  readonly outcome: Outcome;
  readonly drifted: number;
}

interface Watch {
  settled: Settled | undefined;
  deepAt: number;
  /** Fingerprints of what was said last, so that it is said once. */
  drift: string | undefined;
  failure: string | undefined;
}

const hourMs = 3_600_000;

/** The control loop: `tick()` is one pass over every environment, `run()` ticks when woken and else by the clock. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #watches = new Map<string, Watch>();
  #known: readonly EnvironmentSettings[] = [];
  #wake: () => void = () => undefined;
  #woken = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  /** Looks at every environment once; what fails in one stays in it. */
  async tick(): Promise<readonly EnvironmentPass[]> {
    const { plane, log } = this.#options;
    try {
      await plane.repository.fetch();
      this.#known = await readEnvironments(plane.repository);
    } catch (error) {
      // Source trouble is not emptiness: what is live stays, and each environment says why it does not move.
      const outcome = failed(error);
      if (this.#known.length === 0) log.warn({ code: outcome.code, reason: outcome.message }, 'the repository cannot be read');
      return Promise.all(this.#known.map((settings) => this.#fail(settings.name, outcome)));
    }
    const passes: EnvironmentPass[] = [];
    for (const settings of this.#known) passes.push(await this.#pass(settings));
    return passes;
  }

  /** Ticks until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const unlisten = await this.#options.plane.database.listen(channels.applied, () => this.wake());
    try {
      while (!signal.aborted) {
        this.#woken = false;
        await this.tick().catch((error: unknown) => this.#options.log.error({ err: error }, 'tick failed'));
        await this.#pause(signal);
      }
    } finally {
      await unlisten();
    }
  }

  /** Makes the next tick come at once. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  async #pass(settings: EnvironmentSettings): Promise<EnvironmentPass> {
    const watch = this.#watchOf(settings.name);
    const { plane, actor, now = performance.now.bind(performance), deepEveryMs = hourMs } = this.#options;
    const deep = now() >= watch.deepAt;
    try {
      const { outcome, drift, settled } = await reconcile(plane, settings, { actor, settled: watch.settled, deep });
      const looked = outcome.kind !== 'unchanged' || watch.settled !== settled;
      watch.settled = outcome.kind === 'failed' && outcome.retryable ? undefined : settled;
      if (deep) watch.deepAt = now() + deepEveryMs;
      if (looked) this.#tell(settings.name, outcome);
      if (looked && outcome.kind !== 'held') this.#tellDrift(settings.name, drift, outcome);
      return { environment: settings.name, outcome, drifted: drift.length };
    } catch (error) {
      return this.#fail(settings.name, failed(error));
    }
  }

  /** Records a failure that came before there was a plan; the same one is recorded once. */
  async #fail(environment: string, outcome: Outcome & { kind: 'failed' }): Promise<EnvironmentPass> {
    const { plane } = this.#options;
    const watch = this.#watchOf(environment);
    const said = `${outcome.code} ${outcome.message}`;
    watch.settled = undefined;
    if (watch.failure !== said) {
      const { code, message } = outcome;
      const row = { environment, commit_id: null, outcome: 'failed', code, message, revision: null } as const;
      // A database that is away cannot hold the record of that; the log has it.
      await recordAttempt(plane.database.db, row).catch(() => undefined);
    }
    this.#tell(environment, outcome);
    return { environment, outcome, drifted: 0 };
  }

  #tell(environment: string, outcome: Outcome): void {
    const { log } = this.#options;
    const watch = this.#watchOf(environment);
    const said = outcome.kind === 'failed' || outcome.kind === 'held' ? `${outcome.code} ${outcome.message}` : undefined;
    const isNews = said !== undefined && watch.failure !== said;
    watch.failure = said;
    if (outcome.kind === 'applied') log.info({ environment, revision: outcome.revision, commit: outcome.commit }, 'revision applied');
    if (outcome.kind === 'waiting') log.info({ environment, commit: outcome.commit, changes: outcome.changes }, 'changes wait for a person');
    if (outcome.kind === 'failed' && isNews) log.warn({ environment, code: outcome.code, reason: outcome.message }, 'commit not applied');
    if (outcome.kind === 'held' && isNews) log.warn({ environment, code: outcome.code, reason: outcome.message }, 'branch held');
  }

  #tellDrift(environment: string, drift: readonly Change[], outcome: Outcome): void {
    const watch = this.#watchOf(environment);
    const found = outcome.kind === 'applied' ? undefined : fingerprint(drift);
    if (found === watch.drift) return;
    watch.drift = found;
    const { log } = this.#options;
    if (found === undefined) log.info({ environment }, 'drift is gone');
    else log.warn({ environment, fingerprint: found.slice(0, 12), resources: drift.map((change) => change.address) }, 'drift found');
  }

  #watchOf(environment: string): Watch {
    const known = this.#watches.get(environment);
    if (known !== undefined) return known;
    const fresh: Watch = { settled: undefined, deepAt: 0, drift: undefined, failure: undefined };
    this.#watches.set(environment, fresh);
    return fresh;
  }

  async #pause(signal: AbortSignal): Promise<void> {
    if (this.#woken || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(done, this.#options.pollMs);
      signal.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }
}
