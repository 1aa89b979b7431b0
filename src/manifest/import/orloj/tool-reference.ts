import { addressOf, type Identity } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { governanceOf } from './governance.ts';
import { nameKey, orlojName } from './orloj-name.ts';

/** What a server offers under the name `<server>--<tool>`, where no Tool has that name. */
export interface ServerTool {
  readonly server: ForeignDocument;
  /** As the server calls it. */
  readonly tool: string;
}

export function serverTool(reference: string, from: string, conversion: Conversion): ServerTool | undefined {
  const { namespace = from, name } = orlojName(reference);
  const governance = governanceOf(conversion.estate);
  if (governance.tool(reference, from) !== undefined) return undefined;
  const servers = governance.servers.filter(
    (document) => document.namespace === namespace && name.startsWith(`${document.name}--`),
  );
  const [server] = servers.sort((one, other) => other.name.length - one.name.length);
  return server === undefined ? undefined : { server, tool: name.slice(server.name.length + 2) };
}

/** A reference to a tool as pawl writes it; of a server's tool, to the Tool that is made for it. */
export function referToTool(node: ForeignNode, reference: string, conversion: Conversion): string {
  const from = node.document.namespace;
  const found = serverTool(reference, from, conversion);
  if (found !== undefined) return conversion.mention(node, toolOfServer(found, conversion));
  const { namespace, name } = orlojName(reference);
  const written = governanceOf(conversion.estate).tool(reference, from);
  return conversion.refer(node, { kinds: ['Tool'], namespace, name: written?.name ?? name, as: 'Tool' });
}

const made = new WeakMap<Conversion, Map<string, Identity>>();

/**
 * The Tool of type `mcp` that stands for one tool of a server, made once: what rules name has to be a resource. Orloj
 * makes such a Tool of every one, and takes it for a read of low risk.
 */
export function toolOfServer({ server, tool }: ServerTool, conversion: Conversion): Identity {
  const known = made.get(conversion) ?? new Map<string, Identity>();
  made.set(conversion, known);
  const at = `${server.namespace}/${server.name}--${tool}`;
  const same = known.get(at);
  if (same !== undefined) return same;
  const namespace = conversion.estate.namespaceOf(server.namespace);
  const name = conversion.freeName('Tool', namespace, `${server.name}--${tool}`);
  const identity: Identity = { kind: 'Tool', namespace, name };
  known.set(at, identity);
  const serverRef = conversion.identityOf(server).name;
  conversion.mentions.push({
    from: server,
    node: server.root.at('metadata', 'name'),
    address: addressOf({ kind: 'McpServer', namespace, name: serverRef }),
  });
  conversion.emit(server, {
    ...identity,
    spec: {
      type: 'mcp',
      description: `The tool ${tool} of the MCP server ${server.name}.`,
      operation: 'read',
      risk: 'low',
      mcp: { serverRef, tool },
    },
    remarks: [
      'Rules name this tool, so it is a resource of its own. Orloj takes every tool of a server for a read of low risk: say what it does.',
    ],
  });
  return identity;
}

/** Whether a ToolPermission or an AgentPolicy of the namespace names the tool. */
export function isGoverned(reference: string, from: string, conversion: Conversion): boolean {
  const governance = governanceOf(conversion.estate);
  if (governance.hasRules(from, reference)) return true;
  const { namespace = from } = orlojName(reference);
  return governance.policies.some(
    (document) =>
      [from, namespace].includes(document.namespace) &&
      document.spec
        .get('blocked_tools')
        .items()
        .some(({ value }) => typeof value === 'string' && nameKey(value) === nameKey(reference)),
  );
}
