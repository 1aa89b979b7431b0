import { leavesOut, type PolicyForm, type ToolForm } from './rule-form.ts';

type Asked = Pick<ToolForm, 'names' | 'operations'>;

/**
 * The first policy by address that denies a tool, found by the tool's name and operations and not by asking hundreds of
 * policies. Only those with a list of what is allowed are asked one by one: what they deny is everything else.
 */
export class Denials {
  readonly #policies: readonly PolicyForm[];
  readonly #byPath: ReadonlyMap<string, number>;
  readonly #byOperation: ReadonlyMap<string, number>;
  /** Of the first that denies every tool. */
  readonly #everything: number;
  readonly #allowing: readonly number[];

  /** By address. */
  constructor(policies: readonly PolicyForm[]) {
    const says = policies.map((policy, index) => ({ ...policy, index }));
    this.#policies = policies;
    this.#byPath = firstOf(says.flatMap(({ tools, index }) => under(tools?.deny.paths, index)));
    this.#byOperation = firstOf(says.flatMap(({ operations, index }) => under(operations, index)));
    this.#everything = says.find(({ tools }) => tools?.deny.all === true)?.index ?? Number.POSITIVE_INFINITY;
    this.#allowing = says.flatMap(({ tools, index }) => (tools?.allow === undefined ? [] : [index]));
  }

  of({ names, operations }: Asked): PolicyForm | undefined {
    let first = Math.min(...names.map((name) => this.#naming(name)));
    for (const operation of operations) first = Math.min(first, this.#byOperation.get(operation) ?? first);
    for (const index of this.#allowing) {
      if (index >= first) break;
      const tools = this.#policies[index]?.tools;
      if (tools !== undefined && leavesOut(tools, ...names)) first = index;
    }
    return this.#policies[first];
  }

  /** The same for what no list of allowed tools is about: by its own name, or by what it does. */
  performing(name: string, operations: readonly string[]): PolicyForm | undefined {
    const denied = operations.map((operation) => this.#byOperation.get(operation) ?? Number.POSITIVE_INFINITY);
    return this.#policies[Math.min(this.#naming(name), ...denied)];
  }

  /** The first whose list of what is denied has the name, or everything. */
  naming(path: string): PolicyForm | undefined {
    return this.#policies[this.#naming(path)];
  }

  #naming(path: string): number {
    return Math.min(this.#everything, this.#byPath.get(path) ?? this.#everything);
  }
}

function under(names: ReadonlySet<string> | undefined, index: number): readonly (readonly [string, number])[] {
  return names === undefined ? [] : Array.from(names, (name) => [name, index] as const);
}

function firstOf(entries: readonly (readonly [string, number])[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const [name, index] of entries) if (!first.has(name)) first.set(name, index);
  return first;
}
