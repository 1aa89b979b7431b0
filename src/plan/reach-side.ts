import type { Address, Kind, Resource } from '../manifest/resource.ts';
import type { SubjectAuthority } from '../policy/authority.ts';
import { kept } from '../policy/kept.ts';
import type { PermissionCell } from '../policy/permit.ts';
import { authorityIn, callersIn, verdictOf, type World, worldOf } from './authority-world.ts';
import { destinationsOf } from './destination.ts';
import { usesOf } from './uses.ts';

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
export const carriersOf = kept((resource: Resource): ReadonlySet<Address> => {
  const named = usesOf(resource).filter(({ kind }) => carriers.has(kind));
  return new Set(named.map(({ address }) => address));
});

/** One name that calls lead to: the resource that they pass through last, and whether a URL has it. */
export interface Lead {
  readonly through: Address;
  readonly isCalled: boolean;
}

export type Leads = ReadonlyMap<string, readonly Lead[]>;

/** Which roots of a subject lead to a name. */
export type RootsByName = ReadonlyMap<string, readonly Address[]>;

interface Asked {
  readonly single: Map<string, SubjectAuthority | undefined>;
  all: { readonly authority: SubjectAuthority | undefined } | undefined;
}

const singlesMax = 8;

/** One side of a plan, asked where the calls of single subjects go. Everything is worked out when it is asked for. */
export class ReachSide {
  readonly #resources: ReadonlyMap<Address, Resource>;
  readonly #under = new Map<Address, Leads>();
  readonly #names = new Map<Address, Map<string, Address[]>>();
  readonly #asked = new Map<string, Asked>();
  #known: World | undefined;
  #systems: ReadonlyMap<Address, readonly string[]> | undefined;

  constructor(resources: ReadonlyMap<Address, Resource>) {
    this.#resources = resources;
  }

  /** What a subject names itself: each is a way out, which rules may close. The subject's own URLs are one of them. */
  rootsOf(subject: Address): ReadonlySet<Address> {
    const resource = this.#resources.get(subject);
    if (resource === undefined) return none;
    return resource.kind === 'Agent' ? new Set([subject, ...carriersOf(resource)]) : carriersOf(resource);
  }

  /** Hosts and keys of secrets behind a root, by name. */
  leadsUnder(root: Address): Leads {
    let leads = this.#under.get(root);
    if (leads === undefined) this.#under.set(root, (leads = this.#leads(root)));
    return leads;
  }

  /** All names that a subject's roots lead to, whatever rules say. */
  namesOf(subject: Address): RootsByName {
    let names = this.#names.get(subject);
    if (names !== undefined) return names;
    this.#names.set(subject, (names = new Map()));
    for (const root of this.rootsOf(subject)) {
      for (const name of this.leadsUnder(root).keys()) {
        const known = names.get(name);
        if (known === undefined) names.set(name, [root]);
        else known.push(root);
      }
    }
    return names;
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
    if (asked.single.size >= singlesMax && !asked.single.has(name)) {
      asked.all = { authority: authorityIn(this.#world(), caller) };
      return asked.all.authority;
    }
    if (!asked.single.has(name)) asked.single.set(name, authorityIn(this.#world(), caller, new Set([name])));
    return asked.single.get(name);
  }

  #world(): World {
    this.#known ??= worldOf(this.#resources);
    return this.#known;
  }

  #leads(root: Address): Leads {
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
      const resource = this.#resources.get(through);
      if (resource === undefined) continue;
      const { hosts, secrets } = destinationsOf(resource);
      for (const [host, how] of hosts) note(host, { through, isCalled: how === 'called' });
      for (const secret of secrets) note(secret, { through, isCalled: true });
      if (isCarrier) for (const next of carriersOf(resource)) seen.add(next);
    }
    return leads;
  }

  #systemsBySubject(): ReadonlyMap<Address, readonly string[]> {
    const systems = new Map<Address, string[]>();
    for (const { subject, system } of callersIn(this.#world())) {
      const known = systems.get(subject);
      if (known === undefined) systems.set(subject, [system]);
      else known.push(system);
    }
    return systems;
  }
}

const none: ReadonlySet<Address> = new Set();
