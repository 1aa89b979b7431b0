import { isDeepStrictEqual } from 'node:util';
import { digest, sortedKeys } from '../manifest/digest.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import type { Kind } from '../manifest/resource.ts';
import type { FieldAction, FieldChange } from './change.ts';
import { isByLine, type LineDiff, lineDiffOf } from './lines.ts';
import { entriesByKey, listKeyAt } from './list-keys.ts';
import { type SensitiveTree, sensitiveChild } from './sensitive.ts';

export interface FieldDiff {
  readonly fields: readonly FieldChange[];
  /** Leaf fields that are the same on both sides. */
  readonly unchanged: number;
}

/** Compares two manifests of one resource field by field; identity is the header's business and is left out. */
export function fieldDiff(kind: Kind, sides: Sides<JsonObject>, sensitive: SensitiveTree | undefined): FieldDiff {
  const walk: Walk = { kind, fields: [], unchanged: 0 };
  compare(walk, bodies(sides), { path: '', segments: [], sensitive });
  return { fields: walk.fields, unchanged: walk.unchanged };
}

export interface Sides<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

interface Walk {
  readonly kind: Kind;
  readonly fields: FieldChange[];
  unchanged: number;
}

interface Spot {
  readonly path: string;
  readonly segments: readonly string[];
  readonly sensitive: SensitiveTree | undefined;
}

function bodies({ before, after }: Sides<JsonObject>): Sides<Json> {
  return { before: before && bodyOf(before), after: after && bodyOf(after) };
}

function bodyOf({ metadata, spec }: JsonObject): JsonObject {
  const { name: _name, namespace: _namespace, ...notes } = isJsonObject(metadata) ? metadata : {};
  return { ...(Object.keys(notes).length === 0 ? {} : { metadata: notes }), spec: spec ?? {} };
}

function compare(walk: Walk, sides: Sides<Json>, spot: Spot): void {
  const { before, after } = sides;
  if (before === undefined && after === undefined) return;
  if (isDescendable(before, after, isJsonObject)) return compareObjects(walk, sides as Sides<JsonObject>, spot);
  if (isDescendable(before, after, isJsonList)) {
    const key = listKeyAt(walk.kind, spot.segments);
    if (key !== 'index') {
      const entries = (list: Json | undefined) => (isJsonList(list) ? entriesByKey(list, key) : undefined);
      return compareEntries(walk, { before: entries(before), after: entries(after) }, spot);
    }
    if (isJsonList(before) && isJsonList(after)) return compareIndexes(walk, { before, after }, spot);
  }
  compareLeaf(walk, sides, spot);
}

/** Both sides are of the type, or one is and is not empty while the other is absent: then there is something below. */
function isDescendable(
  before: Json | undefined,
  after: Json | undefined,
  is: (value: Json | undefined) => boolean,
): boolean {
  if (is(before) && is(after)) return true;
  const only = before === undefined ? after : after === undefined ? before : undefined;
  return only !== undefined && is(only) && Object.keys(only ?? {}).length > 0;
}

function compareObjects(walk: Walk, { before, after }: Sides<JsonObject>, spot: Spot): void {
  for (const key of keysOf(before, after)) {
    const path = /^[A-Za-z_][\w-]*$/.test(key)
      ? `${spot.path}${spot.path && '.'}${key}`
      : `${spot.path}[${quote(key)}]`;
    const sides = { before: own(before, key), after: own(after, key) };
    const isModule = walk.kind === 'Tool' && path === 'spec.wasm.content';
    // Nobody reads a module. Its digest stands beside it, and tells of it unless a hand changed one without the other.
    if (isModule && own(before, 'module') !== own(after, 'module')) continue;
    compare(walk, isModule ? digested(sides) : sides, below(spot, key, path));
  }
}

/** In order, by code units as `compareText` has it; of a first plan's resources there is one side. */
function keysOf(before: JsonObject | undefined, after: JsonObject | undefined): readonly string[] {
  if (before === undefined || after === undefined) return sortedKeys(before ?? after ?? {});
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
}

function digested({ before, after }: Sides<Json>): Sides<Json> {
  return { before: before && digest(before), after: after && digest(after) };
}

/** Entries of named lists; one that only one side has is one change, with the entry as its value. */
function compareEntries(walk: Walk, { before, after }: Sides<ReadonlyMap<string, Json>>, spot: Spot): void {
  const keys = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])]);
  for (const key of [...keys].sort(compareText)) {
    const sides = { before: before?.get(key), after: after?.get(key) };
    const entry = below(spot, key, `${spot.path}[${quote(key)}]`);
    if (sides.before === undefined || sides.after === undefined) compareLeaf(walk, sides, entry);
    else compare(walk, sides, entry);
  }
}

function compareIndexes(walk: Walk, { before, after }: Sides<readonly Json[]>, spot: Spot): void {
  const length = Math.max(before?.length ?? 0, after?.length ?? 0);
  for (let index = 0; index < length; index += 1) {
    const sides = { before: before?.[index], after: after?.[index] };
    compare(walk, sides, below(spot, String(index), `${spot.path}[${index}]`));
  }
}

function compareLeaf(walk: Walk, { before, after }: Sides<Json>, { path, sensitive }: Spot): void {
  // Most are texts and numbers, of which a hundred agents have thousands.
  if (before === after || (before !== undefined && after !== undefined && isDeepStrictEqual(before, after))) {
    walk.unchanged += 1;
    return;
  }
  const action: FieldAction = before === undefined ? 'create' : after === undefined ? 'delete' : 'update';
  if (sensitive !== undefined && !(isEmpty(before) && isEmpty(after))) {
    walk.fields.push({ path, action, before: undefined, after: undefined, sensitive: true });
    return;
  }
  const isText = [before, after].every((side) => side === undefined || typeof side === 'string');
  const field = { path, action, before, after, sensitive: false };
  if (!isText) walk.fields.push(field);
  else walk.fields.push(withLines(field, { before: before as string | undefined, after: after as string | undefined }));
}

/** The lines are compared when somebody reads them: of a hundred prompts, who shows the plan does, and apply does not. */
function withLines(field: FieldChange, { before, after }: Sides<string>): FieldChange {
  if (!isByLine(before, after)) return field;
  let found: LineDiff | undefined;
  const diff = (): LineDiff => (found ??= lineDiffOf(before, after));
  return {
    ...field,
    get lines() {
      return diff().lines;
    },
    get split() {
      return diff().split;
    },
  };
}

/** Nothing, or a map or list without entries: there is no value in it to hide. */
function isEmpty(value: Json | undefined): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

function below(spot: Spot, key: string, path: string): Spot {
  return { path, segments: [...spot.segments, key], sensitive: sensitiveChild(spot.sensitive, key) };
}

function quote(key: string): string {
  return JSON.stringify(key);
}
