import { isJsonList, isJsonObject, type Json } from './json.ts';
import { type NumberFields, numberFieldsOf, type NumberUnit } from './number-field.ts';
import { compareText } from './problem.ts';
import type { Kind } from './resource.ts';

/** A value that is still being written: a copy that nobody else holds. */
export type Draft = { [key: string]: Json };

/** A copy that shares nothing with what was parsed, so that defaults can be filled in. */
export function copyOf(value: Json): Json {
  if (isJsonList(value)) return value.map(copyOf);
  if (!isJsonObject(value)) return value;
  const copy: Draft = {};
  for (const key of Object.keys(value)) copy[key] = copyOf(value[key] ?? null);
  return copy;
}

/** Before the shape is checked: numbers that were written as text become numbers, so that bounds hold for them too. */
export function readNumbers(kind: Kind, manifest: Draft): void {
  rewrite(manifest, numberFieldsOf(kind), readNumber);
}

/** After the shape was found right: one way to write what can be written in several. */
export function canonicalise(kind: Kind, manifest: Draft): void {
  rewrite(manifest, numberFieldsOf(kind), (value, unit) =>
    unit === 'microUsd' && typeof value === 'number' ? microUsd(value) : value,
  );
  const spec = manifest['spec'];
  if (kind !== 'Tool' || !isDraft(spec)) return;
  const written = spec['operation'];
  const operations = typeof written === 'string' ? [written] : isJsonList(written) ? written.map(String) : [];
  spec['operation'] = operations.sort(compareText);
}

/** Walks only where the schema has a number; only what `copyOf` made, so that nobody else can see the change. */
function rewrite(
  holder: Json | undefined,
  fields: NumberFields | undefined,
  change: (value: Json, unit: NumberUnit) => Json,
): void {
  if (fields === undefined || !isDraft(holder)) return;
  const keys = fields.any === undefined ? fields.children.keys() : Object.keys(holder);
  for (const key of keys) {
    const value = holder[key];
    const field = fields.children.get(key) ?? fields.any;
    if (value === undefined || field === undefined || !Object.hasOwn(holder, key)) continue;
    if (field.unit === undefined) rewrite(value, field, change);
    else holder[key] = change(value, field.unit);
  }
}

/** A list is written to by index. */
function isDraft(value: Json | undefined): value is Draft {
  return typeof value === 'object' && value !== null;
}

const decimal = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$/;
const size = /^([1-9][0-9]{0,11})(KiB|MiB|GiB)$/;
const bytesIn = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** What is no number stays as it is, for the schema to refuse. */
function readNumber(written: Json, unit: NumberUnit): Json {
  if (typeof written !== 'string' || written.length > 32) return written;
  const [, count, suffix] = unit === 'bytes' ? (size.exec(written) ?? []) : [];
  if (suffix === 'KiB' || suffix === 'MiB' || suffix === 'GiB') return Number(count) * bytesIn[suffix];
  if (!decimal.test(written)) return written;
  const value = Number(written);
  if (!Number.isFinite(value)) return written;
  return value === 0 ? 0 : value;
}

export function microUsd(usd: number): number {
  return Math.round(usd * 1e6);
}

/** Whether an amount in US dollars is a whole number of micro-USD, the rounding of doubles aside. */
export function isWholeMicroUsd(usd: number): boolean {
  return Math.abs(usd * 1e6 - Math.round(usd * 1e6)) < 1e-4;
}
