import { channels } from '../bus/bus.ts';
import type { Log } from '../log.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import type { Change } from '../plan/change.ts';
import type { Watch } from '../source/watch.ts';
import { recordAttempt } from '../store/attempt.ts';
import { type EnvironmentReading, readEachEnvironment } from './environments.ts';
import { healDrift } from './healing.ts';
import { returnOverrides } from './override.ts';
import type { ControlPlane } from './planning.ts';
import { failed, fingerprint, reconcile } from './reconcile.ts';
import type { Outcome, Settled } from './reconcile.ts';

export interface ControllerOptions {
  readonly plane: ControlPlane;
  readonly actor: string;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
  readonly deepEveryMs?: number;
}

export interface EnvironmentPass {
  readonly environment: string;
  readonly outcome: Outcome;
  readonly drifted: number;
}

interface Memory {
  settled: Settled | undefined;
  deepAt: number;
  /** Fingerprints of what was said last, so that it is said once. */
  drift: string | undefined;
  failure: string | undefined;
  override: string | undefined;
}

const hourMs = 3_600_000;

/** The control loop: `tick()` is one pass over every environment, `run()` ticks whenever its watch wakes. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #memories = new Map<string, Memory>();
  #known: readonly string[] = [];

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  /** Looks at every environment once; what fails in one stays in it. */
  async tick(): Promise<readonly EnvironmentPass[]> {
    const { plane, log } = this.#options;
    let readings: readonly EnvironmentReading[];
    try {
      await plane.repository.fetch();
      readings = await readEachEnvironment(plane.repository);
      this.#known = readings.map(({ name }) => name);
    } catch (error) {
      // Source trouble is not emptiness: what is live stays, and each environment says why it does not move.
      const outcome = failed(error);
      if (this.#known.length === 0)
        log.warn({ code: outcome.code, reason: outcome.message }, 'the repository cannot be read');
      return Promise.all(this.#known.map((name) => this.#fail(name, outcome)));
    }
    const passes: EnvironmentPass[] = [];
    for (const reading of readings) {
      passes.push(
        await ('error' in reading ? this.#fail(reading.name, failed(reading.error)) : this.#pass(reading.settings)),
      );
    }
    return passes;
  }

  /** Ticks whenever the watch wakes, until `signal` aborts. */
  async run(watch: Watch, signal: AbortSignal): Promise<void> {
    const { database } = this.#options.plane;
    const unlisten = await database.listen(channels.applied, () => watch.wake());
    const unlistenAcknowledged = await database.listen(channels.acknowledged, () => watch.wake());
    try {
      do {
        await this.tick().catch((error: unknown) => this.#options.log.error({ err: error }, 'tick failed'));
      } while ((await watch.next(signal)) !== 'stopped');
    } finally {
      await unlistenAcknowledged();
      await unlisten();
    }
  }

  async #pass(settings: EnvironmentSettings): Promise<EnvironmentPass> {
    const memory = this.#memoryOf(settings.name);
    const { plane, actor, now = performance.now.bind(performance), deepEveryMs = hourMs } = this.#options;
    const deep = now() >= memory.deepAt;
    try {
      await this.#heal(settings, deep);
      await this.#returnOverrides(settings.name, memory);
      const { outcome, drift, settled } = await reconcile(plane, settings, { actor, settled: memory.settled, deep });
      const looked = outcome.kind !== 'unchanged' || memory.settled !== settled;
      memory.settled = outcome.kind === 'failed' && outcome.retryable ? undefined : settled;
      if (deep) memory.deepAt = now() + deepEveryMs;
      if (looked) this.#tell(settings.name, outcome);
      if (looked && outcome.kind !== 'held') this.#tellDrift(settings.name, drift, outcome);
      return { environment: settings.name, outcome, drifted: drift.length };
    } catch (error) {
      return this.#fail(settings.name, failed(error));
    }
  }

  /** What has run out goes whatever Git is like; where that needs somebody's agreement, they are told once. */
  async #returnOverrides(environment: string, memory: Memory): Promise<void> {
    const { plane, actor, log } = this.#options;
    try {
      const ended = await returnOverrides(plane, environment, actor);
      memory.override = undefined;
      if (ended !== undefined) log.info({ environment, ended: ended.map(({ address }) => address) }, 'overrides ended');
    } catch (error) {
      const { code, message } = failed(error);
      if (memory.override !== message) log.warn({ environment, code, reason: message }, 'an override cannot be ended');
      memory.override = message;
    }
  }

  /** First of all, and whatever Git is like: what runs is what was applied, and rows should say so. */
  async #heal(settings: EnvironmentSettings, deep: boolean): Promise<void> {
    const { plane, actor, log } = this.#options;
    const environment = settings.name;
    const healing = await healDrift(plane, settings, { actor, deep });
    if (healing?.kind === 'healed') {
      log.warn({ environment, undone: healing.undone.map(({ address, by }) => ({ address, by })) }, 'drift healed');
    } else if (healing?.isNews === true) {
      log.error({ environment, code: 'drift.fight' }, 'healing stopped: something keeps undoing it');
    }
  }

  /** Records a failure that came before there was a plan; the same one is recorded once. */
  async #fail(environment: string, outcome: Outcome & { kind: 'failed' }): Promise<EnvironmentPass> {
    const { plane } = this.#options;
    const memory = this.#memoryOf(environment);
    const said = `${outcome.code} ${outcome.message}`;
    memory.settled = undefined;
    if (memory.failure !== said) {
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
    const memory = this.#memoryOf(environment);
    const said =
      outcome.kind === 'failed' || outcome.kind === 'held' || outcome.kind === 'unacknowledged'
        ? `${outcome.code} ${outcome.message}`
        : undefined;
    const isNews = said !== undefined && memory.failure !== said;
    memory.failure = said;
    if (outcome.kind === 'applied')
      log.info({ environment, revision: outcome.revision, commit: outcome.commit }, 'revision applied');
    if (outcome.kind === 'waiting')
      log.info({ environment, commit: outcome.commit, changes: outcome.changes }, 'changes wait for a person');
    if (outcome.kind === 'failed' && isNews)
      log.warn({ environment, code: outcome.code, reason: outcome.message }, 'commit not applied');
    if (outcome.kind === 'unacknowledged' && isNews)
      log.warn({ environment, commit: outcome.commit, reason: outcome.message }, 'commit waits for acknowledgements');
    if (outcome.kind === 'held' && isNews)
      log.warn({ environment, code: outcome.code, reason: outcome.message }, 'branch held');
  }

  #tellDrift(environment: string, drift: readonly Change[], outcome: Outcome): void {
    const memory = this.#memoryOf(environment);
    const found = outcome.kind === 'applied' ? undefined : fingerprint(drift);
    if (found === memory.drift) return;
    memory.drift = found;
    const { log } = this.#options;
    if (found === undefined) log.info({ environment }, 'drift is gone');
    else
      log.warn(
        { environment, fingerprint: found.slice(0, 12), resources: drift.map((change) => change.address) },
        'drift found',
      );
  }

  #memoryOf(environment: string): Memory {
    const known = this.#memories.get(environment);
    if (known !== undefined) return known;
    const fresh: Memory = { settled: undefined, deepAt: 0, drift: undefined, failure: undefined, override: undefined };
    this.#memories.set(environment, fresh);
    return fresh;
  }
}
