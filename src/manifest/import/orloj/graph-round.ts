import type { Flow } from '../../graph-cycle.ts';
import type { Edge } from '../../graph-model.ts';
import { GraphOrder } from '../../graph-order.ts';
import { contextName, startName } from './graph-nodes.ts';
import { reachable } from '../reachable.ts';

/**
 * Nodes that read more in their `inbox` than what was handed over to them: several lead there, and one of them may have
 * answered in an earlier round, or have taken another of its edges. Only asked about graphs without irreducible cycles.
 */
export function fullerInboxes(flow: Flow): readonly string[] {
  const order = new GraphOrder(flow, false);
  const names = [...flow.graph.nodes.keys()];
  return names.filter((name) => {
    const into = (flow.graph.nodes.get(name)?.into ?? []).filter(
      ({ from }) => ![contextName, startName].includes(from),
    );
    if (into.length < 2) return false;
    if (!into.every(isSure)) return true;
    const around = reachedFrom(name, { flow, takes: () => true });
    if (!around.has(name)) return false;
    const always = reachedFrom(name, { flow, takes: isSure });
    return !into.every((edge) => {
      if (!around.has(edge.from)) return false;
      return flow.back.has(edge) ? always.has(edge.from) : order.availability(edge.from, { node: name }) === 'certain';
    });
  });
}

function isSure({ when, isDefault, kind }: Edge): boolean {
  return when === undefined && !isDefault && kind !== 'onError';
}

interface Walk {
  readonly flow: Flow;
  readonly takes: (edge: Edge) => boolean;
}

/** What edges lead to from a node; the node itself where they lead back to it. */
function reachedFrom(start: string, { flow, takes }: Walk): ReadonlySet<string> {
  const targetsOf = (name: string): readonly string[] =>
    (flow.graph.nodes.get(name)?.out ?? []).filter(takes).map(({ to }) => to);
  return reachable(targetsOf(start), targetsOf);
}
