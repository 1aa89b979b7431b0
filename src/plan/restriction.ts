import type { Tier } from '../manifest/bundle-world.ts';
import { isDeepStrictEqual } from 'node:util';
import { compareText } from '../manifest/problem.ts';
import type { ApprovalTerms } from '../policy/approval.ts';
import type { Budget, Condition, FlowRule, GatewayRule, RateRule, SubjectAuthority } from '../policy/authority.ts';
import type { RestrictionKind } from './access.ts';
import { coversHost } from '../manifest/egress-host.ts';

/** One compiled rule that restricts calls of a subject and that no cell and no ceiling shows. */
export interface Restriction {
  readonly kind: RestrictionKind;
  /** Who says it: a policy, a permission, a guard. */
  readonly rule: string;
  /** What it says, for people; text from outside. */
  readonly text: string;
  /** Whether this one, after the plan, refuses whatever that one, before it, refused. When in doubt: no. */
  readonly covers: (was: Restriction) => boolean;
  /** The compiled rule itself, for `covers` of others. */
  readonly of: unknown;
}

/** Whether those who draw on the account of one rule before draw together on that of another after. */
export type Together = (before: string, after: string) => boolean;

/** What the rules of a subject demand besides its cells and ceilings, each by itself; approvals of cells are `asksOf`. */
export function restrictionsOf(authority: SubjectAuthority, together: Together): readonly Restriction[] {
  const { conditions = [], flow = [], rates = [], egress = [], isolation, gateways = [], guards = [] } = authority;
  return [
    ...conditions.map((rule) => conditionOf(rule, authority)),
    ...flow.map((rule) => flowOf(rule, authority)),
    ...rates.map((rule) => rateOf(rule, together)),
    ...authority.budgets.map((budget) => budgetOf(budget, together)),
    ...egress.map(({ rule, hosts }) => egressOf(rule, hosts)),
    ...(isolation === undefined ? [] : [isolationOf(isolation)]),
    ...gateways.map(gatewayOf),
    ...guards.map(guardOf),
  ];
}

/** Those who are asked about one cell. */
export function asksOf(authority: SubjectAuthority, tool: string): readonly Restriction[] {
  const verdict = authority.tools[tool];
  return verdict?.kind === 'ask' ? verdict.asks.map((key) => approvalOf(key, authority.approvals?.[key])) : [];
}

function approvalOf(rule: string, terms: ApprovalTerms | undefined): Restriction {
  return {
    kind: 'approval',
    rule,
    text: termsText(terms),
    of: terms,
    covers: ({ of }) => isAsStrict(terms, of as ApprovalTerms | undefined),
  };
}

/** Who agrees to one way of asking agrees to no other, so that what cannot be compared does not cover. */
function isAsStrict(is: ApprovalTerms | undefined, was: ApprovalTerms | undefined): boolean {
  if (is === undefined || was === undefined) return is === was;
  const [now, then] = [peopleOf(is), peopleOf(was)];
  return (
    isNamed(now) === isNamed(then) &&
    now.groups.every((group) => then.groups.includes(group)) &&
    now.users.every((user) => then.users.includes(user)) &&
    now.min >= then.min &&
    is.ttlMs <= was.ttlMs &&
    (is.fourEyes || !was.fourEyes) &&
    releasesNoMore(is.batch, was.batch)
  );
}

/** One approval releases no call that one of before did not. */
function releasesNoMore(is: ApprovalTerms['batch'], was: ApprovalTerms['batch']): boolean {
  if (is === undefined || was === undefined) return is === undefined;
  return is.max <= was.max && was.same.every((name) => is.same.includes(name));
}

type People = NonNullable<ApprovalTerms['approvers']>;

function peopleOf({ approvers = { groups: [], users: [], min: 1 } }: ApprovalTerms): People {
  return approvers;
}

function isNamed({ groups, users }: People): boolean {
  return groups.length + users.length > 0;
}

/** `2 of group security within 900 s, four eyes`. */
export function termsText(terms: ApprovalTerms | undefined): string {
  if (terms === undefined) return 'nobody is known';
  const { groups, users, min } = peopleOf(terms);
  const named = [...groups.map((group) => `group ${group}`), ...users.map((user) => `user ${user}`)];
  const who = named.length === 0 ? 'whoever has the role approver' : named.join(' or ');
  return `${min} of ${who} within ${terms.ttlMs / 1000} s${terms.fourEyes ? ', four eyes' : ''}${batchText(terms)}`;
}

function batchText({ batch }: ApprovalTerms): string {
  return batch === undefined ? '' : `, releases ${batch.max} more with the same ${batch.same.join(', ')}`;
}

function conditionOf(rule: Condition, { approvals, facts }: SubjectAuthority): Restriction {
  const terms = rule.asks === undefined ? undefined : approvals?.[rule.asks];
  // The same text says another thing of other labels.
  const labels = rule.expr.includes('labels') ? { agent: facts?.agent ?? {}, system: facts?.system ?? {} } : {};
  return {
    kind: 'condition',
    rule: rule.id,
    text: `${rule.kind} ${rule.expr}${rule.kind === 'askIf' ? `: ${termsText(terms)}` : ''}`,
    of: { rule, terms, labels },
    covers: ({ of }) => {
      const was = of as {
        readonly rule: Condition;
        readonly terms: ApprovalTerms | undefined;
        readonly labels: object;
      };
      // Of two texts nobody can prove which one lets fewer calls pass.
      const isSame = rule.kind === was.rule.kind && rule.expr === was.rule.expr;
      return isSame && isDeepStrictEqual(labels, was.labels) && isAsStrict(terms, was.terms);
    },
  };
}

/** No looser than another when it starts no later and says no less of the same class. */
function flowOf(rule: FlowRule, { approvals }: SubjectAuthority): Restriction {
  const terms = rule.asks === undefined ? undefined : approvals?.[rule.asks];
  return {
    kind: 'flow',
    rule: rule.id,
    text: `${rule.what} ${rule.target} after ${rule.when.join(' and ')}${rule.what === 'ask' ? `: ${termsText(terms)}` : ''}`,
    of: { rule, terms },
    covers: ({ of }) => {
      const was = of as { readonly rule: FlowRule; readonly terms: ApprovalTerms | undefined };
      if (rule.target !== was.rule.target || !rule.when.every((one) => was.rule.when.includes(one))) return false;
      return rule.what === 'deny' || (was.rule.what === 'ask' && isAsStrict(terms, was.terms));
    },
  };
}

function rateOf(rule: RateRule, together: Together): Restriction {
  return {
    kind: 'rate',
    rule: rule.id,
    text: `${rule.limit} calls in ${rule.windowMs / 1000} s by ${rule.key}`,
    of: rule,
    covers: ({ of }) => {
      const was = of as RateRule;
      const isSame = rule.key === was.key && rule.windowMs === was.windowMs && rule.limit <= was.limit;
      return isSame && together(policyOf(was.id), policyOf(rule.id));
    },
  };
}

/** The figure is a ceiling; here it is with whom the account is shared. */
function budgetOf(budget: Budget, together: Together): Restriction {
  const { scope, unit, window } = budget;
  return {
    kind: 'budget',
    rule: budget.id,
    text: `${scope}.${unit}${window === undefined ? '' : `.${window}`} up to ${budget.limit}`,
    of: budget,
    covers: ({ of }) => {
      const was = of as Budget;
      const isSame = scope === was.scope && unit === was.unit && window === was.window && budget.limit <= was.limit;
      return isSame && together(policyOf(was.id), policyOf(budget.id));
    },
  };
}

function egressOf(rule: string, hosts: readonly string[]): Restriction {
  return {
    kind: 'egress',
    rule,
    text: hosts.length === 0 ? 'no host' : hosts.join(', '),
    of: hosts,
    covers: ({ of }) => hosts.every((host) => (of as readonly string[]).some((known) => coversHost(known, host))),
  };
}

const tiers: readonly Tier[] = ['inline', 'process', 'sandbox', 'container', 'wasm'];

function isolationOf({ rule, min }: NonNullable<SubjectAuthority['isolation']>): Restriction {
  return {
    kind: 'isolation',
    rule,
    text: `at least ${min}`,
    of: min,
    covers: ({ of }) => tiers.indexOf(min) >= tiers.indexOf(of as Tier),
  };
}

function gatewayOf(rule: GatewayRule): Restriction {
  const { require, allow } = rule;
  return {
    kind: 'gateway',
    rule: rule.rule,
    text: `${require.join(' and ') || 'no'} calls through ${allow === undefined ? 'any gateway' : allow.join(', ') || 'no gateway'}`,
    of: rule,
    covers: ({ of }) => {
      const was = of as GatewayRule;
      if (!was.require.every((sort) => require.includes(sort))) return false;
      return was.allow === undefined || (allow !== undefined && allow.every((name) => was.allow?.includes(name)));
    },
  };
}

function guardOf(name: string): Restriction {
  return {
    kind: 'guard',
    rule: `Guard/${name}`,
    text: 'looks at calls',
    of: name,
    covers: ({ of }) => of === name,
  };
}

/** `AgentPolicy/ns/name#1` is of `AgentPolicy/ns/name`. */
export function policyOf(id: string): string {
  const at = id.indexOf('#');
  return at < 0 ? id : id.slice(0, at);
}

/** What nothing on the other side covers. */
export function uncovered(from: readonly Restriction[], by: readonly Restriction[]): readonly Restriction[] {
  return from
    .filter((was) => {
      const others = by.filter(({ kind }) => kind === was.kind);
      // Nearly every rule is what it was, and whom another one reaches is much to find out.
      const isStill = others.some((is) => is.rule === was.rule && isDeepStrictEqual(is.of, was.of));
      return !isStill && !others.some((is) => is.covers(was));
    })
    .sort((a, b) => compareText(a.kind, b.kind) || compareText(a.rule, b.rule));
}
