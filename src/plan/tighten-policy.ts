import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { qualify } from '../manifest/reference.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { listIn, objectIn, referencesIn, specOf, textsIn } from './spec-members.ts';
import type { Evidence, Proposal, RecordedUse } from './recorded-use.ts';

/** So many windows of a budget say what it needs, and so many runs what one of a run does. */
const windowsMin = 5;
const runsMin = 20;
/** What the window or the run that used most may grow by. */
const headroom = 1.5;

/** A policy whose budgets leave room for what was used and no more, and which allows models that somebody may ask. */
export function tightenedPolicy(policy: Resource, use: RecordedUse, named: ReadonlySet<string>): Proposal | undefined {
  const spec = specOf(policy.manifest);
  const evidence: Evidence[] = [];
  const budgets = fittedBudgets(policy, use, evidence);
  const models = withoutUnasked(policy, { use, named }, evidence);
  if (evidence.length === 0) return undefined;
  return { address: policy.address, after: { ...policy.manifest, spec: { ...spec, ...budgets, ...models } }, evidence };
}

function fittedBudgets(policy: Resource, use: RecordedUse, evidence: Evidence[]): JsonObject {
  const budgets = listIn(specOf(policy.manifest), 'budgets');
  if (budgets.length === 0) return {};
  return {
    budgets: budgets.map((budget) => (isJsonObject(budget) ? fitted(budget, { policy, use }, evidence) : budget)),
  };
}

interface Of {
  readonly policy: Resource;
  readonly use: RecordedUse;
}

function fitted(budget: JsonObject, { policy, use }: Of, evidence: Evidence[]): JsonObject {
  const { unit, limit } = budget;
  const used = mostOf(budget, policy.address, use);
  if (used === undefined || (typeof limit !== 'number' && typeof limit !== 'string')) return budget;
  const needed = Math.max(1, Math.ceil(used.most * headroom));
  // Money is counted in millionths, and written as it was: as text where a number would not be exact.
  const proposed = unit === 'usd' ? needed / 1_000_000 : needed;
  if (!(proposed < Number(limit))) return budget;
  const after: Json = typeof limit === 'string' ? String(proposed) : proposed;
  const field = `spec.budgets[${nameOf(budget)}].limit`;
  evidence.push({ field, before: String(limit), after: String(after), because: used.because });
  return { ...budget, limit: after };
}

/** Undefined: too little is known. All runs together are more than those that the policy reaches: it errs on their side. */
function mostOf(
  of: JsonObject,
  address: Address,
  { budgets, days, most, runs }: RecordedUse,
): { readonly most: number; readonly because: string } | undefined {
  const { scope, unit } = of;
  if (scope === 'run') {
    if (runs < runsMin || (unit !== 'calls' && unit !== 'tokens' && unit !== 'usd')) return undefined;
    const because = `of ${runs} runs in ${days} days none used more than ${shown(unit, most[unit])}; half as much again is left`;
    return { most: most[unit], because };
  }
  const found = budgets.find(({ budget }) => budget === `${address}#${nameOf(of)}`);
  if (found === undefined || found.windows < windowsMin) return undefined;
  const because = `of ${found.windows} windows in ${days} days none used more than ${shown(unit, found.most)}; half as much again is left`;
  return { most: found.most, because };
}

/** As its accounts are named: scope, unit and, where it has one, window. */
function nameOf({ scope, unit, window }: JsonObject): string {
  return [scope, unit, window].filter((one) => typeof one === 'string').join('-');
}

function shown(unit: Json | undefined, amount: number): string {
  return unit === 'usd' ? `$${amount / 1_000_000}` : String(amount);
}

/** Endpoints that an agent or the Defaults name, to ask, to fall back on, to sum up, and a Memory, to embed. */
export function modelsNamed(resources: ReadonlyMap<Address, Resource>): ReadonlySet<string> {
  const named = new Set<string>();
  for (const { kind, namespace, manifest } of resources.values()) {
    if (kind !== 'Agent' && kind !== 'Defaults' && kind !== 'Memory') continue;
    const spec = specOf(manifest);
    const { embeddingRef } = objectIn(spec, 'longTerm');
    const { modelRef } = spec;
    const { summarizerRef } = objectIn(objectIn(spec, 'context'), 'compaction');
    for (const one of [modelRef, summarizerRef, embeddingRef])
      if (typeof one === 'string') named.add(qualify(one, namespace));
    for (const one of referencesIn(spec, 'modelRefs', namespace)) named.add(one);
  }
  return named;
}

/** An endpoint that nobody names and nobody asked is allowed for nothing. A fallback that was never needed is named. */
function withoutUnasked(
  policy: Resource,
  { use, named }: { readonly use: RecordedUse; readonly named: ReadonlySet<string> },
  evidence: Evidence[],
): JsonObject {
  const models = objectIn(specOf(policy.manifest), 'models');
  const allowed = textsIn(models, 'allow');
  if (allowed.length === 0 || use.runs < runsMin) return {};
  const asked = new Set(use.calls.flatMap(({ kind, target }) => (kind === 'model' ? [target] : [])));
  const allow = allowed.filter((reference) => {
    const path = qualify(reference, policy.namespace);
    if (named.has(path) || asked.has(path)) return true;
    const because = `no agent names ${path}, and no call of it in ${use.days} days`;
    evidence.push({ field: `spec.models.allow["${path}"]`, before: 'allowed', after: 'removed', because });
    return false;
  });
  return allow.length === allowed.length ? {} : { models: { ...models, allow } };
}
