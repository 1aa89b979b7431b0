/** Which nodes lie on every way to a node, seen from the roots. */
export interface Dominators {
  /** Reachable nodes, each before what it leads to but for edges that go back. */
  readonly order: readonly string[];
  /** The last node that every way to a node passes; undefined: several ways from the roots share none. */
  readonly immediate: ReadonlyMap<string, string | undefined>;
  /** Whether every way from the roots to `node` passes `by`; a node dominates itself. False for what is unreachable. */
  readonly dominates: (by: string, node: string) => boolean;
}

/**
 * Dominators by Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001): an iteration in reverse
 * postorder, which on graphs without irreducible cycles ends after two rounds. The roots hang on one node above them.
 */
export function dominatorsOf(roots: readonly string[], successors: (node: string) => readonly string[]): Dominators {
  const order = reversePostorder(roots, successors);
  const place = new Map(order.map((node, index) => [node, index + 1]));
  const before: number[][] = Array.from({ length: order.length + 1 }, () => []);
  for (const node of order) {
    for (const next of successors(node)) before[place.get(next) ?? 0]?.push(place.get(node) ?? 0);
  }
  for (const root of roots) before[place.get(root) ?? 0]?.push(top);
  const parents = fixpoint(before);
  const { opened, closed } = intervals(parents);
  const immediate = new Map(order.map((node, index) => [node, order[(parents[index + 1] ?? top) - 1]]));
  const dominates = (by: string, node: string): boolean => {
    const [a, b] = [place.get(by), place.get(node)];
    if (a === undefined || b === undefined) return false;
    return (opened[a] ?? 0) <= (opened[b] ?? 0) && (closed[b] ?? 0) <= (closed[a] ?? 0);
  };
  return { order, immediate, dominates };
}

/** The node above the roots; the others are counted from 1 in reverse postorder. */
const top = 0;

/** Depth first, without recursion: a chain of a thousand nodes is a thousand levels. */
function reversePostorder(roots: readonly string[], successors: (node: string) => readonly string[]): string[] {
  const seen = new Set<string>();
  const finished: string[] = [];
  for (const root of roots) {
    const stack = seen.has(root) ? [] : [{ node: root, left: [...successors(root)].reverse() }];
    seen.add(root);
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const next = frame.left.pop();
      if (next === undefined) {
        finished.push(frame.node);
        stack.pop();
      } else if (!seen.has(next)) {
        seen.add(next);
        stack.push({ node: next, left: [...successors(next)].reverse() });
      }
    }
  }
  return finished.reverse();
}

function fixpoint(before: readonly (readonly number[])[]): Int32Array {
  const parents = new Int32Array(before.length).fill(-1);
  parents[top] = top;
  const meet = (a: number, b: number): number => {
    let [left, right] = [a, b];
    while (left !== right) {
      if (left > right) left = parents[left] ?? top;
      else right = parents[right] ?? top;
    }
    return left;
  };
  for (let moved = true; moved; ) {
    moved = false;
    for (let node = 1; node < before.length; node += 1) {
      let parent = -1;
      for (const earlier of before[node] ?? []) {
        if (parents[earlier] === -1) continue;
        parent = parent === -1 ? earlier : meet(parent, earlier);
      }
      if (parents[node] === parent) continue;
      parents[node] = parent;
      moved = true;
    }
  }
  return parents;
}

/** When a walk of the tree enters and leaves each node: a node is below another if its interval is inside. */
function intervals(parents: Int32Array): { opened: Int32Array; closed: Int32Array } {
  const sizes = new Int32Array(parents.length).fill(1);
  // A parent comes before its children in reverse postorder, so that counting backwards meets children first.
  for (let node = parents.length - 1; node > top; node -= 1) {
    const parent = parents[node] ?? top;
    sizes[parent] = (sizes[parent] ?? 0) + (sizes[node] ?? 0);
  }
  const opened = new Int32Array(parents.length);
  const closed = new Int32Array(parents.length);
  const free = new Int32Array(parents.length);
  closed[top] = sizes[top] ?? 0;
  free[top] = 1;
  for (let node = 1; node < parents.length; node += 1) {
    const parent = parents[node] ?? top;
    const start = free[parent] ?? 0;
    opened[node] = start;
    free[node] = start + 1;
    free[parent] = start + (sizes[node] ?? 0);
    closed[node] = start + (sizes[node] ?? 0);
  }
  return { opened, closed };
}
