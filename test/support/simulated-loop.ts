import { seeded } from './seeded.ts';

const real = { setTimeout, clearTimeout, setImmediate, clearImmediate };
const { random } = Math;

export type ProcessState = 'running' | 'paused' | 'dead';

/** What belongs to one process: when it is killed nothing of it goes on, when it is stopped everything waits. */
export class SimulatedProcess {
  readonly name: string;
  state: ProcessState = 'running';

  constructor(name: string) {
    this.name = name;
  }
}

interface Event {
  readonly at: number;
  readonly order: number;
  /** The process in which it happens; undefined: in the world between them. */
  readonly process: SimulatedProcess | undefined;
  /** Timers and immediates of a process come in their order; answers from outside in any. */
  readonly source: 'timer' | 'immediate' | 'outside';
  readonly label: string;
  readonly happen: () => void;
}

export interface LoopLimits {
  readonly events: number;
  readonly untilMs: number;
}

/**
 * The event loops of some processes and the world between them, under one clock that moves only when nothing is left
 * to do. What comes next is drawn from a seed. While it runs, timers, `performance.now` and `Math.random` of this
 * process are its own: whoever sets a timer belongs to the process in which the event that made it happened.
 */
export class SimulatedLoop {
  readonly random: () => number;
  /** Called before each event; may kill, stop or wake processes. */
  before: (label: string, process: SimulatedProcess | undefined) => void = () => undefined;
  happened = 0;
  now = 0;
  /** Folded over what happened: two plays of one seed have the same. */
  trace = 0;
  readonly #events: Event[] = [];
  #current: SimulatedProcess | undefined;
  #order = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  /** One of `count`. */
  pick(count: number): number {
    return Math.floor(this.random() * count);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** Makes something happen, in a process or between them. */
  later(event: {
    readonly inMs: number;
    readonly label: string;
    readonly process?: SimulatedProcess | undefined;
    readonly happen: () => void;
  }): void {
    const { inMs, label, process, happen } = event;
    this.#add({ at: this.now + inMs, source: 'outside', process, label, happen });
  }

  /** Lets what is there happen until `isDone`; says what stopped it. */
  async run(isDone: () => boolean, limits: LoopLimits): Promise<'done' | 'idle' | 'limit'> {
    this.#install();
    const { stackTraceLimit } = Error;
    // Thousands of lost connections a second: nobody reads where each was made.
    Error.stackTraceLimit = 0;
    try {
      for (;;) {
        // Whatever the last event set free is done before the next: all of it are microtasks of one process.
        await new Promise<void>((resolve) => void real.setImmediate(resolve));
        if (isDone()) return 'done';
        if (this.happened >= limits.events || this.now > limits.untilMs) return 'limit';
        const event = this.#next();
        if (event === undefined) return 'idle';
        this.#happen(event);
      }
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
      uninstall();
    }
  }

  #happen(event: Event): void {
    this.#current = undefined;
    this.before(event.label, event.process);
    if (event.process?.state === 'dead') return;
    if (event.process?.state === 'paused') {
      this.#events.push(event);
      return;
    }
    this.happened += 1;
    this.trace = hash(this.trace, `${event.label} ${event.process?.name ?? ''} ${this.now}`);
    this.#current = event.process;
    event.happen();
  }

  /** Of everything that is due, in any order but for timers and immediates of one process. */
  #next(): Event | undefined {
    let soonest = Number.POSITIVE_INFINITY;
    for (const { at, process } of this.#events) if (process?.state !== 'paused' && at < soonest) soonest = at;
    if (soonest === Number.POSITIVE_INFINITY) return undefined;
    this.now = Math.max(this.now, soonest);
    const due: Event[] = [];
    const firsts = new Map<string, Event>();
    for (const event of this.#events) {
      if (event.at > this.now || event.process?.state === 'paused') continue;
      if (event.source === 'outside') due.push(event);
      else {
        const queue = `${event.source} ${event.process?.name}`;
        const first = firsts.get(queue);
        if (first === undefined || isBefore(event, first)) firsts.set(queue, event);
      }
    }
    due.push(...firsts.values());
    const event = due[this.pick(due.length)];
    if (event !== undefined) this.#drop(event);
    return event;
  }

  #drop(event: Event | undefined): void {
    const at = event === undefined ? -1 : this.#events.indexOf(event);
    const last = at === -1 ? undefined : this.#events.pop();
    if (last !== undefined && last !== event) this.#events[at] = last;
  }

  #add(event: Omit<Event, 'order'>): Event {
    const added = { ...event, order: (this.#order += 1) };
    this.#events.push(added);
    return added;
  }

  #install(): void {
    const set = (source: 'timer' | 'immediate', inMs: number, happen: () => void) => {
      const event = this.#add({ at: this.now + inMs, source, process: this.#current, label: source, happen });
      return handleOf(event);
    };
    const clear = (handle: unknown) => {
      if (typeof handle === 'object' && handle !== null) this.#drop(events.get(handle));
    };
    const timer = (work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
      set('timer', Math.max(1, ms), () => work(...args));
    const immediate = (work: (...args: unknown[]) => void, ...args: unknown[]) =>
      set('immediate', 0, () => work(...args));
    Object.assign(globalThis, { setTimeout: timer, clearTimeout: clear });
    Object.assign(globalThis, { setImmediate: immediate, clearImmediate: clear });
    Object.assign(performance, { now: () => this.now });
    Math.random = this.random;
  }
}

const events = new WeakMap<object, Event>();

function handleOf(event: Event): object {
  const handle = { ref: () => handle, unref: () => handle, hasRef: () => true };
  events.set(handle, event);
  return handle;
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

function uninstall(): void {
  Object.assign(globalThis, real);
  // What hid the prototype's own.
  Reflect.deleteProperty(performance, 'now');
  Math.random = random;
}

/** FNV-1a. */
function hash(start: number, text: string): number {
  let value = start;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 16_777_619) >>> 0;
  return value;
}
