import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Tier } from '../manifest/bundle-world.ts';
import type { Condition, FlowRule, SubjectAuthority } from './authority.ts';
import type { AskingRules } from './compile-ask.ts';
import { kept } from './kept.ts';
import type { Rule } from './reach.ts';

export type CallRules = Pick<
  SubjectAuthority,
  'conditions' | 'flow' | 'egress' | 'isolation' | 'gateways' | 'maxOutputTokens'
>;

/** What policies say of single calls rather than of cells, as members of a row; each is absent where none says it. */
export function callRulesOf(policies: readonly Rule<'AgentPolicy'>[], asks: AskingRules): CallRules {
  const saying = policies.filter(saysMore);
  if (saying.length === 0) return {};
  const conditions = saying.flatMap((policy) => conditionsOf(policy, asks)).sort(byId);
  const flow = saying.flatMap((policy) => flowOf(policy, asks)).sort(byId);
  const egress = saying.flatMap(({ address: rule, spec }) =>
    spec.egress === undefined ? [] : [{ rule, hosts: [...spec.egress.hosts].sort(compareText) }],
  );
  const gateways = saying.flatMap(gatewaysOf);
  return {
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(flow.length === 0 ? {} : { flow }),
    ...(egress.length === 0 ? {} : { egress }),
    ...floorOf(saying),
    ...(gateways.length === 0 ? {} : { gateways }),
    ...clampOf(saying),
  };
}

/** A fleet's policies mostly say nothing of single calls. */
const saysMore = kept(({ spec }: Rule<'AgentPolicy'>): boolean => {
  const { conditions, flow, egress, isolation, gateways, models } = spec;
  return [conditions, flow, egress, isolation, gateways, models?.maxOutputTokens].some((one) => one !== undefined);
});

function conditionsOf({ address, spec }: Rule<'AgentPolicy'>, asks: AskingRules): readonly Condition[] {
  return (spec.conditions ?? []).map(({ name, kind, expr }) => {
    const condition = { id: `${address}#${name}`, kind, expr };
    return kind === 'askIf' ? { ...condition, asks: asks.add(address, spec.approval) } : condition;
  });
}

function flowOf({ address, spec }: Rule<'AgentPolicy'>, asks: AskingRules): readonly FlowRule[] {
  return (spec.flow ?? []).map(({ name, when, deny, ask }) => {
    const sorted = [...when].sort(compareText);
    const target = deny ?? ask;
    if (target === undefined)
      throw new TypeError(`${address} has a flow rule that does nothing: validation comes first`);
    const what = deny === undefined ? 'ask' : 'deny';
    // Named by what it says where it has no name: the same whatever the order of the list.
    const id = `${address}#${name ?? `flow-${sorted.join('-')}-${what}-${target}`}`;
    const rule = { id, when: sorted, what, target } as const;
    return what === 'ask' ? { ...rule, asks: asks.add(address, spec.approval) } : rule;
  });
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return compareText(a.id, b.id);
}

export function gatewaysOf({ address, namespace, spec }: Rule<'AgentPolicy'>) {
  if (spec.gateways === undefined) return [];
  const { require = [], allow } = spec.gateways;
  const paths = allow && [...new Set(allow.map((name) => qualify(name, namespace)))].sort(compareText);
  return [{ rule: address, require: [...require].sort(compareText), ...(paths === undefined ? {} : { allow: paths }) }];
}

/** The weakest first. */
const tiers: readonly Tier[] = ['inline', 'process', 'sandbox', 'container', 'wasm'];

/** The strongest floor; of the same, the first policy by address. */
export function floorOf(policies: readonly Rule<'AgentPolicy'>[]): Pick<SubjectAuthority, 'isolation'> {
  let isolation: SubjectAuthority['isolation'];
  for (const { address: rule, spec } of policies) {
    const min = spec.isolation?.min;
    if (min === undefined || (isolation !== undefined && tiers.indexOf(min) <= tiers.indexOf(isolation.min))) continue;
    isolation = { rule, min };
  }
  return isolation === undefined ? {} : { isolation };
}

function clampOf(policies: readonly Rule<'AgentPolicy'>[]): Pick<SubjectAuthority, 'maxOutputTokens'> {
  let clamp: SubjectAuthority['maxOutputTokens'];
  for (const { address: rule, spec } of policies) {
    const tokens = spec.models?.maxOutputTokens;
    if (tokens !== undefined && (clamp === undefined || tokens < clamp.tokens)) clamp = { rule, tokens };
  }
  return clamp === undefined ? {} : { maxOutputTokens: clamp };
}
