import type { BundleGraph } from '../manifest/bundle.ts';

const ancestorsByBundle = new WeakMap<BundleGraph, Map<string, readonly string[]>>();

/** Nodes from which edges lead to `node`, however far. */
export function ancestorsOf(bundle: BundleGraph, node: string): readonly string[] {
  let known = ancestorsByBundle.get(bundle);
  if (known === undefined) {
    known = new Map();
    ancestorsByBundle.set(bundle, known);
  }
  let found = known.get(node);
  if (found === undefined) {
    found = walk(bundle, node);
    known.set(node, found);
  }
  return found;
}

function walk(bundle: BundleGraph, node: string): readonly string[] {
  const found = new Set<string>();
  const open = [...(bundle.nodes[node]?.from ?? [])];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    open.push(...(bundle.nodes[name]?.from ?? []));
  }
  return [...found].sort();
}
