/**
 * Groups of nodes that lead to each other, each group after those that it leads to, its nodes in the order of `nodes`;
 * a node that nothing it leads to leads back to is a group of its own. Tarjan's algorithm without recursion.
 */
export function componentsOf(
  nodes: Iterable<string>,
  successors: (node: string) => readonly string[],
): readonly (readonly string[])[] {
  const all = [...nodes];
  const search = new Search(successors);
  for (const node of all) search.visit(node);
  const groups: string[][] = Array.from({ length: search.count }, () => []);
  for (const node of all) groups[search.groups.get(node) ?? -1]?.push(node);
  return groups;
}

interface Frame {
  readonly node: string;
  readonly next: readonly string[];
  at: number;
}

class Search {
  readonly groups = new Map<string, number>();
  count = 0;
  readonly #successors: (node: string) => readonly string[];
  readonly #found = new Map<string, number>();
  readonly #low = new Map<string, number>();
  readonly #open: string[] = [];

  constructor(successors: (node: string) => readonly string[]) {
    this.#successors = successors;
  }

  visit(root: string): void {
    if (this.#found.has(root)) return;
    const frames = [this.#enter(root)];
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const next = frame.next[frame.at];
      frame.at += 1;
      if (next === undefined) {
        frames.pop();
        this.#leave(frame.node);
        const above = frames.at(-1);
        if (above !== undefined) this.#lower(above.node, this.#low.get(frame.node));
      } else if (!this.#found.has(next)) frames.push(this.#enter(next));
      else if (!this.groups.has(next)) this.#lower(frame.node, this.#found.get(next));
    }
  }

  #enter(node: string): Frame {
    const number = this.#found.size;
    this.#found.set(node, number);
    this.#low.set(node, number);
    this.#open.push(node);
    return { node, next: this.#successors(node), at: 0 };
  }

  #lower(node: string, to: number | undefined): void {
    const low = this.#low.get(node);
    if (low !== undefined && to !== undefined && to < low) this.#low.set(node, to);
  }

  #leave(node: string): void {
    const number = this.#found.get(node) ?? -1;
    if (this.#low.get(node) !== number) return;
    for (let member = this.#open.pop(); member !== undefined; member = this.#open.pop()) {
      this.groups.set(member, this.count);
      if (member === node) break;
    }
    this.count += 1;
  }
}
