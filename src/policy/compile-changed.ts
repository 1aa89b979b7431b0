import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { keysBetween } from '../manifest/succession.ts';
import { type CompiledBundle, type CompiledSystem, compileSystem } from './compile.ts';
import { CompiledMemory } from './compiled-memory.ts';
import { type Estate, estateAfter, estateOf } from './estate.ts';
import { kept } from './kept.ts';
import { permissionRule, policyRule, type Rule } from './reach.ts';
import { addressAt, pathOf } from './typed.ts';

/** What was compiled last, so that the next snapshot costs what changed. Keep one per environment. */
export interface CompileCache {
  resources: ReadonlyMap<Address, Resource>;
  readonly systems: Map<Address, Compiled>;
  readonly memory: CompiledMemory;
}

interface Compiled extends Pick<CompiledSystem, 'used' | 'subjects'> {
  readonly digest: string;
}

/** `memory`: of all whose snapshots may return to what another one was. */
export function compileCache(memory = new CompiledMemory()): CompileCache {
  return { resources: new Map(), systems: new Map(), memory };
}

export interface CompiledSystems {
  /** Digest by `namespace/name`, for every system. */
  readonly digests: ReadonlyMap<string, string>;
  /** Content by `namespace/name`; compiled now, or when asked. */
  readonly content: (system: string) => CompiledBundle;
}

/** Compiles the systems that a difference from the cached resources can reach, and answers for the rest from the cache. */
export function compileChanged(resources: ReadonlyMap<Address, Resource>, cache: CompileCache): CompiledSystems {
  const { memory, resources: before } = cache;
  const changed = changedBetween(before, resources);
  const fresh = new Map<string, CompiledBundle>();
  const estate = estateAfter(resources, { resources: before, changed: changed.addresses, memory });
  const stale = new Set<Address>();
  for (const [address, compiled] of cache.systems) {
    if (!isAffected(compiled, changed)) continue;
    stale.add(address);
    memory.seal(address, compiled.used, estateOf(before));
  }
  const digests = new Map<string, string>();
  const made: Made[] = [];
  for (const system of inOrder(estate.systems)) {
    const path = pathOf(system);
    const known = stale.has(system.address) ? undefined : cache.systems.get(system.address);
    if (known !== undefined) {
      digests.set(path, known.digest);
      continue;
    }
    const one = madeOf(system, estate, memory);
    made.push(one);
    fresh.set(path, one.compiled.compiled);
    digests.set(path, one.compiled.compiled.digest);
  }
  take(cache, { resources, stale, made });
  return { digests, content: (path) => fresh.get(path) ?? recompile(path, estate) };
}

interface Made {
  readonly address: Address;
  readonly compiled: CompiledSystem;
  readonly isRemembered: boolean;
}

interface Taken extends Pick<CompileCache, 'resources'> {
  readonly stale: ReadonlySet<Address>;
  readonly made: readonly Made[];
}

/**
 * Nothing is taken before all is compiled. One that throws would leave systems of its resources beside the resources
 * before them, by which they are sealed later, and another environment would find more permitted than its files say.
 */
function take(cache: CompileCache, { resources, stale, made }: Taken): void {
  for (const address of stale) cache.systems.delete(address);
  for (const { address, compiled, isRemembered } of made) {
    const { used, subjects } = compiled;
    cache.systems.set(address, { digest: compiled.compiled.digest, used, subjects });
    if (!isRemembered) cache.memory.keep(address, compiled);
  }
  cache.resources = resources;
}

/** Which of some systems, by `namespace/name`, are compiled and can be reached by a difference between some resources. */
export function systemsReached(
  cache: CompileCache,
  among: readonly string[],
  { before, after }: Record<'before' | 'after', ReadonlyMap<Address, Resource>>,
): ReadonlySet<string> {
  const changed = changedBetween(before, after);
  return new Set(
    among.filter((path) => {
      const address = addressAt('AgentSystem', path);
      const compiled = cache.systems.get(address);
      return compiled !== undefined && (changed.addresses.has(address) || isAffected(compiled, changed));
    }),
  );
}

function madeOf(system: Resource, estate: Estate, memory: CompiledMemory): Made {
  const { address } = system;
  const known = memory.find(address, estate);
  return { address, compiled: known ?? compileSystem(system, estate), isRemembered: known !== undefined };
}

function recompile(path: string, estate: Estate): CompiledBundle {
  const system = estate.resources.get(addressAt('AgentSystem', path));
  if (system === undefined) throw new TypeError(`AgentSystem ${path} is not among the resources`);
  return compileSystem(system, estate).compiled;
}

/** What differs between two sets of resources, and the rules among it in their old and new forms. */
interface Changed {
  readonly addresses: ReadonlySet<Address>;
  readonly policies: readonly Rule<'AgentPolicy'>[];
  /** Tools that a ToolPermission among the changes speaks of. */
  readonly permissionTools: readonly Address[];
}

function changedBetween(before: ReadonlyMap<Address, Resource>, after: ReadonlyMap<Address, Resource>): Changed {
  const addresses = new Set<Address>();
  const forms: Resource[] = [];
  const note = (resource: Resource, old: Resource | undefined): void => {
    addresses.add(resource.address);
    forms.push(resource, ...(old === undefined ? [] : [old]));
  };
  for (const address of keysBetween(before, after) ?? new Set([...before.keys(), ...after.keys()])) {
    const [old, resource] = [before.get(address), after.get(address)];
    if (old?.digest === resource?.digest) continue;
    if (resource !== undefined) note(resource, old);
    else if (old !== undefined) note(old, undefined);
  }
  return {
    addresses,
    policies: forms.filter(({ kind }) => kind === 'AgentPolicy').map(policyRule),
    permissionTools: forms.filter(({ kind }) => kind === 'ToolPermission').map(toolOf),
  };
}

/** A rule that changed reaches a system also when only its new form does, which the system cannot have used yet. */
function isAffected({ used, subjects }: Compiled, { addresses, policies, permissionTools }: Changed): boolean {
  return (
    isCommon(used, addresses) ||
    permissionTools.some((tool) => used.has(tool)) ||
    policies.some((policy) => subjects.some(policy.reaches))
  );
}

/** Walks the shorter of both: a change is mostly one address, and a system uses hundreds. */
function isCommon(a: ReadonlySet<Address>, b: ReadonlySet<Address>): boolean {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  for (const address of few) if (many.has(address)) return true;
  return false;
}

function toolOf(permission: Resource): Address {
  const { spec, namespace } = permissionRule(permission);
  return addressAt('Tool', qualify(spec.toolRef, namespace));
}

/** A fleet's systems are the same list from one snapshot to the next. */
const inOrder = kept((systems: Estate['systems']): Estate['systems'] =>
  systems.toSorted((a, b) => compareText(a.address, b.address)),
);
