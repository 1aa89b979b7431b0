import type { Identity } from '../../resource.ts';
import { gives } from '../../resolve-grant.ts';
import type { Verdict } from './governance.ts';

/** A permission of pawl, and the namespace that its tool is of. */
export interface Permission {
  readonly namespace: string;
  /** As it is written there. */
  readonly permission: string;
  /** As the gate compares it: with the namespace in it. */
  readonly text: string;
}

export function permissionIn(permission: string, namespace: string): Permission {
  const [kind = '', name = '', operation = ''] = permission.split(':');
  const text = kind === 'tool' ? `tool:${namespace}/${name}:${operation}` : permission;
  return { namespace, permission, text };
}

/** A ToolPermission as it is written for pawl. */
export interface PawlRule {
  readonly namespace: string;
  /** Of the ToolPermission that it came out of. */
  readonly name: string;
  readonly required: readonly Permission[];
  readonly any: boolean;
  /** On each operation of the tool. */
  readonly verdicts: readonly Verdict[];
}

/** All that pawl looks at when an agent calls a tool, but for the agent's roles. */
export interface PawlUse {
  readonly tool: Identity;
  readonly operations: readonly string[];
  readonly rules: readonly PawlRule[];
}

/** What the rules make of a call that is granted. */
export function ruleVerdict({ rules }: PawlUse): Verdict {
  const verdicts = rules.flatMap((rule) => rule.verdicts);
  if (verdicts.includes('deny')) return 'deny';
  return verdicts.includes('approval_required') ? 'approval_required' : 'allow';
}

/** Whether pawl lets any call pass, be it after people were asked: the same as its gate decides, from the same rules. */
export function passes(use: PawlUse, given: ReadonlySet<string>): boolean {
  return ruleVerdict(use) !== 'deny' && lacking(use, given).length === 0;
}

/** What a call takes and `given` does not hold; of permissions of which any will do, the first. */
export function lacking(use: PawlUse, given: ReadonlySet<string>): readonly Permission[] {
  const demands = use.rules.filter(({ required }) => required.length > 0);
  const missing = demands.flatMap(({ required, any }) => {
    const absent = required.filter(({ text }) => !gives(given, text));
    if (!any) return absent;
    return absent.length === required.length ? absent.slice(0, 1) : [];
  });
  // A rule of the tool's own namespace takes the place of its operations.
  if (demands.some(({ namespace }) => namespace === use.tool.namespace)) return missing;
  return [...missing, ...operationsWanted(use).filter(({ text }) => !gives(given, text))];
}

function operationsWanted({ tool, operations }: PawlUse): readonly Permission[] {
  return operations.map((operation) => permissionIn(`tool:${tool.name}:${operation}`, tool.namespace));
}
