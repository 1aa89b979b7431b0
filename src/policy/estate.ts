import { qualify } from '../manifest/reference.ts';
import type { Address, Kind, Resource } from '../manifest/resource.ts';
import { permissionRule, policyRule, type Rule, type Subject } from './reach.ts';
import { permissionIndex, policyIndex, reaching, type RuleIndex } from './rule-index.ts';
import { addressAt } from './typed.ts';

/** The resources of a snapshot, made ready so that compiling one system looks at what it uses and not at everything. */
export interface Estate {
  readonly resources: ReadonlyMap<Address, Resource>;
  readonly policies: RuleIndex<Rule<'AgentPolicy'>>;
  /** By `namespace/name` of the Tool. */
  readonly permissions: ReadonlyMap<string, RuleIndex<Rule<'ToolPermission'>>>;
}

export function estateOf(resources: ReadonlyMap<Address, Resource>): Estate {
  const policies: Rule<'AgentPolicy'>[] = [];
  const permissions = new Map<string, Rule<'ToolPermission'>[]>();
  for (const resource of resources.values()) {
    if (resource.kind === 'AgentPolicy') policies.push(policyRule(resource));
    if (resource.kind !== 'ToolPermission') continue;
    const rule = permissionRule(resource);
    const tool = qualify(rule.spec.toolRef, rule.namespace);
    const known = permissions.get(tool);
    if (known === undefined) permissions.set(tool, [rule]);
    else known.push(rule);
  }
  const indexed = Array.from(permissions, ([tool, rules]) => [tool, permissionIndex(rules)] as const);
  return { resources, policies: policyIndex(policies), permissions: new Map(indexed) };
}

/** One system's view of the estate, which notes what it was shown: a change of anything else leaves the bundle as it is. */
export interface View {
  readonly used: ReadonlySet<Address>;
  /** Throws where there is none: resolution comes before compiling. */
  resource(kind: Kind, path: string): Resource;
  policiesFor(subject: Subject): readonly Rule<'AgentPolicy'>[];
  permissionsFor(tool: string, subject: Subject): readonly Rule<'ToolPermission'>[];
}

export function viewOf(estate: Estate): View {
  const used = new Set<Address>();
  const note = <R extends { readonly address: Address }>(rules: readonly R[]): readonly R[] => {
    for (const rule of rules) used.add(rule.address);
    return rules;
  };
  return {
    used,
    resource(kind, path) {
      const address = addressAt(kind, path);
      const resource = estate.resources.get(address);
      if (resource === undefined) throw new TypeError(`${address} does not exist: resolution comes before compiling`);
      used.add(address);
      return resource;
    },
    policiesFor: (subject) => note(reaching(estate.policies, subject)),
    permissionsFor(tool, subject) {
      const rules = estate.permissions.get(tool);
      return rules === undefined ? none : note(reaching(rules, subject));
    },
  };
}

const none: readonly Rule<'ToolPermission'>[] = [];
