import type { Bundle, BundleGraph, BundleNode } from '../manifest/bundle.ts';
import { own } from '../manifest/json.ts';
import type { Caller } from './caller.ts';

// A place is one execution of one node, and the first part of the path of each of its calls. It is written so that the
// same place comes out of every execution of a run, whatever ran beside it:
//
//   place  = step ( ( ">" | ":" ) step )*   `outer>inner`: node `inner` of the system that node `outer` names;
//                                           `lead:helper`: what its delegate `helper` does for this one of `lead`
//   step   = node mark* hand*
//   mark   = "#" n                          the n-th time that a cycle came to the node, from 2
//          | "[" i "]"                      item i of `forEach`, from 0
//          | "@" n                          turn n of `loop`, from 2
//          | "@r" n                         cycle n of `review`, from 2
//          | "@d2"                          once more, with the reports of its `delegates`
//          | "!" n                          attempt n of `retry`, from 2
//   hand   = "^" turn "." index "." name    the agent that was called under that name, in that call
//
// The paths of calls are `place/turn` for a model and `place/turn.index` for a tool, both with `~n` for attempt n.

/** The name of the node that a step of a place executes. */
export function nodeOf(step: string): string {
  return step.replace(/[#[@!^].*$/s, '');
}

/** The steps of a place from the outermost one; of a node and its delegates only the one that works. */
export function stepsOf(place: string): readonly string[] {
  return place.split('>').map((step) => step.slice(step.lastIndexOf(':') + 1));
}

/** Whether a place is this one or inside of it: a mark, a hand, a delegate or a node of a nested system. */
export function isWithin(place: string, outer: string): boolean {
  return place === outer || (place.startsWith(outer) && /^[#[@!^:>]/.test(place.slice(outer.length)));
}

/** The place itself, and each that it is inside of. */
export function outerPlaces(place: string): readonly string[] {
  const outer = Array.from(place.matchAll(/[#[@!^:>]/g), ({ index }) => place.slice(0, index));
  return [...outer, place];
}

/** One execution of a nested system that a place is inside of. */
export interface Nesting {
  readonly place: string;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly graph: BundleGraph;
}

/** The nested systems that a place is inside of, from the outermost. */
export function nestingOf(bundle: Bundle, place: string): readonly Nesting[] {
  const found: Nesting[] = [];
  let graph: BundleGraph = bundle;
  for (let end = place.indexOf('>'); end !== -1; end = place.indexOf('>', end + 1)) {
    const outer = place.slice(0, end);
    const node = own(graph.nodes, nodeOf(stepsOf(outer).at(-1) ?? ''));
    const inner = node?.kind === 'system' ? own(bundle.systems, node.system) : undefined;
    if (node?.kind !== 'system' || inner === undefined) break;
    found.push({ place: outer, system: node.system, graph: inner });
    graph = inner;
  }
  return found;
}

/** The node that a place executes, in the graph that it stands in; undefined: the bundle has none. */
export function nodeAt(bundle: Bundle, place: string): BundleNode | undefined {
  const steps = stepsOf(place);
  const nesting = nestingOf(bundle, place);
  if (nesting.length < steps.length - 1) return undefined;
  return own((nesting.at(-1)?.graph ?? bundle).nodes, nodeOf(steps.at(-1) ?? ''));
}

/** The nodes of the run's own graph that a place is an execution of, or inside of. */
export function outerNodesOf(place: string): readonly string[] {
  const [outermost = ''] = place.split('>');
  return outermost.split(':').map(nodeOf);
}

/** Who makes the calls of a place; a place of another bundle is the run's own system's. */
export function callerAt(bundle: Bundle, place: string): Caller {
  const { system, agents } = callersAt(bundle, place);
  const agent = agents.at(-1);
  return agent === undefined ? { kind: 'system', system } : { kind: 'agent', agent };
}

/** The agents that handed on the work of a place, from the one that the node names; none for work of its own. */
export function handersOf(bundle: Bundle, place: string): readonly string[] {
  return callersAt(bundle, place).agents.slice(0, -1);
}

/** The node's agent, and those that the work was handed to one after the other. */
function callersAt(bundle: Bundle, place: string): { readonly system: string; readonly agents: readonly string[] } {
  let graph: BundleGraph | undefined = bundle;
  let system = bundle.system;
  const steps = stepsOf(place);
  for (const [index, step] of steps.entries()) {
    const node: BundleNode | undefined = own(graph?.nodes, nodeOf(step));
    if (node === undefined) break;
    if (node.kind === 'system' && index < steps.length - 1) {
      system = node.system;
      graph = own(bundle.systems, node.system);
      continue;
    }
    return { system, agents: node.kind === 'agent' ? handedTo(bundle, { agent: node.agent, step }) : [] };
  }
  return { system, agents: [] };
}

function handedTo(
  bundle: Bundle,
  { agent, step }: { readonly agent: string; readonly step: string },
): readonly string[] {
  const agents = [agent];
  for (const hand of step.split('^').slice(1)) {
    const [, name = ''] = /^\d+\.\d+\.([^#[@!^]+)/s.exec(hand) ?? [];
    const next = own(own(bundle.agents, agents.at(-1) ?? '')?.agents, name);
    if (next === undefined) break;
    agents.push(next.agent);
  }
  return agents;
}

/** The place of the agent that is called under a name, by the call that hands it the work. */
export function handedPlace(place: string, call: string, name: string): string {
  return `${place}^${call}.${name}`;
}

/** The execution of a node that a place belongs to, whoever works there. */
export function stepPlaceOf(place: string): string {
  const end = place.indexOf('^');
  return end === -1 ? place : place.slice(0, end);
}
