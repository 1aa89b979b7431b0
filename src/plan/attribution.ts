import { compareText } from '../manifest/problem.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { parseServerToolId } from '../manifest/server-tools.ts';
import { wrappedTool } from '../policy/server-form.ts';
import type { Cause } from './access.ts';
import type { Affected, Comparison } from './authority-scope.ts';
import { memoriesIn, requestIn, type World, worldWithout } from './authority-world.ts';
import type { CauseFinder } from './cause.ts';

/** A change that may be behind what moved, with every address that it writes. */
export interface Candidate {
  readonly address: Address;
  readonly addresses: readonly Address[];
}

/** Of several changes each of which alone would do, the one that grants or restricts is named before who asks. */
const order = ['AgentPolicy', 'ToolPermission', 'AgentRole', 'Agent', 'Tool', 'McpServer', 'Memory', 'AgentSystem'];

/** Beyond these a set is named as it is: everything together. */
const candidatesMax = 64;
const decisionsMax = 20_000;

/** Whether what moved still moves in a world where some changes were not made. */
export type StillMoves = (world: World) => boolean;

/** Finds the smallest sets of changes without which what moved would not have. */
export class Attribution {
  readonly #comparison: Comparison;
  readonly #causeOf: CauseFinder;
  readonly #worlds = new Map<string, World>();
  readonly #bases = new Map<string, readonly Candidate[]>();
  #decisions = 0;
  /** How often only the whole set could be named. */
  unresolved = 0;

  constructor(comparison: Comparison, causeOf: CauseFinder) {
    this.#comparison = comparison;
    this.#causeOf = causeOf;
  }

  /**
   * Every change that bears on a caller: nothing else can be behind what moves for it. Of a cell, with what bears on
   * its tool, under both of the names that a move gives it.
   */
  candidates(affected: Affected, ...tools: readonly string[]): readonly Candidate[] {
    const base = this.#bearingOn(affected);
    const found = new Set(base.map(({ address }) => address));
    const { touched } = this.#comparison;
    for (const tool of tools) {
      for (const address of [...this.#behind(tool), ...(touched.permissions.get(tool) ?? [])]) {
        if (touched.addresses.has(address)) found.add(this.#changeOf(address));
      }
    }
    return found.size === base.length ? base : this.#inOrder(found);
  }

  /** The resources that a tool is of: a Tool, and the server that it stands for a tool of. */
  #behind(tool: string): readonly Address[] {
    const served = parseServerToolId(tool);
    if (served !== undefined) return [`McpServer/${served.server}`];
    const { sides } = this.#comparison;
    const forms = [sides.before, sides.after].flatMap((side) => side.get(`Tool/${tool}`) ?? []);
    return [`Tool/${tool}`, ...forms.flatMap((form) => addressed(wrappedTool(form)?.server))];
  }

  /** A caller that comes or goes does so because it does, or what leads to it, whatever else changes. */
  behindCaller({ before, after, caller, old }: Affected): readonly Candidate[] | undefined {
    if (before !== undefined && after !== undefined) return undefined;
    const { sides, touched } = this.#comparison;
    const [{ subject, system }, other] = before === undefined ? [caller, sides.before] : [old, sides.after];
    if (!other.has(subject)) return this.#inOrder(new Set([this.#changeOf(subject)]));
    const way = ((before ?? after)?.way ?? []).filter((address) => touched.addresses.has(address));
    const behind = way.length === 0 ? [`AgentSystem/${system}`] : way;
    return this.#inOrder(new Set(behind.map((address) => this.#changeOf(address))));
  }

  #bearingOn(affected: Affected): readonly Candidate[] {
    const key = `${affected.caller.system} ${affected.caller.subject}`;
    const known = this.#bases.get(key);
    if (known !== undefined) return known;
    const { touched, before: was, after: is } = this.#comparison;
    const found = new Set<Address>();
    const note = (address: Address): void => {
      if (touched.addresses.has(address)) found.add(this.#changeOf(address));
    };
    for (const one of [affected.caller, affected.old]) {
      note(one.subject);
      note(`AgentSystem/${one.system}`);
    }
    for (const [subject, world] of [[affected.before, was] as const, [affected.after, is] as const]) {
      if (subject === undefined) continue;
      for (const address of subject.way) note(address);
      for (const role of (touched.roles.size > 0 && requestIn(world, subject)?.roles) || []) note(`AgentRole/${role}`);
      for (const memory of (touched.memories.size > 0 && memoriesIn(world, subject)) || []) note(`Memory/${memory}`);
      for (const policy of touched.policies) if (policy.reaches(subject)) note(policy.address);
    }
    const base = this.#inOrder(found);
    this.#bases.set(key, base);
    return base;
  }

  #inOrder(addresses: ReadonlySet<Address>): readonly Candidate[] {
    return [...addresses].sort(byOrder).map((address) => ({ address, addresses: this.#addressesOf(address) }));
  }

  /** The world of the plan without some of its changes. */
  without(candidates: readonly Candidate[]): World {
    const key = candidates.map(({ address }) => address).join(' ');
    const known = this.#worlds.get(key);
    if (known !== undefined) return known;
    const { sides, after } = this.#comparison;
    const changed = new Map<Address, Resource | undefined>();
    for (const { addresses } of candidates) {
      for (const address of addresses) changed.set(address, sides.before.get(address));
    }
    const world = worldWithout(after, changed);
    if (this.#worlds.size > decisionsMax) this.#worlds.clear();
    this.#worlds.set(key, world);
    return world;
  }

  /** The smallest set for one thing that moved: one change if one does, else none of the set can be left out. */
  causes(candidates: readonly Candidate[], stillMoves: StillMoves): readonly Cause[] {
    const [only, ...others] = candidates;
    if (only === undefined) return [];
    if (others.length === 0) return this.named([only]);
    if (candidates.length <= candidatesMax) {
      const one = candidates.find((candidate) => this.#stops([candidate], stillMoves));
      if (one !== undefined) return this.named([one]);
    }
    return this.together(candidates, stillMoves);
  }

  /** Where no single change does: leaves out each that is not needed, in turn. */
  together(candidates: readonly Candidate[], stillMoves: StillMoves): readonly Cause[] {
    let kept = candidates;
    for (const candidate of [...candidates].reverse()) {
      if (candidates.length > candidatesMax || this.#decisions >= decisionsMax) {
        this.unresolved += 1;
        break;
      }
      const fewer = kept.filter((one) => one !== candidate);
      if (fewer.length > 0 && this.#stops(fewer, stillMoves)) kept = fewer;
    }
    return this.named(kept);
  }

  isBounded(candidates: readonly Candidate[]): boolean {
    return candidates.length > candidatesMax;
  }

  named(candidates: readonly Candidate[]): readonly Cause[] {
    return this.#causeOf(candidates.map(({ address }) => address));
  }

  #stops(candidates: readonly Candidate[], stillMoves: StillMoves): boolean {
    this.#decisions += 1;
    return !stillMoves(this.without(candidates));
  }

  /** A move is one change under two names. */
  #changeOf(address: Address): Address {
    return this.#comparison.sides.changes.get(address)?.address ?? address;
  }

  #addressesOf(address: Address): readonly Address[] {
    const old = this.#comparison.sides.changes.get(address)?.previousAddress;
    return old === undefined ? [address] : [address, old];
  }
}

function addressed(server: string | undefined): readonly Address[] {
  return server === undefined ? [] : [`McpServer/${server}`];
}

function byOrder(a: Address, b: Address): number {
  const rank = (address: Address): number => order.indexOf(address.slice(0, address.indexOf('/')));
  return rank(a) - rank(b) || compareText(a, b);
}
