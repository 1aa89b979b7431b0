import { estateAmong, type Estate, type Files } from './estate.ts';
import { lockPath } from './file-name.ts';
import { objectAt } from './manifest-reference.ts';
import type { Problem } from './problem.ts';
import type { Address, Kind, Resource } from './resource.ts';
import type { Validated } from './validate.ts';

/** What one resolution without errors leaves for the next one, so that it costs what has changed. */
export interface Resolution {
  readonly manifests: readonly Validated[];
  readonly files: Files;
  readonly known: ReadonlyMap<Address, Validated>;
  readonly resources: ReadonlyMap<Address, Resource>;
  /** What was said of each resource by itself and of what it refers to. */
  readonly said: ReadonlyMap<Address, readonly Problem[]>;
  /** What was said of policies that reach nobody. */
  readonly targetProblems: readonly Problem[];
  /** Prompt libraries that a resource takes texts from, which its references do not name. */
  readonly libraries: ReadonlyMap<Address, readonly Address[]>;
  /** What every document may depend on without naming it, and is checked again with each. */
  readonly givers: ReadonlyMap<Address, Validated>;
  /** Policies, permissions and pools, which are asked of others, and not checked again with them. */
  readonly rules: Estate['byKind'];
  readonly unused: ReadonlySet<Address>;
  /** Made when first asked for: most resolutions are followed by none. */
  readonly edges: () => Edges;
  /** Whether any resource has another name than it had. */
  readonly renamed: boolean;
}

/** Who refers to a resource, and whether as a use of it. */
export type Edges = ReadonlyMap<Address, ReadonlyMap<Address, boolean>>;

/** The part of an environment that a change bears on. */
export interface Focus {
  /** Everything that is known, and of it those to be checked again. */
  readonly estate: Estate;
  /** Declared anew, otherwise, or no more. */
  readonly changed: ReadonlySet<Address>;
}

/**
 * What has to be checked again: what changed, whatever leads to it by references, and all that rules over others.
 * Undefined: everything.
 */
export function focusOf(before: Resolution, manifests: readonly Validated[], files: Files): Focus | undefined {
  const { removed, added } = difference(before.manifests, manifests);
  if (removed.length + added.length > changesMax) return undefined;
  const known = new Map(before.known);
  for (const { address } of removed) if (address !== undefined) known.delete(address);
  for (const manifest of added) {
    if (manifest.address === undefined || known.has(manifest.address)) return undefined;
    known.set(manifest.address, manifest);
  }
  const changed = new Set([...removed, ...added].flatMap(({ address }) => address ?? []));
  // A name that is declared again may be one that was given up.
  if (before.renamed && [...changed].some((address) => !before.known.has(address))) return undefined;
  for (const address of changed) if (bearsOnAll(before.known.get(address), known.get(address))) return undefined;
  const read = readersOfChanged(before.files, files, manifests);
  if (read === undefined) return undefined;
  const affected = closure([...changed, ...read], before.edges());
  if (affected.size > known.size / 4 + changesMax) return undefined;
  const subjects = new Map<Address, Validated>();
  for (const address of affected) {
    const manifest = known.get(address);
    if (manifest === undefined) continue;
    if (givers.has(manifest.identity?.kind ?? 'Defaults')) return undefined;
    subjects.set(address, manifest);
    // What it refers to may be allowed less by who refers to it now.
    for (const { address: target } of manifest.references) {
      const found = known.get(target);
      if (found !== undefined) subjects.set(target, found);
    }
  }
  for (const [address, manifest] of before.givers) subjects.set(address, manifest);
  return { estate: estateAmong(known, [...subjects.values()], { rules: before.rules }), changed };
}

/** Who refers to whom among all that is known. */
export function edgesAmong(known: ReadonlyMap<Address, Validated>, libraries: Resolution['libraries']): Edges {
  const all = Array.from(known, ([address, manifest]) => referrerOf(manifest, libraries.get(address)));
  const between = libraries.get(betweenLibraries) ?? [];
  return edgesAfter(
    new Map(),
    [],
    [...all, { address: betweenLibraries, targets: new Map(between.map((to) => [to, true])) }],
  );
}

/** Stands for all libraries as users of each other. */
export const betweenLibraries = '';

/** The edges after some resources refer to others than before. */
export function edgesAfter(before: Edges, from: readonly Referrer[], to: readonly Referrer[]): Edges {
  if (from.length === 0 && to.length === 0) return before;
  const after = new Map(before);
  const fresh = new Set<Address>();
  const open = (target: Address): Map<Address, boolean> => {
    const known = after.get(target);
    // Copied once: the edges before are still those of the resolution before.
    const mine = fresh.has(target) && known instanceof Map ? known : new Map(known);
    fresh.add(target);
    after.set(target, mine);
    return mine;
  };
  for (const { address, targets } of from) for (const target of targets.keys()) open(target).delete(address);
  for (const { address, targets } of to) for (const [target, uses] of targets) open(target).set(address, uses);
  return after;
}

export interface Referrer {
  readonly address: Address;
  /** What it refers to, and whether as a use. */
  readonly targets: ReadonlyMap<Address, boolean>;
}

/** What a manifest refers to, the libraries of its prompt included. */
export function referrerOf({ address = '', references }: Validated, libraries: readonly Address[] = []): Referrer {
  const targets = new Map<Address, boolean>();
  for (const { address: target, kind, restricts } of references) {
    // A policy that names a gateway makes it a way out.
    const uses = !restricts || kind === 'Gateway';
    targets.set(target, uses || targets.get(target) === true);
  }
  for (const library of libraries) targets.set(library, true);
  return { address, targets };
}

export function isUsed(address: Address, edges: Edges): boolean {
  for (const uses of edges.get(address)?.values() ?? []) if (uses) return true;
  return false;
}

/** More changed documents than this are resolved with all others. */
const changesMax = 200;

/** Whether it is checked again with every change: it passes on what it refers to itself. */
export function isGiver({ identity }: Validated): boolean {
  return identity !== undefined && givers.has(identity.kind);
}

const givers: ReadonlySet<Kind> = new Set(['Defaults', 'PromptLibrary', 'McpServer', 'AlertReceiver']);

/** What is looked up for any of the others. */
const ruleKinds: readonly Kind[] = ['AgentPolicy', 'ToolPermission', 'WorkerPool'];

/** A change of one is a change of all: others may depend on it without naming it. */
const rulers: ReadonlySet<Kind> = new Set([...givers, ...ruleKinds]);

export function rulesOf({ byKind }: Estate): Estate['byKind'] {
  return new Map(ruleKinds.flatMap((kind) => (byKind.has(kind) ? [[kind, byKind.get(kind) ?? []] as const] : [])));
}

function bearsOnAll(before: Validated | undefined, after: Validated | undefined): boolean {
  const kind = (after ?? before)?.identity?.kind;
  if (kind === undefined || rulers.has(kind)) return true;
  // Roles name tools in their permissions, which are no references.
  if (kind === 'Tool') return before === undefined || after === undefined;
  if ([before, after].some(standsInLine)) return true;
  return (kind === 'Agent' || kind === 'AgentSystem') && labelsOf(before) !== labelsOf(after);
}

/** Renamed, or in a chain of agents or systems: what is said of those depends on others far away. */
function standsInLine(manifest: Validated | undefined): boolean {
  if (manifest?.renamedFrom !== undefined) return true;
  const kind = manifest?.identity?.kind;
  return (
    (kind === 'Agent' || kind === 'AgentSystem') &&
    manifest?.references.some((reference) => reference.kind === kind && !reference.restricts) === true
  );
}

/** Policies choose by labels, and warn when nobody has them. */
function labelsOf(manifest: Validated | undefined): string {
  const content = manifest?.content;
  return content === undefined ? '' : JSON.stringify(objectAt(objectAt(content.manifest, 'metadata'), 'labels'));
}

/** The same objects in both lists, mostly in the same order: comparing them looks into none. */
function difference(
  before: readonly Validated[],
  after: readonly Validated[],
): { readonly removed: readonly Validated[]; readonly added: readonly Validated[] } {
  const removed: Validated[] = [];
  const added: Validated[] = [];
  let [left, right] = [0, 0];
  while (left < before.length && right < after.length && removed.length + added.length <= changesMax) {
    const [old, fresh] = [before[left], after[right]];
    if (old === fresh) [left, right] = [left + 1, right + 1];
    else if (old !== undefined && fresh !== undefined && before[left + 1] === after[right + 1]) {
      // Rewritten in its place, as nearly every change is.
      removed.push(old);
      added.push(fresh);
      [left, right] = [left + 1, right + 1];
    } else if (old !== undefined && before[left + 1] === fresh) [removed[removed.length], left] = [old, left + 1];
    else if (fresh !== undefined && after[right + 1] === old) [added[added.length], right] = [fresh, right + 1];
    else break;
  }
  const [rest, others] = [new Set(before.slice(left)), new Set(after.slice(right))];
  for (const old of rest) if (!others.has(old)) removed.push(old);
  for (const fresh of others) if (!rest.has(fresh)) added.push(fresh);
  return { removed, added };
}

/** Addresses of what reads a file that has other bytes now; undefined: the lock file has. */
function readersOfChanged(
  before: Files,
  files: Files,
  manifests: readonly Validated[],
): readonly Address[] | undefined {
  const paths = new Set<string>();
  for (const [path, bytes] of files) if (before.get(path) !== bytes) paths.add(path);
  for (const path of before.keys()) if (!files.has(path)) paths.add(path);
  if (paths.size === 0) return [];
  if (paths.has(lockPath)) return undefined;
  const readers: Address[] = [];
  for (const { address, content } of manifests) {
    if (address === undefined || content === undefined) continue;
    if (content.files.some(({ path }) => path !== undefined && paths.has(path))) readers.push(address);
  }
  return readers;
}

function closure(start: readonly Address[], edges: Edges): ReadonlySet<Address> {
  const reached = new Set(start);
  // A set is gone through in the order of insertion, what is added meanwhile included.
  for (const address of reached) for (const referrer of edges.get(address)?.keys() ?? []) reached.add(referrer);
  return reached;
}
