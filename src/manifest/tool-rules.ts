import type { Estate, Sound } from './estate.ts';
import { objectAt } from './manifest-reference.ts';
import type { Address } from './resource.ts';

/** The ToolPermissions of a tool that reach an agent or a system: those that reach all first. */
export type ToolRules = (tool: Address, subject: Address) => readonly Sound[];

/** Finds them by look-ups: thousands may be of one tool, and thousands of agents call it. */
export function toolRules({ byKind }: Pick<Estate, 'byKind'>): ToolRules {
  const permissions = byKind.get('ToolPermission');
  if (permissions === undefined) return () => none;
  const known = made.get(permissions);
  if (known !== undefined) return known;
  const rules = rulesAmong(permissions);
  made.set(permissions, rules);
  return rules;
}

const none: readonly Sound[] = [];

// The list is the same one from commit to commit while no ToolPermission differs.
const made = new WeakMap<readonly Sound[], ToolRules>();

interface OfTool {
  readonly global: Sound[];
  readonly named: Map<Address, Sound[]>;
}

function rulesAmong(permissions: readonly Sound[]): ToolRules {
  const byTool = new Map<Address, OfTool>();
  for (const permission of permissions) {
    const isGlobal = objectAt(permission.content.manifest, 'spec')['global'] === true;
    for (const { kind, address: tool } of permission.references) {
      if (kind !== 'Tool') continue;
      const rules = byTool.get(tool) ?? { global: [], named: new Map<Address, Sound[]>() };
      byTool.set(tool, rules);
      if (isGlobal) rules.global.push(permission);
      else {
        for (const subject of namedBy(permission)) {
          const named = rules.named.get(subject);
          if (named === undefined) rules.named.set(subject, [permission]);
          else named.push(permission);
        }
      }
    }
  }
  return (tool, subject) => {
    const rules = byTool.get(tool);
    if (rules === undefined) return none;
    const named = rules.named.get(subject);
    return named === undefined ? rules.global : [...rules.global, ...named];
  };
}

function namedBy({ references }: Sound): ReadonlySet<Address> {
  return new Set(references.flatMap(({ kind, address }) => (kind === 'Tool' ? [] : [address])));
}
