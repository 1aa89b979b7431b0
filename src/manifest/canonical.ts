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
  const spec = kind === 'Tool' ? asDraft(manifest['spec']) : undefined;
  if (spec === undefined) return;
  const written = spec['operation'];
  const operations = typeof written === 'string' ? [written] : isJsonList(written) ? written.map(String) : [];
  spec['operation'] = operations.sort(compareText);
}

/** The amounts of a canonical manifest as an author would write them: its schema speaks of dollars. */
export function writeInDollars(kind: Kind, manifest: Draft): void {
  rewrite(manifest, numberFieldsOf(kind), (value, unit) =>
    unit === 'microUsd' && typeof value === 'number' ? value / 1e6 : value,
  );
}

/** Walks only where the schema has a number. */
function rewrite(
  holder: Json | undefined,
  fields: NumberFields | undefined,
  change: (value: Json, unit: NumberUnit) => Json,
): void {
  const draft = asDraft(holder);
  if (fields === undefined || draft === undefined) return;
  const keys = fields.any === undefined ? fields.children.keys() : Object.keys(draft);
  for (const key of keys) {
    const value = draft[key];
    const field = fields.children.get(key) ?? fields.any;
    if (value === undefined || field === undefined || !Object.hasOwn(draft, key)) continue;
    if (field.unit === undefined) rewrite(value, field, change);
    else draft[key] = change(value, field.unit);
  }
}

/** Only for what `copyOf` made: nobody else can see the change. A list is written to by index. */
function asDraft(value: Json | undefined): Draft | undefined {
  return typeof value === 'object' && value !== null ? (value as Draft) : undefined;
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
