import type { Conversion } from '../conversion.ts';
import { foreignKey } from '../foreign-estate.ts';
import type { ForeignNode } from '../foreign.ts';
import type { ImportedPermission } from '../imported-role.ts';

export interface ToolUse {
  readonly toolRef: string;
  /** What naming it allowed; undefined where there is no such tool to allow. */
  readonly permission: ImportedPermission | undefined;
}

/** The tool that a name means, in the namespace of who names it, and the permission that naming it was. */
export function toolUse(conversion: Conversion, node: ForeignNode): ToolUse {
  const name = node.text() ?? '';
  const { namespace } = node.document;
  const toolRef = conversion.refer(node, { kinds: ['Tool'], name, as: 'Tool' });
  const tool = conversion.estate.find(foreignKey('Tool', namespace, name), node.document);
  if (tool === undefined || tool.isRefused) return { toolRef, permission: undefined };
  const operation = tool.spec.get('type').value === 'retrieval' ? 'read' : 'write';
  const permission = `tool:${conversion.identityOf(tool).name}:${operation}`;
  return { toolRef, permission: { namespace: conversion.estate.namespaceOf(namespace), permission } };
}
