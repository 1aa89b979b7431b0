import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Budget, RateRule } from './authority.ts';
import { durationMs } from './duration-ms.ts';
import type { Rule, Subject } from './reach.ts';

type Policy = Rule<'AgentPolicy'>;

/**
 * What a policy lets a subject spend. A run's budgets are numbered after sorting: an account keeps its name however the
 * list is ordered. A shared one is named by what it is, because its account outlives the revision: a policy has one of
 * each scope, unit and window, and a limit that changes or a budget beside it must not begin another account.
 */
export function budgetsOf(policy: Policy, subject: Subject): readonly Budget[] {
  const budgets = (policy.spec.budgets ?? []).map(({ limit, ...budget }) => ({
    ...budget,
    limit: inUnit(budget.unit, limit),
  }));
  const ofRun = budgets.flatMap(({ scope, unit, limit }) => (scope === 'run' ? [{ scope, unit, limit }] : []));
  ofRun.sort((a, b) => compareText(a.unit, b.unit) || a.limit - b.limit);
  const shared = budgets.flatMap(({ scope, unit, limit, window }): readonly Budget[] => {
    if (scope === 'run' || window === undefined) return [];
    const id = `${policy.address}#${scope}-${unit}-${window}`;
    return sharersOf(scope, policy, subject).map((sharedBy) => ({ id, scope, window, sharedBy, unit, limit }));
  });
  shared.sort((a, b) => compareText(a.id, b.id) || compareText(a.sharedBy ?? '', b.sharedBy ?? ''));
  return [...ofRun.map((budget, index) => ({ id: `${policy.address}#${index}`, ...budget })), ...shared];
}

function inUnit(unit: Budget['unit'], limit: number): number {
  // What a number cannot hold exactly nobody will spend.
  return unit === 'usd' ? Math.min(Math.round(limit * 1_000_000), Number.MAX_SAFE_INTEGER) : Math.floor(limit);
}

/** How often a policy lets a subject call; absent: as often as it likes. */
export function ratesOf(policies: readonly Policy[], subject: Subject): { readonly rates?: readonly RateRule[] } {
  const rates = policies.flatMap((policy) => ratesIn(policy, subject));
  return rates.length === 0 ? {} : { rates };
}

function ratesIn(policy: Policy, subject: Subject): readonly RateRule[] {
  const found = new Map<string, RateRule>();
  for (const { key, limit, window } of policy.spec.rates ?? []) {
    const windowMs = durationMs(window);
    const id = `${policy.address}#rate-${key}-${windowMs}`;
    const isShared = key === 'agent' || key === 'system' || key === 'namespace';
    for (const sharedBy of isShared ? sharersOf(key, policy, subject) : [undefined]) {
      const name = `${id} ${sharedBy ?? ''}`;
      // `60s` and `1m` are one window: the lower limit holds.
      const least = Math.min(limit, found.get(name)?.limit ?? limit);
      found.set(name, { id, key, ...(sharedBy === undefined ? {} : { sharedBy }), limit: least, windowMs });
    }
  }
  return [...found.entries()].sort(([a], [b]) => compareText(a, b)).map(([, rule]) => rule);
}

/**
 * Who shares it: the agent that calls; the systems or namespaces that the policy names, of those that the call is in;
 * where it names none, the system that the run is of, and the namespace of that. A system's own tool nodes are no agent.
 */
function sharersOf(
  scope: 'agent' | 'system' | 'namespace',
  { spec, namespace }: Policy,
  subject: Subject,
): readonly string[] {
  if (scope === 'agent') return subject.agent === undefined ? [] : [subject.agent];
  const outermost = subject.systems[0] ?? '';
  if (scope === 'system') {
    const named = new Set((spec.targets?.systems ?? []).map((reference) => qualify(reference, namespace)));
    const among = subject.systems.filter((path) => named.has(path));
    return among.length === 0 ? [outermost] : among;
  }
  const among = subject.namespaces.filter((one) => spec.targets?.namespaces?.includes(one) === true);
  return among.length === 0 ? [outermost.split('/')[0] ?? ''] : among;
}
