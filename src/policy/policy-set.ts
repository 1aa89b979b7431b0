import { qualify } from '../manifest/reference.ts';
import type { SubjectAuthority } from './authority.ts';
import { AskingRules } from './compile-ask.ts';
import { type CallRules, callRulesOf } from './compile-rules.ts';
import { durationMs } from './duration-ms.ts';
import { kept } from './kept.ts';
import type { Rule } from './reach.ts';
import { type PolicyForm, policyForm } from './rule-form.ts';

type Policy = Rule<'AgentPolicy'>;

/** What policies that reach the same subjects come to, but for what depends on the subject. */
export interface PolicySet {
  /** Those that say something of tools, of operations, or of how calls are kept apart: what cells depend on. */
  readonly onCells: readonly Policy[];
  readonly onModels: readonly PolicyForm[];
  readonly withBudgets: readonly Policy[];
  readonly withRates: readonly Policy[];
  readonly callRules: CallRules;
  /** Those whose call rules ask people. */
  readonly asking: readonly Policy[];
  readonly ceiling: Partial<SubjectAuthority['limits']>;
  /** `namespace/name` of the Guards that they name. */
  readonly guards: readonly string[];
}

/** Of policies by address. */
export const policySetOf = kept((policies: readonly Policy[]): PolicySet => {
  const asks = new AskingRules();
  const callRules = callRulesOf(policies, asks);
  const asked = asks.compiled().approvals ?? {};
  return {
    onCells: policies.filter(
      ({ spec }) => spec.tools !== undefined || spec.operations !== undefined || spec.isolation !== undefined,
    ),
    onModels: policies.map(policyForm).filter(({ models }) => models !== undefined),
    withBudgets: policies.filter(({ spec }) => spec.budgets !== undefined),
    withRates: policies.filter(({ spec }) => spec.rates !== undefined),
    callRules,
    asking: policies.filter(({ address }) => Object.hasOwn(asked, address)),
    ceiling: ceilingOf(policies),
    guards: policies.flatMap(({ namespace, spec }) => (spec.guards ?? []).map((name) => qualify(name, namespace))),
  };
});

type Limits = SubjectAuthority['limits'];
type Ceiling = PolicySet['ceiling'];

const limitNames = ['maxSteps', 'maxToolCalls', 'maxTokens', 'maxCost', 'maxDelegationDepth', 'timeoutMs'] as const;

/** The least of each limit; absent where none says it. */
function ceilingOf(policies: readonly Policy[]): Ceiling {
  let least: Ceiling = {};
  for (const { spec } of policies) {
    if (spec.limits === undefined) continue;
    const { timeout, ...limits } = spec.limits;
    least = {
      ...least,
      ...tighter(least, timeout === undefined ? limits : { ...limits, timeoutMs: durationMs(timeout) }),
    };
  }
  return least;
}

/** What a subject asks for, and at most what its policies leave it. */
export function limitsUnder(own: Limits, ceiling: Ceiling): Limits {
  return { ...own, ...tighter(own, ceiling) };
}

function tighter(own: Ceiling, ceiling: Ceiling): Ceiling {
  const least: { -readonly [Name in keyof Ceiling]: Ceiling[Name] } = {};
  for (const name of limitNames) {
    const [has, most] = [own[name], ceiling[name]];
    if (most !== undefined && (has === undefined || most < has)) least[name] = most;
  }
  return least;
}
