import { canonicalText } from '../manifest/digest.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Address } from '../manifest/resource.ts';
import { kept } from '../policy/kept.ts';
import type { Rule } from '../policy/reach.ts';
import type { CoverageChange } from './access.ts';
import type { Attribution } from './attribution.ts';
import { reachedIn } from './authority-reach.ts';
import type { Affected, Comparison } from './authority-scope.ts';
import { subjectIn, type World } from './authority-world.ts';

type Policy = Rule<'AgentPolicy'>;

/**
 * Policies that reached a caller and no longer do, or do now. A policy whose place another takes that says the same of
 * the same callers is not lost, whatever it is called.
 */
export function coverageChanges(
  affected: Affected,
  comparison: Comparison,
  attribution: Attribution,
): readonly CoverageChange[] {
  const { caller, old, tools } = affected;
  if (affected.before === undefined || affected.after === undefined || tools !== undefined) return [];
  const was = comparison.before.view.policiesFor(affected.before);
  const is = comparison.after.view.policiesFor(affected.after);
  if (was.length === is.length && was.every(({ address }, index) => address === is[index]?.address)) return [];
  const isNow = new Map([...comparison.was].map(([now, then]) => [then, now] as const));
  const lost = without(was, is, isNow).filter((policy) => !replaced(policy, is, [comparison.before, comparison.after]));
  const gained = without(is, was, comparison.was).filter(
    (policy) => !replaced(policy, was, [comparison.after, comparison.before]),
  );
  const candidates = attribution.candidates(affected);
  const describe = (policy: Policy, direction: CoverageChange['direction']): CoverageChange => {
    const causes = attribution.causes(candidates, (world) => {
      const subject = subjectIn(world, caller) ?? subjectIn(world, old);
      const has =
        subject !== undefined && world.view.policiesFor(subject).some(({ address }) => address === policy.address);
      return direction === 'widened' ? subject !== undefined && !has : has;
    });
    return { policy: policy.address, ...caller, direction, causes };
  };
  return [
    ...lost.map((policy) => describe(policy, 'widened')),
    ...gained.map((policy) => describe(policy, 'narrowed')),
  ];
}

function without(
  policies: readonly Policy[],
  others: readonly Policy[],
  names: ReadonlyMap<Address, Address>,
): readonly Policy[] {
  const known = new Set(others.map(({ address }) => address));
  return policies.filter(
    (policy) => restrictionOf(policy) !== nothing && !known.has(names.get(policy.address) ?? policy.address),
  );
}

/** Whether others of the policies say all of it of the caller, and nobody drew on an account together who now draws apart. */
function replaced(policy: Policy, others: readonly Policy[], [own, other]: readonly [World, World]): boolean {
  const said = new Map<string, Policy[]>();
  for (const one of others) for (const part of partsOf(one)) said.set(part, [...(said.get(part) ?? []), one]);
  const parts = partsOf(policy);
  if (!parts.every((part) => said.has(part))) return false;
  if (!hasAccounts(policy)) return true;
  const reached = [...(reachedIn(own).get(policy.address) ?? [])];
  return parts.filter(isAccount).every((part) =>
    said.get(part)?.some((one) => {
      const reaching = reachedIn(other).get(one.address);
      return reached.every((key) => reaching?.has(key) === true);
    }),
  );
}

/** Budgets and rates are shared by all whom their policy reaches: cut in two, they are twice as much. */
function hasAccounts({ spec }: Policy): boolean {
  return (spec.budgets?.length ?? 0) > 0 || (spec.rates?.length ?? 0) > 0;
}

const nothing = '{}';

/** What a policy says, however it is called and whomever it reaches: references in full, sets in order. */
const saidBy = kept(({ namespace, spec }: Policy): Json => {
  if (spec.mode === 'audit') return {};
  const { description: _why, owner: _who, targets: _whom, global: _all, mode: _mode, ...rest } = spec;
  return normal(rest as unknown as JsonObject, namespace, []);
});

const restrictionOf = kept((policy: Policy): string => canonicalText(saidBy(policy)));

/**
 * Each thing that a policy says by itself, so that it may say it in another's place: an entry of a list that refuses or
 * asks, with who is asked, and a list that allows as a whole.
 */
const partsOf = kept((policy: Policy): readonly string[] => {
  const said = saidBy(policy);
  const approval = isJsonObject(said) ? (said['approval'] ?? null) : null;
  const parts = (value: Json, path: readonly string[]): readonly Json[] => {
    const name = path.join('.');
    if (name === 'approval') return [];
    if (isJsonObject(value) && path.length < 2 && name !== 'gateways')
      return Object.entries(value).flatMap(([key, member]) => parts(member, [...path, key]));
    if (!isJsonList(value) || whole.has(name)) return [[name, value]];
    return value.map((entry) => (asking.has(name) ? [name, entry, approval] : [name, entry]));
  };
  return parts(said, []).map(canonicalText);
});

/** Lists whose entries loosen; what they leave out is what they say. */
const whole: ReadonlySet<string> = new Set(['models.allow', 'tools.allow', 'egress.hosts']);
const asking: ReadonlySet<string> = new Set(['operations.ask', 'conditions', 'flow']);

function isAccount(part: string): boolean {
  return part.startsWith('["budgets"') || part.startsWith('["rates"');
}

/** Lists that name resources of the policy's namespace, and lists whose order means nothing. */
const references: ReadonlySet<string> = new Set([
  'models.allow',
  'models.deny',
  'tools.allow',
  'tools.deny',
  'guards',
  'gateways.allow',
]);

function normal(value: Json, namespace: string, path: readonly string[]): Json {
  if (Array.isArray(value)) {
    const names = references.has(path.join('.'));
    const entries = (value as readonly Json[]).map((entry) =>
      names && typeof entry === 'string' && entry !== '*' ? qualify(entry, namespace) : normal(entry, namespace, path),
    );
    return entries.sort((a, b) => compareText(canonicalText(a), canonicalText(b)));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]): [string, Json] => [
    key,
    normal(member, namespace, [...path, key]),
  ]);
  return Object.fromEntries(entries.filter(([, member]) => !isEmptyObject(member)));
}

/** `tools: {}` says nothing; an empty list says that nothing is allowed. */
function isEmptyObject(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
