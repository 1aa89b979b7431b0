/** Gives the same list for lists of the same members, so that what is worked out for one is known for all. */
export class Interned<T extends object> {
  readonly #root: Node<T> = { next: new Map(), list: undefined };

  of(list: readonly T[]): readonly T[] {
    let node = this.#root;
    for (const one of list) {
      let next = node.next.get(one);
      if (next === undefined) node.next.set(one, (next = { next: new Map(), list: undefined }));
      node = next;
    }
    return (node.list ??= list);
  }
}

interface Node<T> {
  readonly next: Map<T, Node<T>>;
  list: readonly T[] | undefined;
}
