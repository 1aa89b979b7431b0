import type { Json } from '../../json.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import { foreignKey } from '../foreign-estate.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { importedRoles, serverPermission, type ImportedPermission } from '../imported-role.ts';
import { allowsNamespace } from './allowed-namespaces.ts';

/** One tool server that an agent lists, however its version of kagent writes it. */
export interface ServerUse {
  /** The entry of the list: what is left out is left out here. */
  readonly entry: ForeignNode;
  /** Where the server is named. */
  readonly node: ForeignNode;
  readonly kinds: readonly string[];
  readonly namespace: string;
  readonly name: string;
  /** Names as kagent compares them, exactly; empty is all that the server has. */
  readonly toolNames: readonly ForeignNode[];
  readonly requireApproval: readonly string[];
}

/** The `tools` of an agent and the `roles` that grant them. */
export interface ImportedTools {
  readonly tools: readonly Json[];
  readonly roles: readonly string[];
}

/** What an agent lists of tool servers: kagent grants by listing, so that a role of the agent's own grants it here. */
export function importedTools(conversion: Conversion, list: ForeignNode, uses: readonly ServerUse[]): ImportedTools {
  const servers = new Map<string, { readonly tools: Set<string>; readonly asked: Set<string> }>();
  const permissions: ImportedPermission[] = [];
  for (const use of uses) {
    const server = findServer(conversion, use);
    const names = toolGlobs(use);
    if (server === undefined || names.length === 0) continue;
    const identity = conversion.estate.namedAs(server);
    const reference = conversion.refer(use.node, { ...use, as: 'McpServer' });
    const known = servers.get(reference) ?? { tools: new Set(), asked: new Set() };
    // kagent keeps two entries of one server apart; together they list all, and each call asks where either asked.
    for (const name of names) known.tools.add(name);
    for (const name of use.requireApproval) known.asked.add(name);
    servers.set(reference, known);
    if (identity !== undefined) permissions.push(serverPermission(identity.namespace, identity.name));
  }
  const tools = Array.from(servers, ([mcpServerRef, { tools: names, asked }]) => ({
    mcpServerRef,
    tools: names.has('*') ? ['*'] : [...names],
    ...(asked.size === 0 ? {} : { requireApproval: [...asked] }),
  }));
  return { tools, roles: importedRoles(conversion, list, permissions) };
}

/** The server, where it is among the files and may be used from here. */
function findServer(conversion: Conversion, { entry, node, kinds, namespace, name }: ServerUse) {
  const found = findAny(conversion, { node, kinds, namespace, name });
  if (found === undefined) {
    const message = `The ${kinds.join(' or ')} \`${shownText(name)}\` of the namespace \`${shownText(namespace)}\` is in none of the files: its tools are left out.`;
    node.drop({ code: 'import.reference', message, help: 'Import the file that declares it in the same command.' });
    return undefined;
  }
  return mayUse(conversion, entry, found) ? found : undefined;
}

export function findAny(
  { estate }: Conversion,
  { node, kinds, namespace, name }: Pick<ServerUse, 'node' | 'kinds' | 'namespace' | 'name'>,
): ForeignDocument | undefined {
  return kinds.flatMap((kind) => estate.find(foreignKey(kind, namespace, name), node.document) ?? [])[0];
}

/** Whether the other namespace lets it be used, as kagent decides it; what is not allowed is left out. */
export function mayUse(conversion: Conversion, entry: ForeignNode, target: ForeignDocument): boolean {
  const { namespace } = entry.document;
  if (isOfFirstVersion(target) || allowsNamespace(conversion, target, namespace)) return true;
  const message = `${target.kind} ${shownText(`${target.namespace}/${target.name}`)} does not allow the namespace \`${shownText(namespace)}\`: kagent does not let it be used from there, and the entry is left out.`;
  const help = 'Allow the namespace in `allowedNamespaces` there; a selector needs the Namespace among the files.';
  entry.drop({ message, help });
  return false;
}

/** In the first version everybody might use the agents and tool servers of all namespaces. */
function isOfFirstVersion({ kind, apiVersion }: ForeignDocument): boolean {
  return apiVersion === 'kagent.dev/v1alpha1' && (kind === 'Agent' || kind === 'ToolServer');
}

/** Names of tools as pawl may write them: `*` where kagent means all. */
function toolGlobs({ entry, toolNames }: ServerUse): readonly string[] {
  if (toolNames.length === 0) {
    entry.flag(
      'import.all_tools',
      'It names no tools, which in kagent are all that the server has: `*` stands for those in the pin.',
    );
    return ['*'];
  }
  return toolNames.flatMap((node) => {
    const name = node.text() ?? '';
    if (/^[A-Za-z0-9_./-]{1,128}$/.test(name)) return [name];
    const message = `\`${shownText(name)}\` is no name of a tool that pawl can call: it is left out.`;
    const help = 'kagent compares names exactly; write the name of each tool, or none of them for all.';
    node.drop({ message, help });
    return [];
  });
}
