import type { Address, Kind, Resource } from '../manifest/resource.ts';
import type { SubjectAuthority } from '../policy/authority.ts';
import type { PermissionCell } from '../policy/permit.ts';
import { authorityIn, callersIn, compiledIn, verdictOf, type World } from './authority-world.ts';
import { destinationsOf } from './destination.ts';
import { kept } from '../policy/kept.ts';
import { usedBy } from './uses.ts';

/** What calls pass through on their way out. */
export const carriers: ReadonlySet<Kind> = new Set([
  'Tool',
  'McpServer',
  'ModelEndpoint',
  'Memory',
  'Guard',
  'Gateway',
]);

/** The carriers that a resource names itself. */
export const carriersOf = kept(
  (resource: Resource): ReadonlySet<Address> => new Set([...usedBy(resource)].filter(isCarrier)),
);

function isCarrier(address: Address): boolean {
  return carrierNames.has(address.slice(0, address.indexOf('/')));
}

const carrierNames: ReadonlySet<string> = carriers;

/** One name that calls lead to: the resource that they pass through last, and whether a URL has it. */
export interface Lead {
  readonly through: Address;
  readonly isCalled: boolean;
}

export type Leads = ReadonlyMap<string, readonly Lead[]>;

interface Asked {
  readonly single: Map<string, SubjectAuthority | undefined>;
  all: { readonly authority: SubjectAuthority | undefined } | undefined;
}

const singlesMax = 2;

/** One side of a plan, asked where the calls of single subjects go. Everything is worked out when it is asked for. */
export class ReachSide {
  readonly #resources: ReadonlyMap<Address, Resource>;
  readonly #world: World;
  readonly #under = new Map<Address, Leads>();
  #roots: ReadonlyMap<string, readonly Address[]> | undefined;
  readonly #asked = new Map<string, Asked>();
  #systems: ReadonlyMap<Address, readonly string[]> | undefined;

  constructor(world: World) {
    this.#resources = world.resources;
    this.#world = world;
  }

  /** What a subject names itself: each is a way out, which rules may close. The subject's own URLs are one of them. */
  rootsOf(subject: Address): ReadonlySet<Address> {
    const resource = this.#resources.get(subject);
    if (resource === undefined) return new Set();
    return resource.kind === 'Agent' ? new Set([...carriersOf(resource), subject]) : carriersOf(resource);
  }

  /** The same for one root, without a list of all: an agent may name hundreds. */
  hasRoot(subject: Address, root: Address): boolean {
    const resource = this.#resources.get(subject);
    if (resource === undefined) return false;
    return root === subject ? resource.kind === 'Agent' : isCarrier(root) && usedBy(resource).has(root);
  }

  /** Whether a subject is the same resource on both sides. */
  holds(subject: Address, other: ReachSide): boolean {
    const resource = this.#resources.get(subject);
    return resource !== undefined && resource === other.#resources.get(subject);
  }

  /** Hosts and keys of secrets behind a root, by name. */
  leadsUnder(root: Address): Leads {
    let leads = this.#under.get(root);
    if (leads === undefined) this.#under.set(root, (leads = leadsIn(this.#resources, root)));
    return leads;
  }

  /** The roots of a subject that lead to a name, whatever rules say. */
  rootsTo(subject: Address, name: string): readonly Address[] {
    const resource = this.#resources.get(subject);
    if (resource === undefined) return [];
    const all = this.#rootsByName().get(name) ?? [];
    const own = carriersOf(resource);
    // The shorter of both: an agent may name hundreds of tools, and a host may be behind thousands.
    const leading =
      own.size < all.length
        ? [...own].filter((root) => this.leadsUnder(root).has(name))
        : all.filter((root) => own.has(root));
    return this.hasRoot(subject, subject) && this.leadsUnder(subject).has(name) ? [...leading, subject] : leading;
  }

  /** Every `*.` host that something leads to. */
  patterns(): readonly string[] {
    return Array.from(this.#rootsByName().keys()).filter((name) => name.includes('*'));
  }

  /** The systems in which a subject calls anything, as `namespace/name`. */
  systemsOf(subject: Address): readonly string[] {
    this.#systems ??= this.#systemsBySubject();
    return this.#systems.get(subject) ?? [];
  }

  /** The systems in which rules let the subject call through the root. */
  systemsWith(subject: Address, root: Address): readonly string[] {
    const [kind, namespace, name] = root.split('/');
    const table = kind === 'Tool' ? 'tools' : kind === 'ModelEndpoint' ? 'models' : undefined;
    const systems = this.systemsOf(subject);
    if (table === undefined || systems.length === 0) return systems;
    const cell = { subject, table, name: `${namespace}/${name}` } as const;
    return systems.filter((system) => verdictOf(this.#authority(cell, system), cell).kind !== 'deny');
  }

  /** One tool after the other where few are asked for, and all at once where it goes on: most subjects are asked once. */
  #authority({ subject, name }: PermissionCell, system: string): SubjectAuthority | undefined {
    const key = `${subject} ${system}`;
    let asked = this.#asked.get(key);
    if (asked === undefined) this.#asked.set(key, (asked = { single: new Map(), all: undefined }));
    if (asked.all !== undefined) return asked.all.authority;
    const caller = { subject, system };
    if (asked.single.size === 0) {
      const authority = compiledIn(this.#world, caller);
      if (authority !== undefined) {
        asked.all = { authority };
        return authority;
      }
    }
    if (asked.single.size >= singlesMax && !asked.single.has(name)) {
      asked.all = { authority: authorityIn(this.#world, caller) };
      return asked.all.authority;
    }
    if (!asked.single.has(name)) asked.single.set(name, authorityIn(this.#world, caller, new Set([name])));
    return asked.single.get(name);
  }

  /** Carriers are few beside those that name them: one look at each answers for all subjects. */
  #rootsByName(): ReadonlyMap<string, readonly Address[]> {
    if (this.#roots !== undefined) return this.#roots;
    const roots = new Map<string, Address[]>();
    for (const { kind, address } of this.#resources.values()) {
      if (!carriers.has(kind)) continue;
      for (const name of this.leadsUnder(address).keys()) {
        const known = roots.get(name);
        if (known === undefined) roots.set(name, [address]);
        else known.push(address);
      }
    }
    this.#roots = roots;
    return roots;
  }

  #systemsBySubject(): ReadonlyMap<Address, readonly string[]> {
    const systems = new Map<Address, string[]>();
    for (const { subject, system } of callersIn(this.#world)) {
      const known = systems.get(subject);
      if (known === undefined) systems.set(subject, [system]);
      else known.push(system);
    }
    return systems;
  }
}

/** Hosts and keys of secrets that calls through a root lead to, by name, whatever rules say. */
export function leadsIn(resources: ReadonlyMap<Address, Resource>, root: Address): Leads {
  const leads = new Map<string, Lead[]>();
  const note = (name: string, lead: Lead): void => {
    const known = leads.get(name);
    if (known === undefined) leads.set(name, [lead]);
    else known.push(lead);
  };
  // An agent is the root of its own URLs alone; what it names are roots of their own.
  const isCarrier = !root.startsWith('Agent/');
  const seen = new Set([root]);
  for (const through of seen) {
    const resource = resources.get(through);
    if (resource === undefined) continue;
    const { hosts, secrets } = destinationsOf(resource);
    for (const [host, how] of hosts) note(host, { through, isCalled: how === 'called' });
    for (const secret of secrets) note(secret, { through, isCalled: true });
    if (isCarrier) for (const next of carriersOf(resource)) seen.add(next);
  }
  return leads;
}
