import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import { byAddress, type Rule, type Subject } from './reach.ts';

/**
 * Rules by what they name, each under one of its lists, so that a fleet of a thousand agents does not ask a thousand
 * policies each. Where a rule reaches is still its own to say: this only leaves out what cannot reach.
 */
export interface RuleIndex<R extends Rule<'AgentPolicy'> | Rule<'ToolPermission'>> {
  /** By address. */
  readonly everywhere: readonly R[];
  readonly named: ReadonlyMap<string, readonly R[]>;
}

export function policyIndex(rules: readonly Rule<'AgentPolicy'>[]): RuleIndex<Rule<'AgentPolicy'>> {
  return indexOf(rules, ({ namespace, spec }) => {
    const { agents, systems, namespaces, labels } = spec.targets ?? {};
    const [label] = Object.entries(labels ?? {});
    if (spec.global === true) return undefined;
    if (agents !== undefined) return agents.map((path) => `agent ${qualify(path, namespace)}`);
    if (systems !== undefined) return systems.map((path) => `system ${qualify(path, namespace)}`);
    if (label !== undefined) return [`label ${label[0]} ${label[1]}`];
    return namespaces?.map((name) => `namespace ${name}`);
  });
}

export function permissionIndex(rules: readonly Rule<'ToolPermission'>[]): RuleIndex<Rule<'ToolPermission'>> {
  return indexOf(rules, ({ namespace, spec }) =>
    spec.global === true ? undefined : spec.agents?.map((path) => `agent ${qualify(path, namespace)}`),
  );
}

/** The rules that reach a subject, by address. */
export function reaching<R extends Rule<'AgentPolicy'> | Rule<'ToolPermission'>>(
  { everywhere, named }: RuleIndex<R>,
  subject: Subject,
): readonly R[] {
  const always = everywhere.every((rule) => rule.reaches(subject))
    ? everywhere
    : everywhere.filter((rule) => rule.reaches(subject));
  if (named.size === 0) return always;
  const found = new Set<R>();
  for (const key of keysOf(subject)) {
    for (const rule of named.get(key) ?? []) if (rule.reaches(subject)) found.add(rule);
  }
  return found.size === 0 ? always : byAddress([...always, ...found]);
}

function keysOf({ agent, systems, namespaces, labels }: Subject): readonly string[] {
  return [
    ...(agent === undefined ? [] : [`agent ${agent}`]),
    ...systems.map((path) => `system ${path}`),
    ...namespaces.map((name) => `namespace ${name}`),
    ...labels.flatMap((has) => Object.entries(has).map(([key, value]) => `label ${key} ${value}`)),
  ];
}

/** `keys` says where a rule is looked for; undefined: everywhere. */
function indexOf<R extends Rule<'AgentPolicy'> | Rule<'ToolPermission'>>(
  rules: readonly R[],
  keys: (rule: R) => readonly string[] | undefined,
): RuleIndex<R> {
  const everywhere: R[] = [];
  const named = new Map<string, R[]>();
  for (const rule of rules) {
    const under = keys(rule);
    if (under === undefined) everywhere.push(rule);
    for (const key of under ?? []) {
      const list = named.get(key);
      if (list === undefined) named.set(key, [rule]);
      else list.push(rule);
    }
  }
  return { everywhere: everywhere.sort((a, b) => compareText(a.address, b.address)), named };
}
