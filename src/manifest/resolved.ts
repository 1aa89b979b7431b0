import {
  edgesAfter,
  edgesAmong,
  isGiver,
  isUsed,
  referrerOf,
  type Edges,
  type Focus,
  type Referrer,
  type Resolution,
} from './resolution.ts';
import { compareProblems, type Problem } from './problem.ts';
import type { Findings } from './resolve-findings.ts';
import { reportUnused, wantsUse } from './resolve-unused.ts';
import type { Address, Resource } from './resource.ts';
import { noteOrigin } from './succession.ts';
import type { Validated } from './validate.ts';

export interface Resolved {
  /** In address order; only those without errors. */
  readonly resources: ReadonlyMap<Address, Resource>;
  /** Of all documents, their own included; sorted. */
  readonly problems: readonly Problem[];
  /** For the next resolution; absent where something is wrong. */
  readonly resolution?: Resolution;
}

type Known = Pick<Resolution, 'manifests' | 'files' | 'known' | 'resources' | 'libraries'>;

/** What resolving everything came to. */
export function completed(
  made: Known & Pick<Resolution, 'rules' | 'targetProblems'> & { readonly findings: Findings },
): Resolved {
  const { known, libraries, findings } = made;
  const used = new Set<Address>(Array.from(libraries.values()).flat());
  let renamed = false;
  const givers = new Map<Address, Validated>();
  for (const [address, manifest] of known) {
    if (isGiver(manifest)) givers.set(address, manifest);
    for (const [target, uses] of referrerOf(manifest).targets) if (uses) used.add(target);
    renamed ||= manifest.renamedFrom !== undefined;
  }
  const unused = new Set<Address>();
  for (const [address, manifest] of known) if (!used.has(address) && wantsUse(manifest)) unused.add(address);
  let edges: Edges | undefined;
  const next = {
    ...made,
    resources: inAddressOrder(made.resources),
    said: findings.said,
    givers,
    unused,
    renamed,
    edges: () => (edges ??= edgesAmong(known, libraries)),
  };
  return finished(next, findings);
}

/** What resolving a part anew came to, with all that is as it was. */
export function continued(made: Known & { readonly findings: Findings }, before: Resolution, focus: Focus): Resolved {
  const { known, findings } = made;
  const [from, to] = [new Map<Address, Referrer>(), new Map<Address, Referrer>()];
  const libraries = new Map(before.libraries);
  const said = new Map(before.said);
  const addresses = new Set([...focus.changed, ...focus.estate.subjects.flatMap(({ address }) => address ?? [])]);
  for (const address of addresses) {
    said.delete(address);
    const [old, fresh] = [before.libraries.get(address), made.libraries.get(address)];
    if (!focus.changed.has(address) && String(old) === String(fresh)) continue;
    if (fresh === undefined) libraries.delete(address);
    else libraries.set(address, fresh);
    const [was, is] = [before.known.get(address), known.get(address)];
    const [left, right] = [was && referrerOf(was, old), is && referrerOf(is, fresh)];
    if (left !== undefined && right !== undefined && hasSameTargets(left, right)) continue;
    if (left !== undefined) from.set(address, left);
    if (right !== undefined) to.set(address, right);
  }
  for (const [address, problems] of findings.said) said.set(address, problems);
  const edges = edgesAfter(before.edges(), [...from.values()], [...to.values()]);
  const touched = new Set(focus.changed);
  for (const { targets } of [...from.values(), ...to.values()])
    for (const target of targets.keys()) touched.add(target);
  const unused = new Set(before.unused);
  for (const address of touched) {
    if (wantsUse(known.get(address)) && !isUsed(address, edges)) unused.add(address);
    else unused.delete(address);
  }
  const resources = resourcesAfter(before.resources, made.resources, addresses);
  const { targetProblems, renamed, givers, rules } = before;
  return finished(
    { ...made, resources, libraries, said, unused, givers, rules, targetProblems, renamed, edges: () => edges },
    findings,
  );
}

function hasSameTargets({ targets }: Referrer, other: Referrer): boolean {
  if (targets.size !== other.targets.size) return false;
  for (const [target, uses] of targets) if (other.targets.get(target) !== uses) return false;
  return true;
}

function resourcesAfter(
  before: ReadonlyMap<Address, Resource>,
  fresh: ReadonlyMap<Address, Resource>,
  addresses: ReadonlySet<Address>,
): ReadonlyMap<Address, Resource> {
  const after = new Map(before);
  for (const address of addresses) {
    const resource = fresh.get(address);
    if (resource === undefined) after.delete(address);
    else after.set(address, resource);
  }
  // A key that is set again keeps its place; only a new one stands at the end.
  const isGrown = [...addresses].some((address) => after.has(address) && !before.has(address));
  return noteOrigin(isGrown ? inAddressOrder(after) : after, before, addresses);
}

function finished(next: Resolution, findings: Findings): Resolved {
  const { known, unused } = next;
  const idle = [...unused].flatMap((address) => known.get(address) ?? []);
  const problems = [
    ...findings.others,
    ...Array.from(next.said.values()).flat(),
    ...next.targetProblems,
    ...findings.of((report) => reportUnused(idle, report)),
  ].sort(compareProblems);
  const { resources } = next;
  if (problems.some(({ severity }) => severity === 'error')) return { resources, problems };
  return { resources, problems, resolution: next };
}

function inAddressOrder(resources: ReadonlyMap<Address, Resource>): ReadonlyMap<Address, Resource> {
  const ordered = new Map<Address, Resource>();
  // Without a comparer strings are sorted by code unit, as `compareText` does, at a quarter of its cost.
  for (const address of [...resources.keys()].sort()) {
    const resource = resources.get(address);
    if (resource !== undefined) ordered.set(address, resource);
  }
  return ordered;
}
