import { flowOf } from '../../graph-cycle.ts';
import { readGraph } from '../../graph-model.ts';
import type { JsonObject } from '../../json.ts';
import { didYouMean } from '../../nearest.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { agentSystemFields } from './agent-system-fields.ts';
import { contextNode } from './context-node.ts';
import { withInputs } from './graph-input.ts';
import { graphNodes } from './graph-nodes.ts';
import { completionReview } from './graph-review.ts';
import { fullerInboxes } from './graph-round.ts';
import { orlojVersions } from './orloj-metadata.ts';
import { nameKey } from './orloj-name.ts';
import { type RouteGraph, routeGraphOf } from './route-graph.ts';
import { nodeRetry } from './task-retry.ts';
import { tasksOf } from './task-use.ts';
import { longestWay, turnLimits, wayLengths } from './turn-limit.ts';
import { writtenText } from './written-text.ts';

/** Agents and the ways between them. */
export const agentSystem: ForeignKind = {
  kind: 'AgentSystem',
  apiVersions: orlojVersions,
  fields: agentSystemFields,
  rules,
  fate: { fate: 'mapped', becomes: 'AgentSystem', convert },
};

/** What Orloj says of a system beyond single fields, when it takes it or starts it. */
function rules(document: ForeignDocument): void {
  const { spec } = document;
  const graph = routeGraphOf(document);
  if (graph.nodes.size === 0)
    return spec.get('agents').refuse({ code: 'import.schema', message: 'The system names no agent.' });
  const listed = new Set(
    spec
      .get('agents')
      .items()
      .map((node) => nameKey(writtenText(node))),
  );
  const demand = (name: string, node: ForeignNode): void => {
    if (listed.has(name)) return;
    const message = `\`${shownText(name)}\` is not among \`spec.agents\`.`;
    const help = didYouMean(name, [...listed]);
    node.refuse({ code: 'import.schema', message, ...(help === undefined ? {} : { help }) });
  };
  for (const [key, { body, node, routes, delegates }] of graph.nodes) {
    demand(key, body.exists ? body : node);
    for (const { to, node: at } of [...routes, ...delegates]) demand(to, at);
    checkDefaults(body.get('edges').items());
  }
  checkCheckpoints(spec, graph);
}

function checkDefaults(edges: readonly ForeignNode[]): void {
  const defaults = edges.map((edge) => edge.at('condition', 'default')).filter(({ value }) => value === true);
  for (const node of defaults.slice(1))
    node.refuse({ code: 'import.schema', message: 'A node has one default edge at most.' });
  for (const edge of edges) {
    const condition = edge.get('condition');
    if (condition.get('default').value !== true || condition.entries().length === 1) continue;
    condition.refuse({ code: 'import.schema', message: '`default` stands alone in its condition.' });
  }
}

function checkCheckpoints(spec: ForeignNode, { nodes }: RouteGraph): void {
  const reviews = [...nodes.values()].map(({ body }) => body.get('review'));
  const seen = new Set<unknown>();
  for (const review of [...reviews, spec.get('completion_review')]) {
    const id = review.get('checkpoint_id');
    if (typeof id.value !== 'string') continue;
    if (seen.has(id.value))
      id.refuse({ code: 'import.schema', message: `Another review has the id \`${shownText(id.value)}\`.` });
    seen.add(id.value);
  }
}

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  document.markRead(['spec', 'agents']);
  const routes = routeGraphOf(document);
  const tasks = tasksOf(document, conversion.estate);
  const context = contextNode(spec.get('context_adapter'), conversion);
  const nodes = graphNodes(routes, { conversion, context, retry: nodeRetry(tasks) });
  completionReview(spec.get('completion_review'), { routes, bodies: nodes.bodies });
  const graph = nodes.graph();
  const flow = flowOf(
    readGraph({ graph }, () => undefined),
    () => undefined,
  );
  if (!flow.reducible)
    spec.get('graph').refuse({
      message:
        'A cycle can be entered at more than one of its agents, so that pawl cannot tell which edge begins another round.',
      help: 'Let one agent of it decide who is next, with edges to the others, and let these lead back to it alone.',
    });
  const limits = routes.isCyclic
    ? turnLimits(document, tasks, wayLengths(flow))
    : acyclicLimits(tasks, longestWay(flow));
  refuseA2a(spec.get('a2a'));
  sayMeaning(spec, routes);
  if (flow.reducible) sayInboxes(spec.get('graph'), fullerInboxes(flow));
  conversion.become(
    document,
    given({
      roles: context?.roles.length === 0 ? undefined : context?.roles,
      graph: withInputs(graph, { flow, context }),
      limits: { ...limits, timeout: timeoutDefault },
    }),
  );
}

const timeoutDefault = '30m';

/** A limit of steps ends a branch even where nothing goes round. */
function acyclicLimits(tasks: readonly ForeignNode[], longest: number): JsonObject {
  for (const task of tasks) {
    const node = task.get('max_turns');
    if (typeof node.value !== 'number' || node.value === 0) continue;
    if (node.value >= longest) {
      node.ignore(`The system has no cycle, and no way through it is longer than ${longest} steps.`);
      continue;
    }
    const message = `Orloj ends the task after ${node.value} steps, and the longest way through the system has ${longest}.`;
    node.refuse({ message, help: 'Shorten the graph, or remove `max_turns`.' });
  }
  return {};
}

function refuseA2a(a2a: ForeignNode): void {
  const enabled = a2a.get('enabled');
  a2a.get('auth').text();
  if (enabled.boolean() !== true) return;
  enabled.drop({
    message: 'pawl serves agents over A2A, and no systems: the system is not exposed.',
    help: 'Set `expose: {a2a: true}` at an Agent and name it in an agent Gateway.',
  });
}

function sayMeaning(spec: ForeignNode, { isAssumed, nodes, entries }: RouteGraph): void {
  const at = spec.get('graph').exists ? spec.get('graph') : spec.get('agents');
  const timeout = `Orloj has no limit of time for a task; here a run may take ${timeoutDefault}.`;
  at.flag('import.default_limit', timeout);
  const [first = ''] = entries;
  const name = shownText(nodes.get(first)?.name ?? first);
  if (isAssumed)
    at.flag('import.assumed', `Every agent follows another: \`${name}\`, the first of \`agents\`, is taken to start.`);
  if (nodes.size < 2) return;
  const message = spec.get('graph').exists
    ? 'The graph means what it means where Orloj passes messages between agents; in its sequential mode it would run the agents one after the other, without conditions and joins.'
    : 'Without a graph the agents follow each other as they are listed.';
  at.flag('import.graph', message);
}

function sayInboxes(graph: ForeignNode, names: readonly string[]): void {
  if (names.length === 0) return;
  const shown = names.map((name) => `\`${name}\``).join(', ');
  graph.flag(
    'import.graph',
    `Orloj shows an agent what was handed over to it alone. Here the \`inbox\` of ${shown} shows the last answer of each agent that leads there, even one of an earlier round, or whose edge was not taken.`,
  );
}
