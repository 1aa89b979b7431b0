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
    const { plane, log, passesAtOnce = passesAtOnceDefault } = this.#options;
    let readings: readonly EnvironmentReading[];
    let standings: ReadonlyMap<string, Standing>;
    try {
      if (fetch) await plane.repository.fetch();
      readings = await readEachEnvironment(plane.repository);
      this.#known = readings.map(({ name }) => name);
      standings = await this.#standings(this.#known);
    } catch (error) {
      // Source trouble is not emptiness: what is live stays, and each environment says why it does not move.
      const outcome = failed(error);
      if (this.#known.length === 0)
        log.warn({ code: outcome.code, reason: outcome.message }, 'the repository cannot be read');
      return eachAtMost(passesAtOnce, this.#known, (name) => this.#fail(name, outcome, true));
    }
    return eachAtMost(passesAtOnce, readings, (reading) => this.#look(reading, standings.get(reading.name)));
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

  /** Environments that are new here are claimed; whoever claimed them before keeps them. */
  async #standings(names: readonly string[]): Promise<ReadonlyMap<string, Standing>> {
    const { database, source } = this.#options.plane;
    const found = await readStandings(database.db, names);
    const fresh = names.filter((name) => !found.has(name));
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
      if (memory.isAway) return recover(this.#context, { environment, memory, commit: reading.commit });
      return { environment, outcome: { kind: 'unchanged' }, drifted: 0 };
    }
    this.#running.add(environment);
    return bounded((signal) => pass(this.#context, { reading, standing, memory, signal }), {
      limitMs: passMs,
      patienceMs,
      impatient: elsewhere,
      expired: () => {
        backOff(this.#context, memory);
        return this.#fail(environment, failed(timedOut(environment, passMs)));
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
