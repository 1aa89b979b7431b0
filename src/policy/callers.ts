import { qualify } from '../manifest/reference.ts';
import type { Address, Kind, Resource } from '../manifest/resource.ts';
import { keysBetween } from '../manifest/succession.ts';
import { kept } from './kept.ts';
import { addressAt, specOf } from './typed.ts';

/** An agent, or a system with tool nodes of its own, that makes calls in the runs of a system. */
export interface SystemCaller {
  readonly resource: Resource;
  /** Every system on any way to it: the one that runs first, then those that nest in it. */
  readonly systems: readonly Resource[];
  /** Those systems, and the agents that hand work to it. */
  readonly way: readonly Address[];
}

/** By `namespace/name`; undefined: there is none. */
export type Find = (kind: Kind, path: string) => Resource | undefined;

/**
 * Who makes calls in the runs of a system: agents of its nodes, agents that those hand work to, and the same of the
 * systems that it nests, however deep. One that is reached on several ways is one caller under the systems of all of
 * them, so that what restricts any of the ways restricts it.
 */
export function callersOf(root: Resource, find: Find): readonly SystemCaller[] {
  const earlier = knownCallers.get(root) ?? [];
  const known = earlier.find(({ links }) => links.every((link) => find(link.kind, link.path) === link.resource));
  if (known !== undefined) return known.callers;
  const links: Link[] = [];
  const ways = waysFrom(root, (kind, path) => {
    const resource = find(kind, path);
    links.push({ kind, path, address: addressAt(kind, path), resource });
    return resource;
  });
  const callers = Array.from(ways, ([resource, way]) => callerBy(resource, [...way])).filter(
    ({ resource }) => resource.kind === 'Agent' || nodesOf(resource).hasTools,
  );
  knownCallers.set(root, [{ links, callers }, ...earlier].slice(0, knownMax));
  return callers;
}

function callerBy(resource: Resource, way: readonly Resource[]): SystemCaller {
  const systems = way.filter(({ kind }) => kind === 'AgentSystem');
  return { resource, systems, way: way.filter((one) => one !== resource).map(({ address }) => address) };
}

/** A name that a system's callers were found by, and what it led to: the same again, the same callers. */
interface Link {
  readonly kind: Kind;
  readonly path: string;
  readonly address: Address;
  readonly resource: Resource | undefined;
}

type Resources = ReadonlyMap<Address, Resource>;

/** Some resources, and addresses among them. */
interface Changing {
  readonly resources: Resources;
  readonly addresses: ReadonlySet<Address>;
}

/** Whether who calls in runs of a system of these resources hangs on one of the addresses; not known: it may. */
export function mayHangOn(root: Resource, changing: Changing): boolean {
  const known = knownCallers.get(root);
  if (known === undefined || changing.addresses.has(root.address)) return true;
  return !known.some((one) => isApart(one, changing));
}

/** What was found by other resources than these says nothing of what these lead to. */
function isApart(known: KnownCallers, { resources, addresses }: Changing): boolean {
  const { links } = known;
  const moved = known.holdFor && movedSince(known.holdFor, resources);
  const isSame = ({ address, resource }: Link): boolean =>
    moved?.has(address) === false || resources.get(address) === resource;
  if (!links.every((link) => !addresses.has(link.address) && isSame(link))) return false;
  known.holdFor = weakly(resources);
  return true;
}

const weakly = kept((resources: Resources): WeakRef<Resources> => new WeakRef(resources));

const movedOf = kept((_resources: Resources) => new WeakMap<WeakRef<Resources>, { readonly keys: Keys }>());

type Keys = ReadonlySet<Address> | undefined;

/** A fleet's systems were mostly looked at with the same resources last, which are compared with these once. */
function movedSince(earlier: WeakRef<Resources>, resources: Resources): Keys {
  const known = movedOf(resources).get(earlier);
  if (known !== undefined) return known.keys;
  const before = earlier.deref();
  const keys = before && keysBetween(before, resources);
  movedOf(resources).set(earlier, { keys });
  return keys;
}

interface KnownCallers {
  readonly links: readonly Link[];
  readonly callers: readonly SystemCaller[];
  /** All links lead in these resources to what they led to. */
  holdFor?: WeakRef<Resources>;
}

/** A fleet's systems hardly change from one plan to the next; each plan asks for both of its sides. */
const knownMax = 2;
const knownCallers = new WeakMap<Resource, readonly KnownCallers[]>();

/** By resource, what stands on any way to it; a system stands on the way to its own tool nodes. */
function waysFrom(root: Resource, find: Find): ReadonlyMap<Resource, ReadonlySet<Resource>> {
  const ways = new Map<Resource, Set<Resource>>([[root, new Set([root])]]);
  const open = [root];
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    const over = new Set(ways.get(from)).add(from);
    for (const { kind, path } of from.kind === 'Agent' ? handOffsOf(from) : nodesOf(from).named) {
      const resource = find(kind, path);
      if (resource === undefined) continue;
      const way = ways.get(resource) ?? new Set();
      const before = way.size;
      for (const one of over) way.add(one);
      if (kind === 'AgentSystem') way.add(resource);
      ways.set(resource, way);
      // A way that grew is walked again: what comes after it has grown too.
      if (way.size > before) open.push(resource);
    }
  }
  return ways;
}

/** The systems that a system nests, however deep, without itself. */
export function nestedSystems(root: Resource, find: Find): readonly Resource[] {
  const found = new Set([root]);
  for (const system of found) {
    for (const { kind, path } of nodesOf(system).named) {
      const nested = kind === 'AgentSystem' ? find(kind, path) : undefined;
      if (nested !== undefined) found.add(nested);
    }
  }
  found.delete(root);
  return [...found];
}

interface Named {
  readonly kind: 'Agent' | 'AgentSystem';
  readonly path: string;
}

const nodesOf = kept((system: Resource): { readonly named: readonly Named[]; readonly hasTools: boolean } => {
  const nodes = Object.values(specOf(system, 'AgentSystem').graph);
  const of = (kind: Named['kind'], references: readonly (string | undefined)[]): Named[] =>
    [...new Set(references)].flatMap((one) =>
      one === undefined ? [] : [{ kind, path: qualify(one, system.namespace) }],
    );
  return {
    named: [
      ...of(
        'Agent',
        nodes.map(({ agentRef }) => agentRef),
      ),
      ...of(
        'AgentSystem',
        nodes.map(({ systemRef }) => systemRef),
      ),
    ],
    hasTools: nodes.some(({ toolRef }) => toolRef !== undefined),
  };
});

/** The agents that an agent hands work to, as its manifest lists them. */
export const handOffsOf = kept((agent: Resource): readonly Named[] =>
  (specOf(agent, 'Agent').agents ?? []).flatMap(({ agentRef }) =>
    agentRef === undefined ? [] : [{ kind: 'Agent' as const, path: qualify(agentRef, agent.namespace) }],
  ),
);
