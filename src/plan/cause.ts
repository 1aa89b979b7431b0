import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { originsOf } from '../manifest/origin.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address, Kind, Place, Resource } from '../manifest/resource.ts';
import type { Cause } from './access.ts';
import type { FieldChange } from './change.ts';
import { fieldPlace } from './field-place.ts';
import { fieldDiff } from './fields.ts';
import { sensitiveFields } from './sensitive.ts';
import type { Sides } from './sides.ts';

/** The causes that a set of changes is, with where each is written and which of its fields may be behind it. */
export type CauseFinder = (addresses: readonly Address[]) => readonly Cause[];

/** What of a kind bears on cells, limits and reach; of other kinds, everything that changes. */
const powers: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  Agent: ['metadata.labels', 'spec.tools', 'spec.roles', 'spec.modelRef', 'spec.limits'],
  AgentSystem: ['metadata.labels', 'spec.graph', 'spec.roles', 'spec.limits'],
  Tool: ['spec.operation'],
};

/** Finding a field means reading its file again. Where more than these change at once, the rest are told by resource. */
const placedMax = 500;

/** Causes are looked up far more often than there are changes, and those of equal sets are one object. */
export function causeFinder(sides: Sides): CauseFinder {
  const single = new Map<Address, readonly Cause[]>();
  const sets = new Map<string, readonly Cause[]>();
  const one = (address: Address): readonly Cause[] => {
    const known = single.get(address);
    if (known !== undefined) return known;
    const whole = causesOf(address, sides);
    const found = single.size < placedMax ? whole.map((cause) => atField(cause, sides)) : whole;
    single.set(address, found);
    return found;
  };
  return (addresses) => {
    if (addresses.length === 1) return one(addresses[0] ?? '');
    const key = addresses.join(' ');
    const known = sets.get(key);
    if (known !== undefined) return known;
    const found = unique(addresses.flatMap(one));
    sets.set(key, found);
    return found;
  };
}

/** Fields that differ between record and target; nothing where one side does not have the resource at all. */
export function fieldsChanged(address: Address, sides: Sides): readonly FieldChange[] {
  const change = sides.changes.get(address);
  const before = sides.before.get(change?.previousAddress ?? address);
  const after = sides.after.get(change?.address ?? address);
  if (before === undefined || after === undefined) return [];
  if (change !== undefined && change.beforeDigest === before.digest && change.afterDigest === after.digest)
    return change.fields;
  const { kind } = after;
  return fieldDiff(kind, { before: before.manifest, after: after.manifest }, sensitiveFields(kind)).fields;
}

export function placeIn({ changes, before, after }: Sides, address: Address): Place {
  return changes.get(address)?.place ?? after.get(address)?.place ?? before.get(address)?.place ?? nowhere;
}

/** A cause that is one field points at it, where that is known; any other, and all of what is new, at its resource. */
export function atField(cause: Cause, sides: Sides): Cause {
  const { address, fields } = cause;
  const resource = sides.after.get(address);
  if (resource === undefined) return cause;
  const isNew = !sides.before.has(sides.changes.get(address)?.previousAddress ?? address);
  const place = isNew ? undefined : fieldPlace(resource, fields);
  return { ...cause, place: place ?? placeIn(sides, address) };
}

const nowhere: Place = { file: '', line: 1, column: 1 };

function causesOf(address: Address, sides: Sides): readonly Cause[] {
  const kind = address.slice(0, address.indexOf('/')) as Kind;
  const changed = fieldsChanged(address, sides);
  const bearing = changed.filter(({ path }) => powers[kind]?.some((power) => path.startsWith(power)) ?? true);
  const fields = bearing.length > 0 ? bearing : changed;
  const given = new Map<Address, string[]>();
  const own: string[] = [];
  for (const field of fields) {
    const from = defaultsBehind(field, { address, kind }, sides);
    if (from === undefined) own.push(field.path);
    else given.set(from.address, [...(given.get(from.address) ?? []), from.field]);
  }
  const defaults = [...given].map(([from, paths]) => ({
    address: from,
    place: placeIn(sides, from),
    fields: paths.sort(compareText),
  }));
  if (defaults.length > 0 && own.length === 0) return defaults;
  return [{ address, place: placeIn(sides, address), fields: own.sort(compareText) }, ...defaults];
}

/** Which field of Defaults gives a field of a kind. */
const givenBy: Readonly<Partial<Record<Kind, Readonly<Record<string, string>>>>> = {
  Agent: {
    'spec.modelRef': 'spec.modelRef',
    'spec.limits.timeout': 'spec.timeouts.agent',
    'spec.runtime': 'spec.runtime',
  },
  AgentSystem: { 'spec.limits.timeout': 'spec.timeouts.system' },
  Tool: { 'spec.timeout': 'spec.timeouts.tool' },
};

/**
 * The Defaults that the field moved with: its file is where somebody changed something. They gave the value, on each
 * side that they have one for; a value that the author wrote is never theirs.
 */
function defaultsBehind(
  { path }: FieldChange,
  { address, kind }: { readonly address: Address; readonly kind: Kind },
  sides: Sides,
): { readonly address: Address; readonly field: string } | undefined {
  const field = givenBy[kind]?.[path] ?? (path.startsWith('spec.limits.') ? path : undefined);
  const resource = sides.after.get(address);
  if (field === undefined || resource === undefined || isWritten(resource, path)) return undefined;
  const found = sides.changed.find((changed) => {
    if (!changed.startsWith('Defaults/')) return false;
    const forms = [sides.before, sides.after].map((side) => [side.get(changed), side.get(address)] as const);
    const values = forms.map(([defaults]) => valueAt(defaults, field));
    return (
      forms.some(([defaults]) => defaults !== undefined && isFor(defaults, resource.namespace)) &&
      !isDeepStrictEqual(values[0], values[1]) &&
      forms.every(([, own], side) => values[side] === undefined || isDeepStrictEqual(values[side], valueAt(own, path)))
    );
  });
  return found === undefined ? undefined : { address: found, field };
}

function isWritten(resource: Resource, path: string): boolean {
  return originsOf(resource).get(`/${path.replaceAll('.', '/')}`) === 'manifest';
}

function isFor({ manifest, namespace }: Resource, of: string): boolean {
  return namespace === of || valueAt({ manifest }, 'spec.scope') === 'environment';
}

function valueAt(resource: { readonly manifest: JsonObject } | undefined, path: string): Json | undefined {
  return path
    .split('.')
    .reduce<Json | undefined>((value, key) => (isJsonObject(value) ? own(value, key) : undefined), resource?.manifest);
}

function unique(causes: readonly Cause[]): readonly Cause[] {
  const merged = new Map<Address, Cause>();
  for (const cause of causes) {
    const known = merged.get(cause.address);
    const fields =
      known === undefined ? cause.fields : [...new Set([...known.fields, ...cause.fields])].sort(compareText);
    merged.set(cause.address, { ...cause, fields });
  }
  return [...merged.values()];
}
