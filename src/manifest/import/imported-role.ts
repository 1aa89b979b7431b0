import type { Conversion } from './conversion.ts';
import type { ForeignNode } from './foreign.ts';

/** What the other system lets an agent do because it lists it: a permission in the namespace of the thing. */
export interface ImportedPermission {
  readonly namespace: string;
  /** `tool:<name>:<operation>`; of an MCP server, the name is the server's. */
  readonly permission: string;
}

/**
 * Grants in pawl what another system allows by default: an AgentRole named for the agent, one in each namespace whose
 * tools it lists, flagged at the node. Returns the agent's `roles`.
 */
export function importedRoles(
  conversion: Conversion,
  node: ForeignNode,
  permissions: readonly ImportedPermission[],
): readonly string[] {
  if (permissions.length === 0) return [];
  const { document } = node;
  const { name } = conversion.identityOf(document);
  node.flag(
    'import.default_allow',
    `The other system lets an agent use all that it lists; here the role \`${name}-imported\` grants it: look whether each is meant.`,
  );
  const namespaces = [...new Set(permissions.map(({ namespace }) => namespace))].sort();
  return namespaces.map((namespace) => {
    const identity = {
      kind: 'AgentRole',
      namespace,
      name: conversion.freeName('AgentRole', namespace, `${name}-imported`),
    } as const;
    const granted = permissions.filter((one) => one.namespace === namespace).map(({ permission }) => permission);
    const remarks = ['What the agent lists was allowed by default where it came from: look whether each is meant.'];
    const spec = {
      description: `What ${document.title} was allowed by default.`,
      permissions: [...new Set(granted)].sort(),
    };
    conversion.emit(document, { ...identity, spec, remarks });
    return conversion.mention(node, identity);
  });
}

/** What grants the tools of an MCP server: their own names are known to the pin alone. */
export function serverPermission(namespace: string, server: string): ImportedPermission {
  return { namespace, permission: `tool:${server}:*` };
}
