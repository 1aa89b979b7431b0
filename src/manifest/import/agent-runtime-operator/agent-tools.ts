import type { JsonObject } from '../../json.ts';
import type { Identity } from '../../resource.ts';
import type { Conversion, Emitted } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { foreignKey } from '../foreign-estate.ts';
import { type ImportedPermission, serverPermission } from '../imported-role.ts';
import { serverSpec } from './server-spec.ts';
import { externalUrl } from './upstream.ts';

/** What an agent takes of servers, and what that needs. */
export interface ServerTools {
  readonly tools: readonly JsonObject[];
  readonly permissions: readonly ImportedPermission[];
}

/** The servers that an agent lists, with all tools of each, as the operator gives them. */
export function toolsOf(list: ForeignNode, conversion: Conversion): ServerTools {
  const tools = new Map<string, JsonObject>();
  const permissions: ImportedPermission[] = [];
  for (const tool of list.items()) {
    tool.get('name').text();
    const headers = tool.get('propagatedHeaders');
    if (headers.texts().length > 0)
      headers.drop({
        message: 'pawl passes no headers of a caller on: the server is called without them.',
        help: 'Give the server a credential of its own, in `auth` or `headersFrom` of the McpServer.',
      });
    const server = serverOf(tool, conversion);
    if (server === undefined) continue;
    const reference = conversion.mention(tool, server);
    if (tools.has(reference)) tool.ignore('The same server is in an entry before.');
    else {
      tools.set(reference, { mcpServerRef: reference, tools: ['*'] });
      permissions.push(serverPermission(server.namespace, server.name));
    }
  }
  return { tools: [...tools.values()], permissions };
}

function serverOf(tool: ForeignNode, conversion: Conversion): Identity | undefined {
  const upstream = tool.get('upstream');
  const external = upstream.at('external', 'url');
  if (external.exists) return externalServer(tool, external, conversion);
  const [kind, reference] = upstream.get('toolRouteRef').exists
    ? (['ToolRoute', upstream.get('toolRouteRef')] as const)
    : (['ToolServer', upstream.get('toolServerRef')] as const);
  const { estate } = conversion;
  const namespace = reference.get('namespace').text() ?? tool.document.namespace;
  const name = reference.get('name').text() ?? '';
  const found = estate.find(foreignKey(kind, namespace, name), tool.document);
  if (found !== undefined) return conversion.identityOf(found);
  const own = estate.namespaceOf(namespace);
  return { kind: 'McpServer', namespace: own, name: estate.undeclaredName('McpServer', own, name) };
}

const servers = new WeakMap<Conversion, Map<string, Emitted>>();

/** A server that is only a URL: one McpServer in a namespace, whoever lists it. */
function externalServer(tool: ForeignNode, node: ForeignNode, conversion: Conversion): Identity | undefined {
  const url = externalUrl(node, 'drop');
  if (url === undefined) return undefined;
  const { document } = tool;
  const known = servers.get(conversion) ?? new Map<string, Emitted>();
  servers.set(conversion, known);
  const namespace = conversion.estate.namespaceOf(document.namespace);
  const key = `${namespace} ${url}`;
  const earlier = known.get(key);
  if (earlier !== undefined) {
    if (!earlier.from.includes(document)) earlier.from.push(document);
    return earlier;
  }
  const name = conversion.freeName('McpServer', namespace, tool.get('name').text() ?? '');
  const made = conversion.emit(document, { kind: 'McpServer', namespace, name, spec: serverSpec(node, { url }) });
  known.set(key, made);
  return made;
}
