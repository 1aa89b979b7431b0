import type { Conversion } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { foreignKey } from '../foreign-estate.ts';
import { importedRoles } from '../imported-role.ts';
import { governanceOf, operationsOf } from './governance.ts';
import { orlojName } from './orloj-name.ts';
import { shownText } from '../../shown.ts';

/** The tool that sees the input of a task first, as the first node of a graph. */
export interface ContextNode {
  readonly toolRef: string;
  /** Whether agents get the input as it is where the tool fails. */
  readonly passes: boolean;
  readonly roles: readonly string[];
}

/** What `context_adapter` names; undefined where it names nothing. */
export function contextNode(node: ForeignNode, conversion: Conversion): ContextNode | undefined {
  const written = node.text()?.trim() ?? '';
  if (written === '') return undefined;
  const { namespace = node.document.namespace, name } = orlojName(written);
  const adapter = conversion.estate.find(foreignKey('ContextAdapter', namespace, name), node.document);
  const toolName = adapter?.spec.get('tool_ref').text() ?? '';
  if (adapter === undefined || adapter.isRefused || toolName === '') {
    node.refuse({
      code: 'import.depends',
      message: `The ContextAdapter \`${shownText(written)}\` is in none of the files, or could not be imported.`,
      help: 'Import the file that declares it in the same command.',
    });
    return undefined;
  }
  const passes = adapter.spec.get('on_error').text() === 'passthrough';
  const target = orlojName(toolName);
  const home = target.namespace ?? namespace;
  const toolRef = conversion.refer(node, { kinds: ['Tool'], namespace: home, name: target.name, as: 'Tool' });
  const tool = governanceOf(conversion.estate).tool(toolName, namespace);
  const plain = toolRef.split('/').at(-1) ?? '';
  const permissions = operationsOf(tool).map((operation) => ({
    namespace: conversion.estate.namespaceOf(home),
    permission: `tool:${plain}:${operation}`,
  }));
  return { toolRef, passes, roles: importedRoles(conversion, node, permissions) };
}
