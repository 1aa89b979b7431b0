import { isDeepStrictEqual } from 'node:util';
import type { Document } from '../manifest/document.ts';
import type { Edit } from '../manifest/edit.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { objectAt } from '../manifest/manifest-reference.ts';
import { type NumberFields, numberFieldsOf } from '../manifest/number-field.ts';
import { makingOf } from '../manifest/origin.ts';
import { compareText } from '../manifest/problem.ts';
import type { Kind, Resource } from '../manifest/resource.ts';
import { entriesByKey, type ListKey, listKeyAt } from './list-keys.ts';

/** What has to be written so that the manifest says what live holds. */
export type Acceptance =
  | { readonly kind: 'edits'; readonly document: Document; readonly edits: readonly Edit[]; readonly texts: Texts }
  /** No manifest can say it, or not one that pawl could write for its author. */
  | { readonly kind: 'refused'; readonly because: string };

/** Whole files, by path, that a manifest reads in. */
export type Texts = ReadonlyMap<string, string>;

export interface AcceptanceOptions {
  /** Writes a list as a whole where its entries, one by one, would not come out in their order. */
  readonly wholeLists: boolean;
}

/**
 * The edits of a resource's last layer after which it says what is live: only values that differ are written, in the
 * way that they are written there. Whether they do is for the caller to check: what resolution makes of them counts.
 */
export function acceptanceOf(resource: Resource, live: JsonObject, options: AcceptanceOptions): Acceptance {
  const document = makingOf(resource)?.manifest.document;
  if (document === undefined) return refused('it comes from no manifest of the working copy');
  const layers = document.layers ?? [document];
  const writing: Writing = {
    kind: resource.kind,
    target: layers.at(-1) ?? document,
    below: layers.slice(0, -1),
    edits: [],
    texts: new Map(),
    faults: [],
    ...options,
  };
  const sides = { before: asWritten(resource), after: asWritten({ kind: resource.kind, manifest: live }) };
  compareMaps(writing, texts(writing, resource, sides), []);
  const [fault] = writing.faults;
  if (fault !== undefined) return refused(fault);
  return { kind: 'edits', document: writing.target, edits: inOrder(writing.edits), texts: writing.texts };
}

/** What an author would write for a resource that no manifest declares. */
export function manifestOf(kind: Kind, live: JsonObject): JsonObject {
  return asWritten({ kind, manifest: live });
}

interface Writing extends AcceptanceOptions {
  readonly kind: Kind;
  readonly target: Document;
  readonly below: readonly Document[];
  readonly edits: Edit[];
  readonly texts: Map<string, string>;
  readonly faults: string[];
}

interface Sides<T extends Json> {
  readonly before: T;
  readonly after: T;
}

function refused(because: string): Acceptance {
  return { kind: 'refused', because };
}

/** Amounts of money are kept in millionths and written in dollars. */
function asWritten({ kind, manifest }: Pick<Resource, 'kind' | 'manifest'>): JsonObject {
  const written = inDollars(manifest, numberFieldsOf(kind));
  return isJsonObject(written) ? written : manifest;
}

function inDollars(value: Json, fields: NumberFields | undefined): Json {
  if (fields === undefined) return value;
  if (fields.unit === 'microUsd' && typeof value === 'number') return value / 1e6;
  if (isJsonList(value)) return value.map((entry) => inDollars(entry, fields.any));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, entry]): [string, Json] => {
    return [key, inDollars(entry, fields.children.get(key) ?? fields.any)];
  });
  return Object.fromEntries(entries);
}

/** Texts that were read in are written where they came from, and left out of what is compared. */
function texts(writing: Writing, resource: Resource, sides: Sides<JsonObject>): Sides<JsonObject> {
  const making = makingOf(resource);
  const [before, after] = [objectAt(sides.before, 'spec'), objectAt(sides.after, 'spec')];
  const written = objectAt((making?.manifest.document.value ?? {}) as JsonObject, 'spec');
  const same = new Set<string>();
  const text = after['prompt'];
  if (resource.kind === 'Agent' && before['prompt'] !== text) {
    if ((making?.libraries.length ?? 0) > 0) {
      writing.faults.push('its prompt is put together from a PromptLibrary');
    } else if (own(written, 'promptFile') !== undefined) {
      const path = making?.manifest.content.files[0]?.path;
      if (path === undefined || typeof text !== 'string') writing.faults.push('its prompt file would have to go');
      else writing.texts.set(path, text);
      same.add('prompt');
    }
  }
  if (resource.kind === 'Agent' && own(written, 'promptFile') !== undefined) same.add('prompt');
  if (!isDeepStrictEqual(before['pinned'], after['pinned'])) {
    writing.faults.push('the tools that its server offers are pinned in the lock file');
  }
  if (own(written, 'scriptFile') !== undefined) {
    if (!isDeepStrictEqual(before['script'], after['script'])) writing.faults.push('its script is in a file');
    same.add('script');
  }
  if (resource.kind === 'Tool') {
    const named = own(objectAt(written, 'code'), 'file') !== undefined || own(written, 'wasm') !== undefined;
    for (const block of named ? ['code', 'wasm'] : []) {
      if (!isDeepStrictEqual(before[block], after[block])) writing.faults.push('what it runs is in a file');
      same.add(block);
    }
  }
  if (resource.kind === 'PromptLibrary') {
    const files = Object.values(objectAt(written, 'prompts')).some((one) => isJsonObject(one) && 'file' in one);
    if (files && !isDeepStrictEqual(before['prompts'], after['prompts'])) {
      writing.faults.push('its texts are in files');
    }
    if (files) same.add('prompts');
  }
  return same.size === 0 ? sides : { before: without(sides.before, same), after: without(sides.after, same) };
}

function without(manifest: JsonObject, fields: ReadonlySet<string>): JsonObject {
  const kept = Object.entries(objectAt(manifest, 'spec')).filter(([key]) => !fields.has(key));
  return { ...manifest, spec: Object.fromEntries(kept) };
}

type Steps = readonly (string | number)[];

function compareMaps(writing: Writing, { before, after }: Sides<JsonObject>, path: Steps): void {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const key of [...keys].sort(compareText)) {
    const [old, fresh] = [own(before, key), own(after, key)];
    const at = [...path, key];
    if (isDeepStrictEqual(old, fresh)) continue;
    if (fresh === undefined) remove(writing, at);
    else if (old === undefined) writing.edits.push({ path: at, value: fresh });
    else compareValues(writing, { before: old, after: fresh }, at);
  }
}

function compareValues(writing: Writing, sides: Sides<Json>, path: Steps): void {
  const { before, after } = sides;
  const written = valueAt(writing.target.value, path);
  const isShort = written !== undefined && !isJsonObject(written);
  if (isJsonObject(before) && isJsonObject(after) && !isShort) return compareMaps(writing, { before, after }, path);
  if (isJsonList(before) && isJsonList(after) && isJsonList(written) && !writing.wholeLists) {
    const key = listKeyAt(writing.kind, path.map(String));
    if (key !== 'index' && compareEntries(writing, { before, after, written, key }, path)) return;
  }
  writing.edits.push({ path, value: after });
}

interface Lists {
  readonly before: readonly Json[];
  readonly after: readonly Json[];
  readonly written: readonly Json[];
  readonly key: Exclude<ListKey, 'index'>;
}

/** Whether the entries could be told apart, one by one, in the list as it is written. */
function compareEntries(writing: Writing, { before, after, written, key }: Lists, path: Steps): boolean {
  const [old, fresh] = [entriesByKey(before, key), entriesByKey(after, key)];
  const places = [...entriesByKey(written, key).keys()];
  if (places.length !== old.size || places.some((place) => !old.has(place))) return false;
  for (const [index, place] of places.entries()) {
    const sides = { before: old.get(place) ?? null, after: fresh.get(place) };
    const at = [...path, index];
    if (sides.after === undefined) writing.edits.push({ path: at, value: undefined });
    else if (!isDeepStrictEqual(sides.before, sides.after))
      compareValues(writing, { before: sides.before, after: sides.after }, at);
  }
  let end = written.length;
  for (const [place, entry] of fresh) {
    if (old.has(place)) continue;
    writing.edits.push({ path: [...path, end], value: entry });
    end += 1;
  }
  return true;
}

/** A patch takes away what an earlier layer says by saying `null`; what no layer says cannot be taken away. */
function remove(writing: Writing, path: Steps): void {
  const isBelow = writing.below.some(({ value }) => valueAt(value, path) !== undefined);
  if (isBelow) writing.edits.push({ path, value: null });
  else if (valueAt(writing.target.value, path) !== undefined) writing.edits.push({ path, value: undefined });
  else writing.faults.push(`live has no ${path.join('.')}, and pawl or the Defaults fill it in`);
}

function valueAt(value: Json, path: Steps): Json | undefined {
  let at: Json | undefined = value;
  for (const part of path) {
    if (isJsonList(at)) at = at[Number(part)];
    else at = isJsonObject(at) ? own(at, String(part)) : undefined;
  }
  return at;
}

/** Entries of lists are removed last, and from their end: until then the others are where they were. */
function inOrder(edits: readonly Edit[]): readonly Edit[] {
  const kept = edits.filter(({ value }) => value !== undefined);
  const removed = edits.filter(({ value }) => value === undefined);
  return [...kept, ...removed.reverse()];
}
