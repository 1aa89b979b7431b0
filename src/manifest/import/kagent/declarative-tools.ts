import type { Conversion } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { importedAgents, type AgentUse } from './agent-references.ts';
import { importedTools, type ImportedTools, type ServerUse } from './agent-tools.ts';
import { agentKinds, serverKinds, typedReference } from './typed-reference.ts';

/** The tools of a declarative agent of the later versions: tool servers and other agents. */
export function declarativeTools(
  conversion: Conversion,
  list: ForeignNode,
): ImportedTools & { readonly agents: ReturnType<typeof importedAgents> } {
  const servers: ServerUse[] = [];
  const agents: AgentUse[] = [];
  for (const tool of list.items()) {
    const type = tool.get('type').text();
    if (type === 'McpServer') servers.push(...serverUse(tool));
    else if (type === 'Agent') agents.push(...agentUse(tool));
    else tool.refuse({ code: 'import.schema', message: 'The tool has no `type`: kagent takes McpServer or Agent.' });
  }
  return { ...importedTools(conversion, list, servers), agents: importedAgents(conversion, agents) };
}

/** Names of the tools that the agent lists, as a template of kagent reads them. */
export function templateToolNames(list: ForeignNode): readonly string[] {
  return list.items().flatMap((tool) => tool.get('mcpServer').get('toolNames').texts());
}

function serverUse(entry: ForeignNode): readonly ServerUse[] {
  const server = entry.get('mcpServer');
  const reference = typedReference(server, serverKinds);
  const toolNames = server.get('toolNames').items();
  for (const name of toolNames) name.text();
  const requireApproval = server.get('requireApproval').texts();
  const headers = server.get('allowedHeaders');
  if (headers.texts().length > 0)
    headers.drop({
      message: 'Headers of whoever calls the agent reach its tools in kagent; pawl passes none of them on.',
      help: 'Give the McpServer its own credential in `auth` or `headersFrom`.',
    });
  if (reference === undefined || hasHeaders(entry, 'the McpServer')) return [];
  return [{ ...reference, entry, toolNames, requireApproval }];
}

function agentUse(entry: ForeignNode): readonly AgentUse[] {
  const isolated = entry.get('isolateSessions').boolean() ?? false;
  const reference = typedReference(entry.get('agent'), agentKinds);
  if (reference === undefined || hasHeaders(entry, 'the agent that is called')) return [];
  return [{ ...reference, entry, isolated }];
}

/** Headers of the caller take the place of the server's own, so that without them it would act as somebody else. */
function hasHeaders(entry: ForeignNode, holder: string): boolean {
  const headers = entry.get('headersFrom');
  if (headers.items().length === 0) return false;
  headers.json();
  entry.drop({
    message: `The headers that this agent alone sends belong to ${holder} in pawl: the entry is left out.`,
    help: 'Write an McpServer of its own with those `headersFrom`, and list that.',
  });
  return true;
}
