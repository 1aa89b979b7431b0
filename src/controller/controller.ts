import { randomUUID } from 'node:crypto';
import { channels } from '../bus/bus.ts';
import { hear } from '../bus/hearing.ts';
import type { Log } from '../log.ts';
import type { Watch } from '../source/watch.ts';
import { claimEnvironments, readStandings, type Standing } from '../store/sync.ts';
import { bounded, eachAtMost } from './bounded.ts';
import { type EnvironmentReading, readEachEnvironment } from './environments.ts';
import { mayConcern } from './forge.ts';
import { freshMemory, isDue, type Memory } from './memory.ts';
import { lookAt, ordinaryPace } from './pacing.ts';
import { backOff, type EnvironmentPass, fail, pass, type PassContext, recover } from './pass.ts';
import type { ControlPlane } from './planning.ts';
import { failed, type Outcome } from './reconcile.ts';
import { claimed, timedOut } from './sync-errors.ts';

export interface ControllerOptions {
  readonly plane: ControlPlane;
  readonly actor: string;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
  readonly deepEveryMs?: number;
  /** How long one pass of one environment may take before it changes nothing any more. */
  readonly passMs?: number;
  /** How long a tick waits for one pass; it goes on by itself then, and the others are looked at again. */
  readonly patienceMs?: number;
  readonly passesAtOnce?: number;
  /** How far windows are ahead of the database's clock: for rehearsals of what happens at another time. */
  readonly aheadMs?: () => number;
}

/** What one tick looks at. */
interface Seen {
  readonly readings: readonly EnvironmentReading[];
  readonly standings: ReadonlyMap<string, Standing>;
}

const hourMs = 3_600_000;
const passMsDefault = 120_000;
const patienceMsDefault = 10_000;
const passesAtOnceDefault = 4;

/**
 * The control loop: `tick()` looks at every environment, `run()` ticks whenever its watch wakes. A tick asks once what
 * has moved, of Git and of the rows, and takes a pass where something has; what fails in one environment stays in it.
 */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #memories = new Map<string, Memory>();
  /** Environments whose pass is not over. */
  readonly #running = new Set<string>();
  readonly #context: PassContext;
  #known: readonly string[] = [];
  /** Somebody said that the repository may have moved, or only that rows did. */
  #heard = { hint: false, rows: false };

  constructor(options: ControllerOptions) {
    this.#options = options;
    const { plane, actor, log, now = performance.now.bind(performance) } = options;
    const { deepEveryMs = hourMs, aheadMs = () => 0 } = options;
    this.#context = { plane, actor, log, now, deepEveryMs, aheadMs, owner: randomUUID() };
  }

  /** Looks at every environment once. `fetch`: asks the repository first, where it is a remote one. */
  async tick({ fetch = true }: { readonly fetch?: boolean } = {}): Promise<readonly EnvironmentPass[]> {
    const { log, passesAtOnce = passesAtOnceDefault } = this.#options;
    let seen: Seen;
    try {
      seen = await this.#read(fetch);
    } catch (error) {
      // Source trouble is not emptiness: what is live stays, and each environment says why it does not move.
      const outcome = failed(error);
      if (this.#known.length === 0)
        log.warn({ code: outcome.code, reason: outcome.message }, 'the repository cannot be read');
      return eachAtMost(passesAtOnce, this.#known, (name) => this.#fail(name, outcome, true));
    }
    const { readings, standings } = seen;
    return eachAtMost(passesAtOnce, readings, (reading) => this.#look(reading, standings.get(reading.name)));
  }

  /**
   * Rows first, then the repository: who wanted a look before the rows were read is shown a branch that was asked for
   * after. Names that only the repository knew are read once more, after their rows.
   */
  async #read(fetch: boolean): Promise<Seen> {
    const { repository, source } = this.#options.plane;
    for (let round = 1; ; round += 1) {
      const standings = await this.#standings(this.#known);
      const isWanted = [...standings.values()].some((one) => one.wanted > one.handled && one.repository === source);
      if (fetch || isWanted) await repository.fetch();
      const readings = await readEachEnvironment(repository);
      this.#known = readings.map(({ name }) => name);
      if (round === 2 || this.#known.every((name) => standings.has(name))) return { readings, standings };
    }
  }

  /** Ticks whenever the watch wakes, or something that it knows of begins, until `signal` aborts. */
  async run(watch: Watch, signal: AbortSignal): Promise<void> {
    const deafen = await this.#hear(watch, signal);
    try {
      let wake: 'changed' | 'due' | 'stopped' = 'due';
      while (wake !== 'stopped') {
        // Rows are no reason to ask the repository.
        const fetch = wake === 'due' || this.#heard.hint || !this.#heard.rows;
        this.#heard = { hint: false, rows: false };
        const lookedAt = this.#context.now();
        await this.tick({ fetch }).catch((error: unknown) => this.#options.log.error({ err: error }, 'tick failed'));
        wake = await this.#next(watch, signal, lookedAt);
      }
    } finally {
      await deafen();
    }
  }

  /** Where nothing can be heard, looks come by the clock alone until it can. */
  #hear(watch: Watch, signal: AbortSignal): Promise<() => Promise<void>> {
    const { plane, log } = this.#options;
    const rows = (): void => {
      this.#heard.rows = true;
      watch.wake();
    };
    const hint = (about: string): void => {
      if (about !== '' && !this.#known.includes(about) && !mayConcern(plane.forge, about)) return;
      this.#heard.hint = true;
      watch.wake();
    };
    const ears = [
      { channel: channels.applied, heard: rows },
      { channel: channels.acknowledged, heard: rows },
      { channel: channels.hint, heard: hint },
    ];
    const deaf = (error: unknown, againMs: number): void =>
      log.warn({ reason: failed(error).message, againMs }, 'wake-ups cannot be heard');
    return hear({ bus: plane.database, ears, deaf, late: () => hint('') }, signal);
  }

  /** Waits for a reason to look, and until it is time to: a burst of hints is one reason. */
  async #next(watch: Watch, signal: AbortSignal, lookedAt: number): Promise<'changed' | 'due' | 'stopped'> {
    const { now } = this.#context;
    let heardAt: number | undefined;
    for (;;) {
      const until = heardAt === undefined ? this.#wakeAt() : lookAt({ lookedAt, heardAt }, ordinaryPace);
      const wake = await wakeBy(watch, signal, until - now());
      if (wake === 'changed') heardAt = now();
      else if (wake === 'late') return heardAt === undefined ? 'due' : 'changed';
      else return wake;
    }
  }

  /** When the next thing begins that nobody will tell of. */
  #wakeAt(): number {
    const { now } = this.#context;
    const times = Array.from(this.#memories.values(), ({ wakeAt }) => wakeAt ?? Number.POSITIVE_INFINITY);
    return Math.max(now(), Math.min(Number.POSITIVE_INFINITY, ...times));
  }

  /**
   * Environments that are new here are claimed; whoever claimed them before keeps them. One that was suspended before any
   * controller had looked has a row that is nobody's.
   */
  async #standings(names: readonly string[]): Promise<ReadonlyMap<string, Standing>> {
    const { database, source } = this.#options.plane;
    const found = await readStandings(database.db, names);
    const fresh = names.filter((name) => (found.get(name)?.repository ?? '') === '');
    if (fresh.length === 0) return found;
    await claimEnvironments(database.db, source, fresh);
    return readStandings(database.db, names);
  }

  async #look(reading: EnvironmentReading, standing: Standing | undefined): Promise<EnvironmentPass> {
    const { plane, passMs = passMsDefault, patienceMs = patienceMsDefault } = this.#options;
    const { name: environment } = reading;
    const elsewhere = { environment, outcome: { kind: 'elsewhere' }, drifted: 0 } as const;
    if (this.#running.has(environment) || standing === undefined) return elsewhere;
    if (standing.repository !== plane.source) return this.#refuse(environment, standing.repository);
    if ('error' in reading) return this.#fail(environment, failed(reading.error));
    const memory = this.#memoryOf(environment);
    const seen = { commit: reading.commit, now: this.#context.now() };
    if (!isDue(memory, standing, seen)) {
      // Who said so may be gone, and what was settled here can be read here; where passes fail here, they say so.
      const isSettled = memory.settled !== undefined;
      if (isSettled && (memory.isAway || standing.isUnready))
        return recover(this.#context, { environment, memory, commit: reading.commit });
      return { environment, outcome: { kind: 'unchanged' }, drifted: 0 };
    }
    this.#running.add(environment);
    return bounded((signal) => pass(this.#context, { reading, standing, memory, signal }), {
      limitMs: passMs,
      patienceMs,
      impatient: elsewhere,
      expired: () => {
        backOff(this.#context, memory);
        return fail(this.#context, { environment, memory, isHolder: true }, failed(timedOut(environment, passMs)));
      },
      ended: () => this.#running.delete(environment),
    });
  }

  #fail(environment: string, outcome: Outcome & { kind: 'failed' }, isAway = false): Promise<EnvironmentPass> {
    return fail(this.#context, { environment, memory: this.#memoryOf(environment), isAway }, outcome);
  }

  /** Its conditions are its owner's to write. */
  async #refuse(environment: string, owner: string): Promise<EnvironmentPass> {
    const outcome = failed(claimed(environment, owner));
    const memory = this.#memoryOf(environment);
    if (memory.failure !== outcome.message) this.#options.log.warn({ environment, owner }, 'environment claimed');
    memory.failure = outcome.message;
    return { environment, outcome, drifted: 0 };
  }

  #memoryOf(environment: string): Memory {
    const known = this.#memories.get(environment) ?? freshMemory();
    this.#memories.set(environment, known);
    return known;
  }
}

/** Timers of Node hold no more. */
const timerMsMax = 2 ** 31 - 1;

/** `late`: the time is over, and nothing was heard. */
async function wakeBy(watch: Watch, signal: AbortSignal, ms: number): Promise<'changed' | 'due' | 'stopped' | 'late'> {
  if (ms <= 0) return 'late';
  if (ms > timerMsMax) return watch.next(signal);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ms);
  try {
    const wake = await watch.next(AbortSignal.any([signal, late.signal]));
    return wake === 'stopped' && late.signal.aborted && !signal.aborted ? 'late' : wake;
  } finally {
    clearTimeout(timer);
  }
}
