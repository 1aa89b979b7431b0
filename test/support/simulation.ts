import type { Bus, Listener } from '../../src/bus/bus.ts';
import { RetryableError } from '../../src/errors.ts';
import { Worker } from '../../src/run/worker.ts';
import { MemoryExecutor, type Travel } from './memory-executor.ts';
import { endedStates, type MemoryRun } from './memory-rows.ts';
import { MemoryStore } from './memory-store.ts';
import { authorityOf, silent, system } from './runs.ts';
import { SimulatedMemories, withSessions } from './simulated-memories.ts';
import { SimulatedLoop, SimulatedProcess } from './simulated-loop.ts';
import { outputOf, SimulatedWorld } from './simulated-world.ts';
import { answerTo } from './simulation-people.ts';
import { type Faults, noFaults, type Schedule } from './simulation-schedule.ts';
import { callOf, Watch } from './simulation-watch.ts';

export interface Played {
  readonly runs: readonly MemoryRun[];
  readonly world: SimulatedWorld;
  readonly violations: readonly string[];
  readonly events: number;
  readonly trace: number;
}

const leaseMs = 1_200;
const statementMs = 25;
/** After that nothing goes wrong any more, and every run has to come to its end. */
const faultyMs = 12_000;
const limits = { events: 60_000, untilMs: 900_000 };
const killsMax = 12;

/** Plays one schedule: real workers, real execution and group commit; store, clock, wire and world from the seed. */
export async function simulate(schedule: Schedule): Promise<Played> {
  const simulation = new Simulation(schedule);
  return simulation.play();
}

class Simulation {
  readonly #schedule: Schedule;
  readonly #loop: SimulatedLoop;
  readonly #store: MemoryStore;
  readonly #world: SimulatedWorld;
  readonly #memories = new SimulatedMemories();
  readonly #watch: Watch;
  readonly #workers = new Map<SimulatedProcess, Worker>();
  readonly #listeners = new Map<Listener, SimulatedProcess>();
  #started = 0;
  #kills = 0;
  #isOver = false;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#loop = new SimulatedLoop(schedule.seed);
    const { crashesMax = 1_000, fenced = true } = schedule;
    this.#store = new MemoryStore({ clock: () => this.#loop.now, crashesMax, fenced });
    this.#watch = new Watch(this.#store);
    this.#world = new SimulatedWorld({
      loop: this.#loop,
      agents: schedule.graph.agents,
      faults: () => {
        const { modelAway, toolAnswerLost } = this.#faults();
        return { modelAway, answerLost: toolAnswerLost };
      },
      begun: (call) => this.#watch.begun(call),
    });
    this.#loop.before = (_label, process) => this.#strike(process);
  }

  async play(): Promise<Played> {
    const { graph, runs, workers, hand, budgets = [] } = this.#schedule;
    const loop = this.#loop;
    this.#store.install(graph.bundle, withSessions(authorityOf(graph.bundle, { budgets }), graph.bundle));
    this.#watch.budgets = budgets;
    const submitted = Array.from({ length: runs }, (_, index) =>
      this.#store.submit({
        id: `00000000-0000-4000-8000-00000000000${index}`,
        input: { run: index },
        session: `session ${index}`,
      }),
    );
    for (let index = 0; index < workers; index += 1)
      loop.later({ inMs: loop.pick(50), label: 'begin', happen: () => this.#begin() });
    if (hand !== undefined)
      loop.later({ inMs: loop.pick(1_500), label: hand, happen: () => this.#lay(hand, submitted) });
    this.#everySecond();
    const isOver = () => submitted.every(({ state }) => endedStates.has(state));
    const stopped = await loop.run(isOver, limits);
    if (stopped !== 'done')
      this.#watch.complain(`after ${loop.now} ms (${stopped}): ${submitted.map(shown).join('; ')}`);
    else await this.#end();
    this.#watch.judge(submitted, this.#world);
    this.#judgeSessions(submitted);
    const { violations } = this.#watch;
    return { runs: submitted, world: this.#world, violations, events: loop.happened, trace: loop.trace };
  }

  /** What the journal calls remembered is kept once, whatever died when. */
  #judgeSessions(runs: readonly MemoryRun[]): void {
    for (const { id, steps } of runs) {
      for (const { path, node, phase, outcome } of steps) {
        if (phase !== 'result' || outcome !== 'done' || !path.endsWith('/remembered')) continue;
        const kept = this.#memories.exchangesOf(id, node);
        if (kept !== 1) this.#watch.complain(`${path} of run ${id} is remembered ${kept} times`);
      }
    }
  }

  /** Every worker that lives can be stopped, and gives back its lease. */
  async #end(): Promise<void> {
    this.#isOver = true;
    const living = [...this.#workers].filter(([{ state }]) => state !== 'dead');
    const stopped = new Set<SimulatedProcess>();
    for (const [process, worker] of living) {
      const happen = () => void worker.stop().then(() => stopped.add(process));
      this.#loop.later({ inMs: 0, label: 'stop', process, happen });
    }
    const isOver = () => living.every(([process]) => process.state === 'dead' || stopped.has(process));
    const until = { events: this.#loop.happened + 5_000, untilMs: this.#loop.now + 120_000 };
    if ((await this.#loop.run(isOver, until)) !== 'done') this.#watch.complain('a worker did not stop');
  }

  #faults(): Faults {
    return this.#isOver || this.#loop.now >= faultyMs ? noFaults : this.#schedule.faults;
  }

  #begin(): void {
    const process = new SimulatedProcess(`w${(this.#started += 1)}`);
    const worker = new Worker({
      executor: new MemoryExecutor(this.#store, { leaseMs, travel: this.#travel(process) }),
      bus: this.#bus(process),
      log: silent,
      secrets: () => Promise.resolve({ kind: 'unread', reason: 'env_missing', why: 'a simulation has none' }),
      outside: this.#world.seenFrom(process),
      memories: this.#memories.seenFrom(this.#travel(process)),
      slots: 1 + this.#loop.pick(4),
      host: process.name,
      version: '0',
      leaseMs,
      graceMs: 200,
    });
    this.#workers.set(process, worker);
    // A start that failed ends the process, as it ends `pawl worker`; whoever runs it starts another.
    const start = () => void worker.start().catch(() => this.#kill(process));
    this.#loop.later({ inMs: 0, label: 'start', process, happen: start });
  }

  #strike(process: SimulatedProcess | undefined): void {
    const { killAt } = this.#schedule;
    if (process?.state !== 'running' || this.#isOver) return;
    if (killAt === this.#loop.happened && process.name === 'w1') return this.#kill(process);
    const { crash, pause } = this.#faults();
    if (crash > 0 && this.#kills < killsMax && this.#loop.chance(crash)) this.#kill(process);
    else if (pause > 0 && this.#loop.chance(pause)) this.#pause(process);
  }

  /** Nothing of the process goes on; the server sees its sessions end soon after. */
  #kill(process: SimulatedProcess): void {
    if (process.state === 'dead') return;
    process.state = 'dead';
    this.#kills += 1;
    for (const [listener, owner] of this.#listeners) if (owner === process) this.#listeners.delete(listener);
    this.#loop.later({ inMs: this.#loop.pick(40), label: 'session gone', happen: () => this.#cut(process) });
    this.#loop.later({ inMs: this.#loop.pick(2_000), label: 'restart', happen: () => this.#begin() });
  }

  #pause(process: SimulatedProcess): void {
    process.state = 'paused';
    const wake = () => {
      if (process.state === 'paused') process.state = 'running';
    };
    this.#loop.later({ inMs: this.#loop.pick(3 * leaseMs), label: 'wake', happen: wake });
  }

  #cut(process: SimulatedProcess): void {
    for (const worker of this.#store.workers.values()) {
      if (worker.identity.host === process.name) worker.alive = false;
    }
  }

  #everySecond(): void {
    const happen = () => {
      for (const process of this.#workers.keys()) {
        if (process.state !== 'dead' && this.#loop.chance(this.#faults().cut)) this.#cut(process);
      }
      this.#answer();
      this.#everySecond();
    };
    this.#loop.later({ inMs: 1_000, label: 'second', happen });
  }

  /** People answer, while the run waits and while it goes on in other branches, and now and then more than once. */
  #answer(): void {
    for (const run of this.#store.runs.values()) {
      for (const wait of run.waits.values()) {
        const answer = this.#loop.chance(0.3) ? undefined : answerTo(wait, this.#loop.chance(0.5) ? 'ada' : 'grace');
        if (answer !== undefined) this.#store.answer(run.id, wait.path, answer);
      }
      this.#resolve(run);
    }
  }

  /** A person looks what became of a call, once nothing of it can be under way any more. */
  #resolve(run: MemoryRun): void {
    for (const wait of run.waits.values()) {
      if (run.state !== 'Waiting' || wait.kind !== 'unknown' || wait.resolved) continue;
      const { key, tool, args } = callOf(run, wait.path);
      if (this.#loop.now - wait.createdAt < 3 * leaseMs || (this.#world.underWay.get(key) ?? 0) > 0) continue;
      const output = outputOf({ name: tool.replace('default/', '') }, args);
      this.#store.resolve(run.id, wait.path, this.#world.has(key) ? { done: output } : 'again');
    }
  }

  #lay(hand: NonNullable<Schedule['hand']>, [first]: readonly MemoryRun[]): void {
    const { bundle } = this.#schedule.graph;
    if (hand === 'cancel' && first !== undefined) this.#store.cancel(first.id);
    else if (hand === 'drain' && first !== undefined) this.#store.drain(first.id);
    else if (hand === 'remove') this.#store.remove(system);
    else if (hand === 'tighten') {
      const authority = withSessions(authorityOf(bundle, { deny: ['pay'] }), bundle);
      const revision = this.#store.install(bundle, authority);
      this.#watch.denied = { tool: 'default/pay', revision };
    } else if (hand === 'stop') this.#stopOne();
  }

  /** Asks a worker to end, as SIGTERM does; another takes its place. */
  #stopOne(): void {
    const [[process, worker] = []] = this.#workers;
    if (process === undefined || worker === undefined) return;
    const end = () =>
      void worker.stop().then(
        () => this.#kill(process),
        () => this.#kill(process),
      );
    this.#loop.later({ inMs: 0, label: 'stop', process, happen: end });
  }

  #bus(process: SimulatedProcess): Bus {
    return {
      notify: async (_channel, payload) => {
        for (const [listener, owner] of this.#listeners) {
          if (this.#loop.chance(this.#faults().wakeUpLost)) continue;
          const happen = () => listener(payload);
          this.#loop.later({ inMs: this.#loop.pick(statementMs), label: 'wake-up', process: owner, happen });
        }
      },
      listen: async (_channel, listener) => {
        this.#listeners.set(listener, process);
        return async () => void this.#listeners.delete(listener);
      },
    };
  }

  /** A statement goes to the server and its answer comes back; each may be lost by itself. */
  #travel(process: SimulatedProcess): Travel {
    return (label, work) =>
      new Promise((resolve, reject) => {
        const loop = this.#loop;
        const faults = this.#faults();
        const isLost = loop.chance(faults.requestLost);
        const isLate = loop.chance(faults.late);
        const isUnanswered = loop.chance(faults.answerLost);
        const back = (happen: () => void) =>
          loop.later({ inMs: loop.pick(statementMs), label: `answer to ${label}`, process, happen });
        const gone = () => reject(new RetryableError('The connection was lost.', { code: 'store.unavailable' }));
        const arrive = () => {
          // The server may not see a statement of a process that has just died.
          if (isLost || (process.state === 'dead' && loop.chance(0.5))) return;
          try {
            const result = work();
            if (label === 'enlist' && process.state === 'dead') this.#cut(process);
            if (!isLate) back(isUnanswered ? gone : () => resolve(result));
          } catch (cause) {
            back(() => reject(cause instanceof Error ? cause : new Error(String(cause))));
          }
        };
        loop.later({ inMs: loop.pick(statementMs) + (isLate ? loop.pick(3 * leaseMs) : 0), label, happen: arrive });
        if (isLost || isLate) back(gone);
      });
  }
}

function shown(run: MemoryRun): string {
  const waits = Array.from(
    run.waits.values(),
    ({ path, kind, resolved }) => `${path} ${kind}${resolved ? ' resolved' : ''}`,
  );
  return `run ${run.id.slice(-1)} is ${run.state}, fence ${run.fence}, waits for ${waits.join(', ') || 'nothing'}`;
}
