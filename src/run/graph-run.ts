import type { Scope as Expressions } from '../manifest/expression.ts';
import type { Json } from '../manifest/json.ts';
import { evaluateTemplates } from '../manifest/template.ts';
import type { Activation, End } from './activation.ts';
import type { NewWait } from './executor.ts';
import { failureSeen, joinSeen, recordFailure, recordJoin } from './fact.ts';
import { errorOf, handlingOf, isForLater, isOfStep } from './failure.ts';
import type { Frame } from './frame.ts';
import { causeSeen, type Failing, givenBy, recordCause, runOnFailure } from './given.ts';
import { GraphState } from './graph.ts';
import { Halted, type HaltReason, haltReasonOf, StepFailure, Suspended } from './halt.ts';
import { runNode } from './node.ts';
import type { Around, NodeStart, OwnValues } from './node-start.ts';
import type { Scope } from './scope.ts';
import { firedBy, firedWithout, nodesOf, type NodeOutputs } from './view.ts';

/**
 * Runs a graph from its entries to its end and gives its output. Throws what stopped it: `Halted` before a failure,
 * a failure before `Suspended`, so that nothing waits in a graph that has failed.
 */
export async function runGraph(frame: Frame, scope: Scope): Promise<Json> {
  const graph = new GraphRun(frame, scope);
  if (frame.graph.onFailure !== undefined) await graph.resumeFailure();
  await graph.advance();
  return graph.end();
}

type Ended =
  | { readonly kind: 'over'; readonly end: Exclude<End, { readonly kind: 'skipped' }> }
  | { readonly kind: 'suspended'; readonly waits: readonly NewWait[] }
  | { readonly kind: 'halted'; readonly reason: HaltReason }
  | { readonly kind: 'failed'; readonly cause: unknown };

class GraphRun {
  readonly #frame: Frame;
  readonly #outer: Scope;
  readonly #scope: Scope;
  readonly #state: GraphState;
  readonly #ended: { readonly activation: Activation; readonly ended: Ended }[] = [];
  readonly #waits: NewWait[] = [];
  #running = 0;
  #wake: () => void = () => undefined;
  #failure: { readonly cause: unknown } | undefined;
  #halt: HaltReason | undefined;

  constructor(frame: Frame, scope: Scope) {
    this.#frame = frame;
    this.#outer = scope;
    // When one branch fails, the others make no new call; those under way come to their end.
    this.#scope = { ...scope, closing: () => scope.closing() ?? (this.#failure === undefined ? undefined : 'failing') };
    this.#state = new GraphState(frame.graph, (node, turn) => joinSeen(scope.journal, this.#place(node, turn)));
  }

  /** Starts what is ready, waits for a node to come to an end, and so on until nothing moves. */
  async advance(): Promise<void> {
    for (;;) {
      if (this.#failure === undefined && this.#halt === undefined) this.#startReady();
      if (this.#running === 0) return;
      if (this.#ended.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
      for (const { activation, ended } of this.#ended.splice(0)) this.#finish(activation, ended);
    }
  }

  async end(): Promise<Json> {
    if (this.#failure !== undefined) return this.#fail(this.#failure.cause);
    if (this.#halt !== undefined) throw new Halted(this.#halt);
    if (this.#waits.length > 0) throw new Suspended(this.#waits);
    // Ending well with nodes that neither ran nor were skipped would lose work without a word.
    if (!this.#state.isSettled()) throw new Error('a graph came to rest with nodes that are undecided');
    return this.#output();
  }

  #place(node: string, turn: number): string {
    return `${this.#frame.prefix}${node}${turn === 1 ? '' : `#${turn}`}`;
  }

  #startReady(): void {
    const ready = this.#state.take();
    // A run whose last step is done ends as it would have: there is nothing left to stop.
    if (ready.length > 0 && this.#scope.drained()) {
      this.#halt = 'drained';
      return;
    }
    for (const activation of ready) {
      this.#running += 1;
      void this.#run(activation).then((ended) => {
        this.#ended.push({ activation, ended });
        this.#wake();
      });
    }
  }

  #finish(activation: Activation, ended: Ended): void {
    this.#running -= 1;
    switch (ended.kind) {
      case 'over':
        this.#over(activation, ended.end);
        break;
      case 'suspended':
        this.#waits.push(...ended.waits);
        break;
      case 'halted':
        if (ended.reason !== 'failing' || this.#outer.closing() === 'failing') this.#halt ??= ended.reason;
        break;
      case 'failed':
        this.#failure ??= { cause: ended.cause };
        break;
    }
  }

  #over(activation: Activation, end: Exclude<End, { readonly kind: 'skipped' }>): void {
    // In a graph that fails, nothing goes on from another failure.
    if (this.#failure !== undefined) return;
    const { limits } = this.#frame.graph;
    const header = limits.onLimit === 'succeed' ? undefined : this.#state.overTurns(activation.node, end.fired);
    if (header !== undefined) {
      const message = `The cycle of node ${header} would begin more than its ${limits.maxTurns ?? 0} turns.`;
      this.#failure = { cause: new StepFailure({ code: 'limit.turns', message, node: activation.node }) };
      return;
    }
    const place = this.#place(activation.node, activation.turn);
    if (end.kind === 'failed' && failureSeen(this.#scope.journal, place, 'end') === undefined) {
      recordFailure(this.#scope.journal, { place, fact: 'end' }, { error: end.error, body: null });
    }
    this.#state.end(activation, end);
  }

  async #run(activation: Activation): Promise<Ended> {
    try {
      const output = await this.#execute(activation);
      return { kind: 'over', end: { kind: 'done', output, fired: this.#fired(activation, output) } };
    } catch (cause) {
      if (cause instanceof Handled) return { kind: 'over', end: cause.end };
      // A call that is given up fails, and that is not why the run ends.
      const reason = cause instanceof Halted ? cause.reason : haltReasonOf(this.#scope.signal);
      if (reason !== undefined) return { kind: 'halted', reason };
      if (cause instanceof Suspended) return { kind: 'suspended', waits: cause.waits };
      return { kind: 'failed', cause };
    }
  }

  async #execute(activation: Activation): Promise<Json> {
    const start = this.#start(activation);
    const handling = handlingOf(start.node, this.#frame.graph);
    const known = handling === undefined ? undefined : failureSeen(this.#scope.journal, start.place, 'end');
    try {
      if (known !== undefined) throw new StepFailure(known.error);
      if (activation.unreached !== undefined) throw unreached(start.place, activation.unreached);
      if (activation.races) this.#join(activation, start.place);
      return await runNode(start, this.#scope);
    } catch (cause) {
      const isStopped = cause instanceof Halted || cause instanceof Suspended || this.#scope.signal.aborted;
      const error = errorOf(cause);
      if (isStopped || handling === undefined || !isOfStep(error)) throw cause;
      if (known === undefined) this.#scope.report(cause);
      const fired =
        handling === 'joins' ? [] : handling === 'goto' ? (['goto'] as const) : this.#failedEdges(activation);
      throw new Handled({ kind: 'failed', error, fired });
    }
  }

  /** What the join saw is known before anything follows from it. */
  #join({ sources }: Activation, place: string): void {
    if (joinSeen(this.#scope.journal, place) !== undefined) return;
    recordJoin(
      this.#scope.journal,
      place,
      sources.map(({ node }) => node),
    );
  }

  #start(activation: Activation): NodeStart {
    const { graph, system, input } = this.#frame;
    const node = graph.nodes[activation.node];
    if (node === undefined) throw new TypeError(`the graph has no node ${activation.node}`);
    const view = (own: OwnValues): Expressions => ({ ...this.#view(nodesOf(activation)), ...own });
    const place = this.#place(activation.node, activation.turn);
    return { node, system, place, given: givenBy(activation, input), own: {}, view, around: this.#around() };
  }

  #around(): Around {
    return { graph: this.#frame.graph, runNode, runGraph };
  }

  #fired(activation: Activation, output: Json): readonly number[] {
    const own = { [activation.node]: { output } };
    return firedBy(activation.node, this.#frame.graph, () => ({
      ...this.#view({ ...nodesOf(activation), ...own }),
      output,
    }));
  }

  #failedEdges(activation: Activation): readonly number[] {
    return firedWithout(activation.node, this.#frame.graph, () => this.#view(nodesOf(activation)));
  }

  /** What expressions read. */
  #view(nodes: NodeOutputs): Expressions {
    const { id, namespace, system, environment, revision } = this.#scope.run;
    return { input: this.#frame.input, nodes, run: { id, namespace, system, environment, revision } };
  }

  #output(): Json {
    const { graph } = this.#frame;
    const outputs = this.#state.outputs();
    if (graph.output !== undefined) return evaluateTemplates(graph.output, this.#view(outputs));
    return Object.fromEntries(this.#state.lastNodes().map((name) => [name, outputs[name]?.output ?? null]));
  }

  /** Runs the node of `onFailure`, and fails with what failed first. */
  async #fail(cause: unknown): Promise<never> {
    const failing = this.#onFailure();
    const isStopped = this.#outer.closing() === 'failing' || haltReasonOf(this.#scope.signal) !== undefined;
    if (failing === undefined || isStopped || isForLater(cause)) throw cause;
    const outputs = Object.entries(this.#state.outputs()).map(([name, { output }]) => [name, output] as const);
    const failed = { error: errorOf(cause), body: Object.fromEntries(outputs) };
    await runOnFailure(failing, recordCause(this.#scope.journal, failing.place, failed), this.#outer);
    throw cause;
  }

  #onFailure(): Failing | undefined {
    const { graph, system } = this.#frame;
    const node = graph.onFailure === undefined ? undefined : graph.nodes[graph.onFailure];
    if (graph.onFailure === undefined || node === undefined) return undefined;
    const place = this.#place(graph.onFailure, 1);
    return { node, system, place, around: this.#around(), view: (nodes) => this.#view(nodes) };
  }

  /** An earlier execution failed and went on to the node of `onFailure`: there is nothing left but that. */
  async resumeFailure(): Promise<void> {
    const failing = this.#onFailure();
    const failed = failing === undefined ? undefined : causeSeen(this.#scope.journal, failing.place);
    if (failing === undefined || failed === undefined) return;
    await runOnFailure(failing, failed, this.#outer);
    throw new StepFailure(failed.error);
  }
}

/** A failure that the graph goes on from. */
class Handled extends Error {
  readonly end: Extract<End, { readonly kind: 'failed' }>;

  constructor(end: Extract<End, { readonly kind: 'failed' }>) {
    super(end.error.message);
    this.name = 'Handled';
    this.end = end;
  }
}

function unreached(place: string, { arrived, needed }: NonNullable<Activation['unreached']>): StepFailure {
  const message = `Node ${place} joins ${needed} branches, and only ${arrived} of them arrived.`;
  return new StepFailure({ code: 'join.unreached', message, node: place });
}
