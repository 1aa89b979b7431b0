import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument } from '../foreign.ts';
import { operatorVersions, serviceUrl } from './cluster-fields.ts';
import { flagCredentials } from '../credential.ts';
import { serverSpec } from './server-spec.ts';
import { toolServerFields } from './tool-server-fields.ts';

/** An MCP server that the operator runs as a Service. */
export const toolServer: ForeignKind = {
  kind: 'ToolServer',
  apiVersions: operatorVersions,
  fields: toolServerFields,
  rules({ spec }) {
    const transport = spec.get('transportType');
    if (transport.text() !== 'sse') return;
    transport.refuse({
      message: 'pawl speaks MCP over streamable HTTP, and this server the older HTTP with server-sent events.',
      help: 'Serve it with `transportType: http`; most MCP servers can do both.',
    });
  },
  fate: {
    fate: 'mapped',
    becomes: 'McpServer',
    convert(document, conversion) {
      const { spec } = document;
      spec.get('protocol').text();
      flagCredentials(spec.get('env'));
      conversion.become(document, serverSpec(spec, { url: toolServerUrl(document) }), [
        'The server goes on running in the cluster; this is the address of its Service.',
      ]);
    },
  },
};

/** Where the Service of a tool server answers. */
export function toolServerUrl(document: ForeignDocument): string {
  const { spec } = document;
  return serviceUrl(document, { port: spec.get('port').number() ?? 8080, path: spec.get('path').text() ?? '/mcp' });
}
