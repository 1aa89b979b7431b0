import type { BundleGraph, BundleNode } from '../manifest/bundle.ts';
import { isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';

/** A list has at most so many entries (`each.too_many`), whatever is known of it. */
const itemsMax = 10_000;
/** Turns of a cycle that nothing else bounds. */
const turnsMax = 10_000;

/** How often each node of a graph may run in one run at most: lists, turns, attempts, reviews, reports and cycles. */
export function stepTimes(graph: BundleGraph): ReadonlyMap<string, bigint> {
  const times = new Map<string, bigint>();
  const cycles = headersOf(graph).map((header) => reachedFrom(header, graph));
  const turns = BigInt(graph.limits.maxTurns ?? turnsMax);
  for (const [name, node] of Object.entries(graph.nodes)) {
    const around = cycles.filter((reached) => reached.has(name)).length;
    times.set(name, timesOf(node, graph) * turns ** BigInt(around));
  }
  for (const [name, { delegates = [] }] of Object.entries(graph.nodes)) {
    for (const delegate of delegates) {
      times.set(delegate, (times.get(delegate) ?? 1n) * (times.get(name) ?? 1n));
    }
  }
  return times;
}

function timesOf({ forEach, loop, retry, review, delegates }: BundleNode, { input }: BundleGraph): bigint {
  const factors = [
    forEach === undefined ? 1 : entriesMax(forEach, input.schema),
    loop?.maxTurns ?? 1,
    retry?.maxAttempts ?? 1,
    (review?.maxCycles ?? 0) + 1,
    delegates === undefined ? 1 : 2,
  ];
  return factors.reduce((all, factor) => all * BigInt(factor), 1n);
}

/** What the schema of the input says of the list, where it is the input or a field of it: no run begins with a longer one. */
function entriesMax(forEach: string, schema: JsonObject | undefined): number {
  const [root, ...fields] = forEach.trim().split('.');
  if (root !== 'input' || !fields.every((field) => /^[A-Za-z_]\w*$/.test(field))) return itemsMax;
  let at: Json | undefined = schema;
  for (const field of fields) {
    const properties: Json | undefined = isJsonObject(at) ? own(at, 'properties') : undefined;
    at = isJsonObject(properties) ? own(properties, field) : undefined;
  }
  const maxItems = isJsonObject(at) ? own(at, 'maxItems') : undefined;
  return typeof maxItems === 'number' ? Math.min(itemsMax, maxItems) : itemsMax;
}

function headersOf({ nodes }: BundleGraph): readonly string[] {
  const headers = Object.values(nodes).flatMap(({ edges, onError }) => [
    ...edges.flatMap(({ to, back }) => (back === true ? [to] : [])),
    ...(typeof onError === 'object' && onError.back === true ? [onError.goto] : []),
  ]);
  return [...new Set(headers)];
}

/** The header and all that it leads to, which takes part in its turns at most. */
function reachedFrom(header: string, { nodes }: BundleGraph): ReadonlySet<string> {
  const reached = new Set([header]);
  for (const name of reached) {
    const { edges = [], onError, delegates = [] } = nodes[name] ?? {};
    for (const { to } of edges) reached.add(to);
    if (typeof onError === 'object') reached.add(onError.goto);
    for (const delegate of delegates) reached.add(delegate);
  }
  return reached;
}
