import type { BundleGraph } from '../manifest/bundle.ts';
import { evaluateCondition, type Scope as Expressions } from '../manifest/expression.ts';
import type { Json } from '../manifest/json.ts';
import { evaluateTemplates } from '../manifest/template.ts';
import type { NewWait } from './executor.ts';
import { firedEdges, firedSources, lastNodes, next, type NodeState } from './graph.ts';
import { Halted, type HaltReason, StepFailure, Suspended } from './halt.ts';
import { runNode } from './node.ts';
import type { NodeStart, OwnValues } from './node-start.ts';
import type { Scope } from './scope.ts';
import { ancestorsOf } from './view.ts';

/** One graph in execution: the run's own, or that of a system that a node names. */
export interface Frame {
  readonly graph: BundleGraph;
  /** `namespace/name` of the AgentSystem that the graph is of. */
  readonly system: string;
  /** What every place of the graph begins with: empty, or `outer>` (see place.ts). */
  readonly prefix: string;
  readonly input: Json;
}

/**
 * Runs a graph from its entries to its end and gives its output. Throws what stopped it: `Halted` before a failure,
 * a failure before `Suspended`, so that nothing waits in a graph that has failed.
 */
export async function runGraph(frame: Frame, scope: Scope): Promise<Json> {
  const graph = new GraphRun(frame, scope);
  await graph.advance();
  return graph.end();
}

type NodeEnd = { readonly node: string } & (
  | { readonly kind: 'done'; readonly output: Json; readonly fired: readonly number[] }
  | { readonly kind: 'suspended'; readonly waits: readonly NewWait[] }
  | { readonly kind: 'halted'; readonly reason: HaltReason }
  | { readonly kind: 'failed'; readonly cause: unknown }
);

class GraphRun {
  readonly #frame: Frame;
  readonly #scope: Scope;
  readonly #state = new Map<string, NodeState>();
  readonly #running = new Map<string, Promise<NodeEnd>>();
  readonly #waits: NewWait[] = [];
  #failure: { readonly cause: unknown } | undefined;
  #halt: HaltReason | undefined;

  constructor(frame: Frame, scope: Scope) {
    const outer = scope.closing;
    this.#frame = frame;
    // When one branch fails, the others make no new call; those under way come to their end.
    this.#scope = { ...scope, closing: () => outer() ?? (this.#failure === undefined ? undefined : 'failing') };
  }

  /** Starts what is ready, waits for one node to come to an end, and so on until nothing moves. */
  async advance(): Promise<void> {
    for (;;) {
      if (this.#failure === undefined && this.#halt === undefined) this.#startReady();
      if (this.#running.size === 0) return;
      this.#finish(await Promise.race(this.#running.values()));
    }
  }

  end(): Json {
    if (this.#failure !== undefined) throw this.#failure.cause;
    if (this.#halt !== undefined) throw new Halted(this.#halt);
    if (this.#waits.length > 0) throw new Suspended(this.#waits);
    return this.#output();
  }

  #startReady(): void {
    const { ready, skipped } = next(this.#frame.graph, this.#state);
    for (const node of skipped) this.#state.set(node, { kind: 'skipped' });
    // A run whose last step is done ends as it would have: there is nothing left to stop.
    if (ready.length > 0 && this.#scope.drained()) {
      this.#halt = 'drained';
      return;
    }
    for (const node of ready) {
      this.#state.set(node, { kind: 'started' });
      this.#running.set(node, this.#runNode(node));
    }
  }

  #finish(end: NodeEnd): void {
    this.#running.delete(end.node);
    switch (end.kind) {
      case 'done':
        this.#state.set(end.node, { kind: 'done', output: end.output, fired: end.fired });
        break;
      case 'suspended':
        this.#waits.push(...end.waits);
        break;
      case 'halted':
        if (end.reason !== 'failing') this.#halt ??= end.reason;
        break;
      case 'failed':
        this.#failure ??= { cause: end.cause };
        break;
    }
  }

  async #runNode(node: string): Promise<NodeEnd> {
    try {
      const { system, prefix } = this.#frame;
      const place = `${prefix}${node}`;
      const output = await runNode(this.#start(node, { system, place }), this.#scope);
      return { kind: 'done', node, output, fired: this.#fired(node, output) };
    } catch (cause) {
      if (cause instanceof Halted) return { kind: 'halted', node, reason: cause.reason };
      if (cause instanceof Suspended) return { kind: 'suspended', node, waits: cause.waits };
      return { kind: 'failed', node, cause };
    }
  }

  #start(name: string, at: { readonly system: string; readonly place: string }): NodeStart {
    const node = this.#frame.graph.nodes[name];
    if (node === undefined) throw new TypeError(`the graph has no node ${name}`);
    const view = (own: OwnValues): Expressions => ({ ...this.#view(this.#outputs(name)), ...own });
    return { node, ...at, given: this.#given(name), own: {}, view };
  }

  /** The graph's input at an entry, the one output that led here, or all of them by name. */
  #given(node: string): Json {
    const { graph, input } = this.#frame;
    const sources = firedSources(graph, this.#state, node);
    const [first] = sources;
    if (first === undefined) return input;
    const outputs = this.#outputs(node);
    if (sources.length === 1) return outputs[first]?.output ?? null;
    return Object.fromEntries(sources.map((source) => [source, outputs[source]?.output ?? null]));
  }

  #fired(name: string, output: Json): readonly number[] {
    const node = this.#frame.graph.nodes[name];
    if (node === undefined) return [];
    const view = { ...this.#view({ ...this.#outputs(name), [name]: { output } }), output };
    const fired = firedEdges(node, (when) => evaluateCondition(when, view));
    if (fired !== undefined) return fired;
    const message = `No edge of node ${name} fires: every condition is false and there is no default.`;
    throw new StepFailure({ code: 'edge.no_match', message, node: name });
  }

  /** What expressions read. */
  #view(nodes: Expressions['nodes']): Expressions {
    const { id, namespace, system, environment, revision } = this.#scope.run;
    return { input: this.#frame.input, nodes, run: { id, namespace, system, environment, revision } };
  }

  /** Only nodes on a way to this one: what another branch has done by now differs from one execution to the next. */
  #outputs(node?: string): Readonly<Record<string, { readonly output: Json }>> {
    const { graph } = this.#frame;
    const names = node === undefined ? Object.keys(graph.nodes) : ancestorsOf(graph, node);
    const outputs: Record<string, { readonly output: Json }> = {};
    for (const name of names) {
      const state = this.#state.get(name);
      if (state?.kind === 'done') outputs[name] = { output: state.output };
    }
    return outputs;
  }

  #output(): Json {
    const { graph } = this.#frame;
    const outputs = this.#outputs();
    if (graph.output !== undefined) return evaluateTemplates(graph.output, this.#view(outputs));
    const last = lastNodes(graph, this.#state);
    return Object.fromEntries(last.map((name) => [name, outputs[name]?.output ?? null]));
  }
}
