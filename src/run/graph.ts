import type { BundleGraph } from '../manifest/bundle.ts';
import type { Json } from '../manifest/json.ts';
import { type Activation, type End, historyOf, type Left, type Source, without } from './activation.ts';
import { type Look, meet, neededBy, toleratesFailure, type Verdict } from './join.ts';
import { type Cycle, endTarget, type Wire, type WiredNode, type Wiring, wiringOf } from './wiring.ts';

// How a graph moves. A node is idle, running, or settled: done, failed in a way that the graph goes on from, or skipped. A wire is decided when its source is settled and no cycle that it leaves can
// go round again; it has then fired, failed or died. A node starts when its join says so of its wires, and is skipped
// when none of them can fire any more.
//
// A cycle goes round when a wire back to its header fired and all that the turn started is at rest: the header and what
// it dominates become idle in the next turn, and the header starts. Nothing else leads into that region, so that what
// happens in a turn comes out of outputs alone. Only the order of arrival at a join that does not wait for all is left
// to time: what such a join saw is told from outside when it is known already.

interface NodeState {
  /** How often it was started. */
  runs: number;
  /** Undefined while it is idle. */
  now: Activation | undefined;
  /** The last one that was done. */
  last: Activation | undefined;
  /** Wires that fired, in order, of a join that does not wait for all. */
  readonly arrived: Wire[];
}

interface CycleState {
  /** Turns begun since something outside led to the header. */
  turns: number;
  /** Activations of the region under way. */
  active: number;
  /** It does not go round again. */
  final: boolean;
}

interface Latch {
  readonly kind: 'fired' | 'failed';
  readonly by: Activation;
}

/** Turns of a cycle where nothing else bounds them; validation asks for a bound. */
const turnsMax = 10_000;

export class GraphState {
  readonly #graph: BundleGraph;
  readonly #wiring: Wiring;
  readonly #joined: (node: string, turn: number) => readonly string[] | undefined;
  readonly #nodes = new Map<string, NodeState>();
  readonly #cycles = new Map<Cycle, CycleState>();
  readonly #latches = new Map<Wire, Latch>();
  readonly #ready: Activation[] = [];
  readonly #changed: string[] = [];

  /** `joined`: the sources that a join which does not wait for all saw in an earlier execution. */
  constructor(graph: BundleGraph, joined: (node: string, turn: number) => readonly string[] | undefined) {
    this.#graph = graph;
    this.#wiring = wiringOf(graph);
    this.#joined = joined;
    for (const name of this.#wiring.nodes.keys()) {
      this.#nodes.set(name, { runs: 0, now: undefined, last: undefined, arrived: [] });
    }
    for (const cycle of this.#wiring.cycles) this.#cycles.set(cycle, { turns: 1, active: 0, final: false });
    for (const entry of graph.entries) this.#start(this.#wired(entry), { fired: [] });
  }

  /** Activations to start now; each is given once. */
  take(): readonly Activation[] {
    return this.#ready.splice(0);
  }

  /** The cycle that would take too many turns if these wires of a node fired, by its header. */
  overTurns(name: string, fired: readonly (number | 'goto')[]): string | undefined {
    const over = this.#wired(name).out.find((wire) => fired.includes(wire.edge) && this.#isOver(wire));
    return over?.to;
  }

  /** An activation came to its end: what hangs on it is ready, or skipped, or begins another turn. */
  end(activation: Activation, end: Exclude<End, { kind: 'skipped' }>): void {
    const { out } = this.#wired(activation.node);
    // Where reaching the bound succeeds, the branch ends there.
    const over = out.filter((wire) => this.#isOver(wire));
    this.#settle(activation, over.length === 0 ? end : without(end, new Set(over.map(({ edge }) => edge))));
    this.#move();
  }

  /** The last output of every node that has one. */
  outputs(): Readonly<Record<string, { readonly output: Json }>> {
    const outputs: Record<string, { readonly output: Json }> = {};
    for (const [name, { last }] of this.#nodes)
      if (last?.end?.kind === 'done') outputs[name] = { output: last.end.output };
    return outputs;
  }

  /** Whether every node is done, skipped or failed for good. */
  isSettled(): boolean {
    for (const { now } of this.#nodes.values()) if (now?.end === undefined) return false;
    return true;
  }

  /** Nodes whose last output was handed on to no other: what a run without an `output` expression gives back. */
  lastNodes(): readonly string[] {
    const names: string[] = [];
    for (const [name, { last }] of this.#nodes) {
      if (last?.end?.kind !== 'done') continue;
      const edges = this.#graph.nodes[name]?.edges;
      if (last.end.fired.every((edge) => edges?.[edge]?.to === endTarget)) names.push(name);
    }
    return names;
  }

  #isOver({ begins }: Wire): boolean {
    return begins !== undefined && this.#cycle(begins).turns >= (this.#graph.limits.maxTurns ?? turnsMax);
  }

  #settle(activation: Activation, end: End): void {
    const { name, out, around } = this.#wired(activation.node);
    const state = this.#node(name);
    activation.end = end;
    if (end.kind === 'done') state.last = activation;
    for (const cycle of around) this.#cycle(cycle).active -= 1;
    for (const wire of out) {
      const kind = this.#outcome(wire, end);
      const known = this.#latches.get(wire);
      if (kind !== 'dead' && (kind === 'fired' || known === undefined))
        this.#latches.set(wire, { kind, by: activation });
      if (wire.begins === undefined) this.#changed.push(wire.to);
      else this.#finalise(wire.begins);
    }
  }

  /** What the end of a node means for one of its wires. */
  #outcome({ to, edge, begins }: Wire, end: End): 'fired' | 'failed' | 'dead' {
    if (end.kind === 'skipped') return 'dead';
    const isFired = (end.fired as readonly (number | 'goto')[]).includes(edge);
    if (end.kind === 'done' || edge === 'goto' || begins !== undefined) return isFired ? 'fired' : 'dead';
    // A join that can do without counts a failed input as missing, though its node says that the graph goes on.
    if (toleratesFailure(this.#graph.nodes[to])) return 'failed';
    return isFired ? 'fired' : 'dead';
  }

  /** A cycle whose every wire back is decided and did not fire never goes round again: what waited for it goes on. */
  #finalise(cycle: Cycle): void {
    const state = this.#cycle(cycle);
    if (state.final || cycle.backs.some((wire) => this.#look(wire) !== 'dead')) return;
    state.final = true;
    for (const { to, begins } of cycle.awaiting) {
      if (begins === undefined) this.#changed.push(to);
      else this.#finalise(begins);
    }
  }

  #look(wire: Wire): Look {
    if (this.#node(wire.from).now?.end === undefined) return 'open';
    if (wire.leaves.some((cycle) => !this.#cycle(cycle).final)) return 'open';
    const latch = this.#latches.get(wire);
    if (latch?.kind === 'fired') return 'fired';
    return wire.exits.some((cycle) => !this.#cycle(cycle).final) ? 'open' : (latch?.kind ?? 'dead');
  }

  /** Until nothing moves: nodes first, then the innermost cycle that can go round. */
  #move(): void {
    for (;;) {
      for (const name of this.#changed) this.#consider(name);
      this.#changed.length = 0;
      const cycle = this.#wiring.cycles.find((one) => this.#goesRound(one));
      if (cycle === undefined) return;
      this.#turn(cycle);
    }
  }

  #goesRound(cycle: Cycle): boolean {
    return this.#cycle(cycle).active === 0 && cycle.backs.some((wire) => this.#look(wire) === 'fired');
  }

  #consider(name: string): void {
    const wired = this.#wired(name);
    if (this.#node(name).now !== undefined) return;
    const { runs, arrived } = this.#node(name);
    const verdict = meet({
      node: wired.node,
      into: wired.into,
      look: (wire) => this.#look(wire),
      arrived,
      known: () => this.#joined(name, runs + 1),
    });
    if (verdict.kind === 'start') this.#start(wired, verdict);
    else if (verdict.kind === 'skip') this.#skip(wired);
  }

  #start(
    { name, node, into, around }: WiredNode,
    { fired, unreached }: Omit<Extract<Verdict, { readonly kind: 'start' }>, 'kind'>,
  ): void {
    const state = this.#node(name);
    const races = neededBy(node, into.length) !== undefined;
    const seen = races ? fired : into;
    state.runs += 1;
    const activation = {
      node: name,
      turn: state.runs,
      sources: this.#sourcesOf(fired),
      saw: this.#sawOf(seen),
      earlier: undefined,
      races,
      unreached,
    };
    state.now = activation;
    for (const cycle of around) this.#cycle(cycle).active += 1;
    this.#ready.push(activation);
  }

  #sourcesOf(wires: readonly Wire[]): Source[] {
    const sources: Source[] = [];
    for (const wire of wires) {
      const end = this.#latches.get(wire)?.by.end;
      if (end !== undefined) sources.push({ node: wire.from, end });
    }
    return sources;
  }

  #sawOf(wires: readonly Wire[]): Activation[] {
    const saw: Activation[] = [];
    for (const wire of wires) {
      const { now } = this.#node(wire.from);
      const by = this.#latches.get(wire)?.by;
      if (now !== undefined) saw.push(now);
      if (by !== undefined && by !== now) saw.push(by);
    }
    return saw;
  }

  #skip(wired: WiredNode): void {
    const { name, into, around } = wired;
    const state = this.#node(name);
    const saw = this.#sawOf(into);
    const none = { sources: [], earlier: undefined, races: false, unreached: undefined };
    state.now = { node: name, turn: state.runs, saw, ...none };
    for (const cycle of around) this.#cycle(cycle).active += 1;
    this.#settle(state.now, { kind: 'skipped' });
  }

  /** The header and all that it dominates become idle again, and the header starts with what led back to it. */
  #turn(cycle: Cycle): void {
    const { header, region, backs } = cycle;
    const before = this.#node(header).now;
    const sources = this.#sourcesOf(backs.filter((wire) => this.#look(wire) === 'fired'));
    const earlier = this.#leftBy(cycle, before);
    for (const name of region) this.#reset(name, cycle);
    for (const inner of this.#wiring.cycles) {
      if (!region.has(inner.header)) continue;
      const state = this.#cycle(inner);
      state.turns = inner === cycle ? state.turns + 1 : 1;
      state.final = false;
    }
    const state = this.#node(header);
    state.runs += 1;
    const rest = { saw: [], earlier, races: false, unreached: undefined };
    const activation = { node: header, turn: state.runs, sources, ...rest };
    state.now = activation;
    for (const around of this.#wired(header).around) this.#cycle(around).active += 1;
    this.#ready.push(activation);
  }

  #leftBy({ region }: Cycle, before: Activation | undefined): Left {
    const left = new Map(before === undefined ? [] : historyOf(before));
    for (const name of region) {
      const last = this.#nodes.get(name)?.last;
      if (last?.end?.kind === 'done') left.set(name, { turn: last.turn, output: last.end.output });
    }
    return left;
  }

  #reset(name: string, cycle: Cycle): void {
    const state = this.#node(name);
    state.now = undefined;
    state.arrived.length = 0;
    for (const wire of this.#wired(name).out) {
      // What leaves the cycle, or one around it, has fired if it did in any of the turns.
      if (!wire.leaves.some(({ region }) => region.has(cycle.header))) this.#latches.delete(wire);
    }
  }

  #wired(name: string): WiredNode {
    const wired = this.#wiring.nodes.get(name);
    if (wired === undefined) throw new TypeError(`no entry leads to node ${name}`);
    return wired;
  }

  #node(name: string): NodeState {
    const state = this.#nodes.get(name);
    if (state === undefined) throw new TypeError(`no entry leads to node ${name}`);
    return state;
  }

  #cycle(cycle: Cycle): CycleState {
    const state = this.#cycles.get(cycle);
    if (state === undefined) throw new TypeError(`the graph has no cycle of ${cycle.header}`);
    return state;
  }
}
