import { canonicalText } from '../manifest/digest.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import type { Kind } from '../manifest/resource.ts';
import { fieldDiff } from './fields.ts';
import { sensitiveFields } from './sensitive.ts';

/** One content of a resource, from a revision on. */
export interface ContentSince {
  readonly from: number;
  readonly manifest: JsonObject;
}

export interface BlamedField {
  /** As a plan writes it: `spec.limits.maxSteps`. */
  readonly path: string;
  /** Undefined where it must not be shown. */
  readonly value: Json | undefined;
  readonly sensitive: boolean;
  /** The revision that gave the field this value. */
  readonly revision: number;
}

/**
 * Which revision gave each field of a resource the value that it has. `newestFirst`: contents without a gap between
 * them; before the oldest of them the resource was not there, or nobody looked.
 */
export function blame(kind: Kind, newestFirst: readonly ContentSince[]): readonly BlamedField[] {
  const [newest, ...older] = newestFirst;
  if (newest === undefined) return [];
  const since = new Map(Array.from(valuesOf(kind, newest.manifest).keys(), (path) => [path, newest.from]));
  const open = valuesOf(kind, newest.manifest);
  for (const { from, manifest } of older) {
    const values = valuesOf(kind, manifest);
    for (const [path, value] of open) {
      if (values.get(path) === value) since.set(path, from);
      else open.delete(path);
    }
    if (open.size === 0) break;
  }
  return fieldDiff(kind, { before: undefined, after: newest.manifest }, sensitiveFields(kind)).fields.map(
    ({ path, after, sensitive }) => ({ path, value: after, sensitive, revision: since.get(path) ?? newest.from }),
  );
}

/** Leaf fields as text; sensitive ones too, which are compared and not shown. */
function valuesOf(kind: Kind, manifest: JsonObject): Map<string, string> {
  const { fields } = fieldDiff(kind, { before: undefined, after: manifest }, undefined);
  return new Map(fields.map(({ path, after }) => [path, canonicalText(after ?? null)]));
}
