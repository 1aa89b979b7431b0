import { isJsonList, isJsonObject, type Json } from './json.ts';
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
  const spec = draftAt(manifest, 'spec');
  if (kind === 'ModelEndpoint') {
    numbersIn(draftAt(spec, 'parameters'), ['temperature', 'topP', 'maxOutputTokens', 'seed']);
    numbersIn(draftAt(spec, 'pricing'), ['inputPerMTok', 'outputPerMTok']);
  }
  if (kind === 'Tool') numbersIn(draftAt(spec, 'cost'), ['perCall']);
  if (kind === 'AgentPolicy') {
    const budgets = spec?.['budgets'];
    if (isJsonList(budgets)) for (const budget of budgets) numbersIn(asDraft(budget), ['limit']);
  }
}

/** After the shape was found right: one way to write what can be written in several. */
export function canonicalise(kind: Kind, manifest: Draft): void {
  const spec = draftAt(manifest, 'spec');
  if (spec === undefined) return;
  if (kind === 'ModelEndpoint') priceIn(draftAt(spec, 'pricing'), ['inputPerMTok', 'outputPerMTok']);
  if (kind === 'Tool') {
    priceIn(draftAt(spec, 'cost'), ['perCall']);
    const written = spec['operation'];
    const operations = typeof written === 'string' ? [written] : isJsonList(written) ? written.map(String) : [];
    spec['operation'] = operations.sort(compareText);
  }
}

function priceIn(draft: Draft | undefined, fields: readonly string[]): void {
  if (draft === undefined) return;
  for (const field of fields) {
    const price = draft[field];
    if (typeof price === 'number') draft[field] = microUsd(price);
  }
}

export function microUsd(usd: number): number {
  return Math.round(usd * 1e6);
}

/** Whether an amount in US dollars is a whole number of micro-USD, the rounding of doubles aside. */
export function isWholeMicroUsd(usd: number): boolean {
  return Math.abs(usd * 1e6 - Math.round(usd * 1e6)) < 1e-4;
}

const decimal = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$/;

function numbersIn(draft: Draft | undefined, fields: readonly string[]): void {
  if (draft === undefined) return;
  for (const field of fields) {
    const written = draft[field];
    if (typeof written !== 'string' || written.length > 32 || !decimal.test(written)) continue;
    const value = Number(written);
    if (Number.isFinite(value)) draft[field] = value === 0 ? 0 : value;
  }
}

function draftAt(draft: Draft | undefined, key: string): Draft | undefined {
  return asDraft(draft?.[key]);
}

/** Only for what `copyOf` made: nobody else can see the change. */
function asDraft(value: Json | undefined): Draft | undefined {
  return isJsonObject(value) ? (value as Draft) : undefined;
}
