import { isPawlError } from '../errors.ts';
import type { Json } from '../manifest/json.ts';
import { evaluateCondition, type Scope as Expressions } from '../manifest/expression.ts';
import { evaluateTemplates } from '../manifest/template.ts';
import { runAgent } from './agent.ts';
import { drained, type NewWait, type RunEnd, type RunError } from './executor.ts';
import { firedEdges, firedSources, lastNodes, next, type NodeState } from './graph.ts';
import { Halted, type HaltReason, haltReasonOf, StepFailure, Suspended } from './halt.ts';
import { type Scope, subjectOf, timeoutMsOf } from './scope.ts';
import { step } from './step.ts';
import { ancestorsOf } from './view.ts';

/** How an execution came to its end: written by the caller. `lost` is not: another worker owns the run. */
export type Execution = RunEnd | { readonly kind: 'lost' };

/**
 * Executes a run from its start. Everything between calls is deterministic and calls that the journal knows are
 * answered from it, so that a run which was interrupted anywhere comes to the same place again and goes on from there.
 */
export async function execute(scope: Scope): Promise<Execution> {
  const graph = new GraphRun(scope);
  await graph.advance();
  return graph.end();
}

type NodeEnd = { readonly node: string } & (
  | { readonly kind: 'done'; readonly output: Json; readonly fired: readonly number[] }
  | { readonly kind: 'suspended'; readonly waits: readonly NewWait[] }
  | { readonly kind: 'halted'; readonly reason: HaltReason }
  | { readonly kind: 'failed'; readonly error: RunError }
);

class GraphRun {
  readonly #scope: Scope;
  readonly #state = new Map<string, NodeState>();
  readonly #running = new Map<string, Promise<NodeEnd>>();
  readonly #waits: NewWait[] = [];
  #failure: RunError | undefined;
  #halt: HaltReason | undefined;

  constructor(scope: Scope) {
    const outer = scope.closing;
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

  end(): Execution {
    const halt = haltReasonOf(this.#scope.signal) ?? this.#halt;
    if (halt === 'lost') return { kind: 'lost' };
    // Before a failure: calls that are given up fail, and that is not why the run ended.
    if (halt === 'cancelled')
      return { kind: 'cancelled', error: { code: 'run.cancelled', message: 'The run was cancelled.' } };
    if (halt === 'overdue') {
      return { kind: 'timedOut', error: { code: 'run.deadline', message: 'The run was not done within its timeout.' } };
    }
    if (this.#failure !== undefined) return { kind: 'failed', error: this.#failure };
    if (halt === 'drained') return { kind: 'cancelled', error: drained };
    if (halt !== undefined) return { kind: 'released' };
    if (this.#waits.length > 0) return { kind: 'waiting', waits: this.#waits };
    return this.#output();
  }

  #startReady(): void {
    const { ready, skipped } = next(this.#scope.content, this.#state);
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
        this.#failure ??= end.error;
        break;
    }
  }

  async #runNode(node: string): Promise<NodeEnd> {
    try {
      const output = await runNode(node, { scope: this.#scope, input: this.#input(node) });
      return { kind: 'done', node, output, fired: this.#fired(node, output) };
    } catch (cause) {
      if (cause instanceof Halted) return { kind: 'halted', node, reason: cause.reason };
      if (cause instanceof Suspended) return { kind: 'suspended', node, waits: cause.waits };
      this.#scope.report(cause);
      return { kind: 'failed', node, error: { node, ...errorOf(cause) } };
    }
  }

  /** Its own expressions; else the run's input at an entry, the one output that led here, or all of them by name. */
  #input(node: string): Json {
    const { content, run } = this.#scope;
    const template = content.nodes[node]?.input;
    if (template !== undefined) return evaluateTemplates(template, this.#view(this.#outputs(node)));
    const sources = firedSources(content, this.#state, node);
    const [first] = sources;
    if (first === undefined) return run.input;
    const outputs = this.#outputs(node);
    if (sources.length === 1) return outputs[first]?.output ?? null;
    return Object.fromEntries(sources.map((source) => [source, outputs[source]?.output ?? null]));
  }

  #fired(name: string, output: Json): readonly number[] {
    const node = this.#scope.content.nodes[name];
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
    return { input: this.#scope.run.input, nodes, run: { id, namespace, system, environment, revision } };
  }

  /** Only nodes on a way to this one: what another branch has done by now differs from one execution to the next. */
  #outputs(node?: string): Readonly<Record<string, { readonly output: Json }>> {
    const names = node === undefined ? Object.keys(this.#scope.content.nodes) : ancestorsOf(this.#scope.content, node);
    const outputs: Record<string, { readonly output: Json }> = {};
    for (const name of names) {
      const state = this.#state.get(name);
      if (state?.kind === 'done') outputs[name] = { output: state.output };
    }
    return outputs;
  }

  #output(): Execution {
    const { content } = this.#scope;
    try {
      const outputs = this.#outputs();
      if (content.output !== undefined) {
        return { kind: 'succeeded', output: evaluateTemplates(content.output, this.#view(outputs)) };
      }
      const last = lastNodes(content, this.#state);
      return {
        kind: 'succeeded',
        output: Object.fromEntries(last.map((name) => [name, outputs[name]?.output ?? null])),
      };
    } catch (cause) {
      return { kind: 'failed', error: errorOf(cause) };
    }
  }
}

async function runNode(name: string, { scope, input }: { readonly scope: Scope; readonly input: Json }): Promise<Json> {
  const node = scope.content.nodes[name];
  if (node?.kind === 'agent')
    return withTimeout(name, scope, (signal) => runAgent({ node: name, input, signal }, scope));
  const path = `${name}/1`;
  const call = { kind: 'tool', node: name, path, name: node?.tool ?? '', arguments: JSON.stringify(input) } as const;
  const result = await step({ ...call, signal: scope.signal }, scope);
  if (result.kind === 'done') return result.output;
  if (result.kind === 'failed')
    throw new StepFailure({ code: result.error.code, message: result.error.message, node: name, path });
  throw new StepFailure({ code: result.reason, message: result.message, node: name, path });
}

/** Gives an agent the time that its limits leave after the calls that earlier owners of the run made for it. */
async function withTimeout(node: string, scope: Scope, work: (signal: AbortSignal) => Promise<Json>): Promise<Json> {
  const timeoutMs = timeoutMsOf(scope, subjectOf(scope.content, node));
  // Without a row of rules the gate refuses the first call, and says so.
  if (timeoutMs === undefined) return work(scope.signal);
  const timer = new AbortController();
  const message = `The step took longer than its ${timeoutMs} ms.`;
  const limit = setTimeout(() => timer.abort(), Math.max(0, timeoutMs - spentMs(node, scope)));
  try {
    return await work(AbortSignal.any([scope.signal, timer.signal]));
  } catch (cause) {
    const isOver = timer.signal.aborted && !(cause instanceof Halted);
    throw isOver ? new StepFailure({ code: 'limit.timeout', message, node }) : cause;
  } finally {
    clearTimeout(limit);
  }
}

function spentMs(node: string, { journal }: Scope): number {
  let spent = 0;
  for (const { intent, result } of journal.calls()) {
    if (intent?.node === node && result !== undefined) spent += Math.max(0, result.atMs - intent.atMs);
  }
  return spent;
}

function errorOf(cause: unknown): RunError {
  if (cause instanceof StepFailure) return cause.error;
  if (isPawlError(cause)) return { code: cause.code, message: cause.message };
  // The text of a foreign error may quote contents; it is in the worker's log.
  return {
    code: 'run.failed',
    message: 'The execution failed for a reason that pawl has no name for; the worker logged it.',
  };
}
