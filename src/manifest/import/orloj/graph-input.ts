import type { Flow } from '../../graph-cycle.ts';
import { GraphOrder } from '../../graph-order.ts';
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { outputRead, quoted } from './cel-text.ts';
import type { ContextNode } from './context-node.ts';
import { contextName, startName } from './graph-nodes.ts';

interface Given {
  readonly flow: Flow;
  readonly context: ContextNode | undefined;
}

/**
 * The graph with what each agent is given: the input of the task, which all agents of Orloj see, and what the agents
 * before it answered. An agent that starts is given the input of the run as it is.
 */
export function withInputs(graph: JsonObject, { flow, context }: Given): JsonObject {
  const order = flow.reducible ? new GraphOrder(flow, false) : undefined;
  const written: Record<string, Json> = {};
  for (const [name, body] of Object.entries(graph)) {
    if (!isJsonObject(body)) continue;
    const input = body['agentRef'] === undefined ? undefined : inputOf(name, { flow, context, order });
    const { agentRef, ...others } = body;
    written[name] = agentRef === undefined ? body : { agentRef, ...(input === undefined ? {} : { input }), ...others };
  }
  return written;
}

interface Asking extends Given {
  readonly order: GraphOrder | undefined;
}

function inputOf(name: string, { flow, context, order }: Asking): Json | undefined {
  const input = expression(taskInput(context));
  const delegators = flow.delegators.get(name) ?? [];
  const [delegator] = delegators;
  if (delegator !== undefined)
    // What several hand over cannot be told apart by name: such a node is given what was handed over alone.
    return delegators.length > 1 ? undefined : { input, inbox: { from: delegator, content: maybe(delegator) } };
  const sources = (flow.graph.nodes.get(name)?.into ?? [])
    .map(({ from }) => from)
    .filter((from) => from !== startName && from !== contextName);
  const [source] = sources;
  if (source === undefined) return context?.passes === true ? input : undefined;
  const isSure = (from: string): boolean => order?.availability(from, { node: name }) === 'certain';
  const read = (from: string): string => (isSure(from) ? expression(outputRead(from)) : maybe(from));
  if (sources.length > 1) return { input, inbox: Object.fromEntries(sources.map((from) => [from, read(from)])) };
  return { input, inbox: { from: source, content: read(source) } };
}

/** What agents see of the input of the task. */
function taskInput(context: ContextNode | undefined): string {
  if (context === undefined) return 'input';
  const read = outputRead(contextName);
  return context.passes ? `${quoted(contextName)} in nodes ? ${read} : input` : read;
}

/** The output of a node that may have none. */
function maybe(name: string): string {
  return expression(`${quoted(name)} in nodes ? ${outputRead(name)} : null`);
}

function expression(text: string): string {
  return `\${ ${text} }`;
}
