import { shownPath } from '../file-name.ts';
import type { Json, JsonObject } from '../json.ts';
import { type ManifestReference, referencesOf } from '../manifest-reference.ts';
import type { Address } from '../resource.ts';
import { shownText } from '../shown.ts';
import type { Path } from '../text.ts';
import type { Emitted } from './conversion.ts';
import type { ForeignDocument, NoteText } from './foreign.ts';
import type { Settling } from './settling.ts';
import { nodesOf, type Places } from './settle-places.ts';

/**
 * Until nothing refers to what is not there: what only refused documents made goes, an entry of a list that grants or
 * offers something goes by itself, and every other reference takes its document with it.
 */
export function dropMissing(resources: Settling, places: Places): void {
  const { users, siblings } = indexOf(resources);
  // Addresses to look at again are appended while it is gone through: each goes once, and takes its users with it.
  const queue = [...resources.keys()];
  for (const address of queue) {
    const resource = resources.get(address);
    if (resource === undefined) continue;
    if (isDead(resource)) {
      resources.delete(address);
      queue.push(...(users.get(address) ?? []));
      continue;
    }
    const missing = referencesOf(resource, { spec: resource.spec }).filter((one) => !resources.has(one.address));
    if (missing.length === 0) continue;
    const spec = withoutMissing(resource, missing, places);
    if (spec !== undefined) resources.set(address, { ...resource, spec });
    else queue.push(...resource.from.flatMap((document) => siblings.get(document) ?? []));
  }
}

/** Everything that it was made of was refused, or one document without which it has no meaning. */
function isDead({ from, needsAll }: Emitted): boolean {
  return needsAll === true ? from.some(({ isRefused }) => isRefused) : from.every(({ isRefused }) => isRefused);
}

interface Index {
  /** Who refers to an address. */
  readonly users: ReadonlyMap<Address, readonly Address[]>;
  /** What a document was made into. */
  readonly siblings: ReadonlyMap<ForeignDocument, readonly Address[]>;
}

function indexOf(resources: Settling): Index {
  const users = new Map<Address, Address[]>();
  const siblings = new Map<ForeignDocument, Address[]>();
  for (const [address, resource] of resources) {
    for (const reference of referencesOf(resource, { spec: resource.spec })) append(users, reference.address, address);
    for (const document of resource.from) append(siblings, document, address);
  }
  return { users, siblings };
}

function append<Key>(lists: Map<Key, Address[]>, key: Key, address: Address): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [address]);
  else list.push(address);
}

/** The spec without the entries that name what is missing; undefined where the resource cannot do without. */
function withoutMissing(
  resource: Emitted,
  missing: readonly ManifestReference[],
  places: Places,
): JsonObject | undefined {
  let isNeeded = false;
  const entries: Path[] = [];
  for (const reference of missing) {
    const entry = entryOf(reference.path);
    const needs = entry === undefined || !mayGo(resource, entry);
    isNeeded ||= needs;
    if (!needs && entry !== undefined) entries.push(entry);
    note(resource, reference, { needs, places });
  }
  if (isNeeded) return undefined;
  const spec = structuredClone(resource.spec) as { [key: string]: Json };
  // From the end, so that the indexes before stay what they are.
  for (const path of entries.reverse()) remove(spec, path.slice(1));
  const emptied = emptiedList(resource.spec, spec);
  if (emptied === undefined) return spec;
  const [reference] = missing;
  if (reference !== undefined) note(resource, reference, { needs: true, places });
  return undefined;
}

/** The path of the list entry that a reference stands in. */
function entryOf(path: Path): Path | undefined {
  const index = path.findLastIndex((part) => typeof part === 'number');
  return index < 0 ? undefined : path.slice(0, index + 1);
}

/** Guards restrict, and what an evaluation expects is its meaning: neither may be left out. */
function mayGo({ kind }: Emitted, entry: Path): boolean {
  return !entry.includes('guards') && kind !== 'Eval';
}

function remove(spec: { [key: string]: Json }, path: Path): void {
  let holder: unknown = spec;
  for (const part of path.slice(0, -1)) holder = (holder as Record<string | number, unknown>)[part];
  if (Array.isArray(holder)) holder.splice(Number(path.at(-1)), 1);
}

/**
 * A list that must not become empty, and has: an absent or empty list of targets would mean everybody or nobody, and
 * whoever loses all entry agents or models does nothing. Lists that only deny or only offer may be empty.
 */
function emptiedList(before: JsonObject, after: JsonObject): string | undefined {
  const lists = [
    'targets.agents',
    'targets.systems',
    'entryAgents',
    'modelRefs',
    'agents',
    'where.agents',
    'where.systems',
  ];
  return lists.find((list) => lengthAt(before, list) > 0 && lengthAt(after, list) === 0 && !mayBeEmpty(list, before));
}

/** The sub-agents of an agent may be none; the agents of a permission may not. */
function mayBeEmpty(list: string, spec: JsonObject): boolean {
  return list === 'agents' && Array.isArray(spec['agents']) && spec['agents'].some((one) => typeof one === 'object');
}

function lengthAt(spec: JsonObject, path: string): number {
  let at: Json | undefined = spec;
  for (const part of path.split('.'))
    at = typeof at === 'object' && at !== null && !Array.isArray(at) ? (at as JsonObject)[part] : undefined;
  return Array.isArray(at) ? at.length : 0;
}

interface Noting {
  readonly needs: boolean;
  readonly places: Places;
}

function note(resource: Emitted, reference: ManifestReference, { needs, places }: Noting): void {
  const name = places.written.get(reference.address) ?? reference.name;
  const text = noteText({ ...reference, name }, needs, places.declared.get(reference.address));
  for (const node of nodesOf(resource, reference.address, places)) {
    const { code = '', message } = text;
    if (node.document.isSaid({ code, message, path: node.path })) continue;
    if (needs) node.refuse(text);
    else node.drop(text);
  }
}

function noteText(
  { kind, name, restricts }: ManifestReference,
  needs: boolean,
  declared: ForeignDocument | undefined,
): NoteText {
  const what = `The ${kind} \`${shownText(name)}\``;
  const place = declared === undefined ? '' : ` (${shownPath(declared.place.file)}:${declared.place.line})`;
  const gone = declared === undefined ? `${what} is in none of the files` : `${what} is not written${place}`;
  const cure =
    declared === undefined ? 'Import the file that declares it in the same command.' : 'Mend what was refused there.';
  if (needs) return { code: 'import.depends', message: `${gone}, and nothing can stand in for it here.`, help: cure };
  const help = restricts ? `There is nothing to restrict now; write it again when the ${kind} comes.` : cure;
  return { code: 'import.reference', message: `${gone}: the entry is left out.`, help };
}
