import { qualify } from '../manifest/reference.ts';
import type { Address, Kind, Resource } from '../manifest/resource.ts';
import type { Authority } from './authority.ts';
import { permissionRule, policyRule, type Rule, type Subject } from './reach.ts';
import { permissionIndex, policyIndex, reaching, type RuleIndex } from './rule-index.ts';
import { addressAt } from './typed.ts';

/** The resources of a snapshot, made ready so that compiling one system looks at what it uses and not at everything. */
export interface Estate {
  readonly resources: ReadonlyMap<Address, Resource>;
  /** By `namespace/name`. A fleet refers to the same few again and again: an address is put together once for each. */
  readonly find: (kind: Kind, path: string) => Resource | undefined;
  /** Every AgentSystem. */
  readonly systems: readonly Resource[];
  readonly policies: RuleIndex<Rule<'AgentPolicy'>>;
  /** By `namespace/name` of the Tool. */
  readonly permissions: ReadonlyMap<string, RuleIndex<Rule<'ToolPermission'>>>;
  /** What was compiled of these resources or of others before, where somebody remembers it. */
  readonly memory?: Remembering;
}

/** Finds a system as it was compiled of resources that equal an estate's in all that it was made of. */
export interface Remembering {
  readonly find: (system: Address, estate: Estate) => Remembered | undefined;
}

interface Remembered {
  readonly compiled: { readonly authority: Authority };
}

const estates = new WeakMap<ReadonlyMap<Address, Resource>, Estate>();

/** Once for all who look at the same resources: a plan compiles them, and then asks what they permit. */
export function estateOf(resources: ReadonlyMap<Address, Resource>): Estate {
  return estates.get(resources) ?? keptEstate(madeOf(resources));
}

/** The same where somebody has asked for it before. */
export function estateKnown(resources: ReadonlyMap<Address, Resource>): Estate | undefined {
  return estates.get(resources);
}

/** The same of resources that came after others, which they may share their rules with. */
export function estateAfter(
  resources: ReadonlyMap<Address, Resource>,
  earlier: {
    readonly resources: ReadonlyMap<Address, Resource>;
    readonly changed: ReadonlySet<Address>;
    readonly memory: Remembering;
  },
): Estate {
  const known = estates.get(resources);
  if (known !== undefined) return known;
  const before = estates.get(earlier.resources);
  const changed = [...earlier.changed];
  const made = before === undefined ? madeOf(resources) : estateBeside(before, { resources, changed });
  return keptEstate({ ...made, memory: earlier.memory });
}

function keptEstate(estate: Estate): Estate {
  estates.set(estate.resources, estate);
  return estate;
}

function madeOf(resources: ReadonlyMap<Address, Resource>): Estate {
  const systems: Resource[] = [];
  const policies: Rule<'AgentPolicy'>[] = [];
  const permissions = new Map<string, Rule<'ToolPermission'>[]>();
  for (const resource of resources.values()) {
    if (resource.kind === 'AgentSystem') systems.push(resource);
    if (resource.kind === 'AgentPolicy') policies.push(policyRule(resource));
    if (resource.kind !== 'ToolPermission') continue;
    const rule = permissionRule(resource);
    const tool = qualify(rule.spec.toolRef, rule.namespace);
    const known = permissions.get(tool);
    if (known === undefined) permissions.set(tool, [rule]);
    else known.push(rule);
  }
  const indexed = Array.from(permissions, ([tool, rules]) => [tool, permissionIndex(rules)] as const);
  const find = finder(resources);
  return { resources, find, systems, policies: policyIndex(policies), permissions: new Map(indexed) };
}

/** The estate of resources that differ from those of another estate at these addresses alone. */
export function estateBeside(
  estate: Estate,
  { resources, changed }: { readonly resources: ReadonlyMap<Address, Resource>; readonly changed: readonly Address[] },
): Estate {
  const isIndexed = changed.some((address) => /^(AgentPolicy|AgentSystem|ToolPermission)\//.test(address));
  return isIndexed ? { ...madeOf(resources), ...memoryOf(estate) } : { ...estate, resources, find: finder(resources) };
}

function memoryOf({ memory }: Estate): Pick<Estate, 'memory'> {
  return memory === undefined ? {} : { memory };
}

function finder(resources: ReadonlyMap<Address, Resource>): Estate['find'] {
  const known = new Map<Kind, Map<string, Resource>>();
  return (kind, path) => {
    let ofKind = known.get(kind);
    if (ofKind === undefined) known.set(kind, (ofKind = new Map()));
    let resource = ofKind.get(path);
    if (resource === undefined) {
      resource = resources.get(addressAt(kind, path));
      if (resource !== undefined) ofKind.set(path, resource);
    }
    return resource;
  };
}

/** One system's view of the estate, which notes what it was shown: a change of anything else leaves the bundle as it is. */
export interface View {
  readonly used: ReadonlySet<Address>;
  /** Throws where there is none: resolution comes before compiling. */
  resource(kind: Kind, path: string): Resource;
  /** Shows it what somebody else looked up in the same resources. */
  readonly note: (addresses: ReadonlySet<Address>) => void;
  policiesFor(subject: Subject): readonly Rule<'AgentPolicy'>[];
  permissionsFor(tool: string, subject: Subject): readonly Rule<'ToolPermission'>[];
  /** The same for views of the same resources: what is worked out once for all of them is kept with it. */
  readonly basis: object;
  /** A system by address, as it was compiled of equal resources before; it is not shown to who asks so. */
  readonly remembered?: (system: Address) => Remembered | undefined;
}

export function viewOf(estate: Estate, ...shown: readonly Address[]): View {
  const used = new Set<Address>(shown);
  const note = <R extends { readonly address: Address }>(rules: readonly R[]): readonly R[] => {
    for (const rule of rules) used.add(rule.address);
    return rules;
  };
  const noted = new Set<ReadonlySet<Address>>();
  const { memory } = estate;
  const known = new Map<Address, Remembered | undefined>();
  return {
    used,
    basis: estate,
    remembered(system) {
      if (!known.has(system)) known.set(system, memory?.find(system, estate));
      return known.get(system);
    },
    note(addresses) {
      if (noted.has(addresses)) return;
      noted.add(addresses);
      for (const address of addresses) used.add(address);
    },
    resource(kind, path) {
      const resource = estate.find(kind, path);
      if (resource === undefined)
        throw new TypeError(`${addressAt(kind, path)} does not exist: resolution comes before compiling`);
      used.add(resource.address);
      return resource;
    },
    policiesFor: (subject) => note(reaching(estate.policies, subject)),
    permissionsFor(tool, subject) {
      const rules = estate.permissions.get(tool);
      return rules === undefined ? none : note(reaching(rules, subject));
    },
  };
}

const none: readonly Rule<'ToolPermission'>[] = [];
