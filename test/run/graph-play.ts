import type { BundleGraph } from '../../src/manifest/bundle.ts';
import type { Json } from '../../src/manifest/json.ts';
import { type Activation, historyOf } from '../../src/run/activation.ts';
import { GraphState } from '../../src/run/graph.ts';

export interface PlayOptions {
  /** By place: what a join that does not wait for all saw before. */
  readonly joined?: Readonly<Record<string, readonly string[]>>;
}

/** A graph whose nodes end one by one, when they are told to; they are named by their places. */
export class Play {
  readonly state: GraphState;
  /** Every activation so far. */
  readonly started = new Map<string, Activation>();
  readonly #graph: BundleGraph;
  readonly #running = new Map<string, Activation>();

  constructor(graph: BundleGraph, { joined = {} }: PlayOptions = {}) {
    this.#graph = graph;
    this.state = new GraphState(graph, (node, turn) => joined[placeOf({ node, turn })]);
    this.#take();
  }

  running(): readonly string[] {
    return [...this.#running.keys()].sort();
  }

  places(): readonly string[] {
    return [...this.started.keys()].sort();
  }

  sources(place: string): readonly string[] | undefined {
    return this.started.get(place)?.sources.map(({ node }) => node);
  }

  /** The nodes whose outputs it may read. */
  reads(place: string): readonly string[] {
    const activation = this.started.get(place);
    return activation === undefined ? [] : [...historyOf(activation).keys()].sort();
  }

  /** What those outputs are. */
  readValues(place: string): Json {
    const activation = this.started.get(place);
    if (activation === undefined) return [];
    return Array.from(historyOf(activation), ([name, { turn, output }]) => [name, turn, output] as const).sort(
      ([a], [b]) => (a < b ? -1 : 1),
    );
  }

  /** Ends activations one after another, each with all of its edges. */
  end(...places: readonly string[]): void {
    for (const place of places) {
      const node = this.#activation(place).node;
      this.fire(place, ...(this.#graph.nodes[node]?.edges ?? []).keys());
    }
  }

  /** Ends one with these of its edges. */
  fire(place: string, ...fired: readonly number[]): void {
    this.done(place, place, fired);
  }

  done(place: string, output: Json, fired: readonly number[]): void {
    this.state.end(this.#over(place), { kind: 'done', output, fired });
    this.#take();
  }

  /** Fails one in a way that joins can do without. */
  fail(place: string): void {
    this.state.end(this.#over(place), { kind: 'failed', error: { code: 'tool.failed', message: place }, fired: [] });
    this.#take();
  }

  #over(place: string): Activation {
    const activation = this.#activation(place);
    this.#running.delete(place);
    return activation;
  }

  #activation(place: string): Activation {
    const activation = this.#running.get(place);
    if (activation === undefined) throw new Error(`${place} is not running; ${this.running().join(', ')} are`);
    return activation;
  }

  #take(): void {
    for (const activation of this.state.take()) {
      const place = placeOf(activation);
      if (this.started.has(place)) throw new Error(`${place} started twice`);
      this.started.set(place, activation);
      this.#running.set(place, activation);
    }
  }
}

export function placeOf({ node, turn }: Pick<Activation, 'node' | 'turn'>): string {
  return turn === 1 ? node : `${node}#${turn}`;
}
