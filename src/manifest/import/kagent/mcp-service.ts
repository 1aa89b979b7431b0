import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { ignored, mapped } from '../field-table.ts';
import type { ForeignDocument } from '../foreign.ts';
import { metadataFields } from '../metadata-fields.ts';
import { flagUnpinned, httpServer, refuseSse } from './mcp-server-spec.ts';

const annotation = 'kagent.dev/mcp-service';

/** A Service of Kubernetes that kagent takes for an MCP server, by its label. */
export const mcpService: ForeignKind = {
  kind: 'Service',
  apiVersions: ['v1'],
  fits: isMcpService,
  fields: {
    ...metadataFields,
    'spec.ports[].port': mapped(
      { type: 'integer', required: true, min: 1, max: 65_535 },
      'the port of `McpServer.spec.url`',
    ),
    'spec.ports[].appProtocol': mapped('string', 'which port is meant: the one of `mcp`'),
    'spec.ports[].*': ignored('any', 'The Service is reached by its name and port.'),
    'spec.*': ignored('any', 'The Service goes on running where it runs.'),
  },
  fate: { fate: 'mapped', becomes: 'McpServer', convert },
};

/** Whether a Service is an MCP server to kagent. */
export function isMcpService({ labels }: ForeignDocument): boolean {
  return labels[annotation] === 'true';
}

function convert(document: ForeignDocument, conversion: Conversion): void {
  const annotations = document.root.at('metadata', 'annotations');
  const protocol = annotations.get(`${annotation}-protocol`);
  if (protocol.text() === 'SSE') return refuseSse(protocol);
  const path = annotations.get(`${annotation}-path`).text() ?? '/mcp';
  const port = portOf(document);
  if (document.isRefused || port === undefined) return;
  flagUnpinned(document);
  const url = `http://${document.name}.${document.namespace}:${port}${path}`;
  document.root
    .get('kind')
    .flag('import.runs_elsewhere', `What the Service leads to goes on running; pawl calls \`${shownText(url)}\`.`);
  conversion.become(document, httpServer(conversion, document.root.get('kind'), url));
}

function portOf(document: ForeignDocument): number | undefined {
  const ports = document.spec.get('ports').items();
  for (const port of ports) {
    port.get('port').number();
    port.get('appProtocol').text();
  }
  const node = document.root.at('metadata', 'annotations').get(`${annotation}-port`);
  const written = node.text();
  if (written !== undefined) {
    if (/^[1-9][0-9]{0,4}$/.test(written)) return Number(written);
    node.refuse({ code: 'import.schema', message: `The port \`${shownText(written)}\` is no whole number.` });
    return undefined;
  }
  const [only, another] = ports;
  const meant =
    another === undefined ? only : ports.find((port) => /^mcp$/i.test(port.get('appProtocol').text() ?? ''));
  if (meant !== undefined) return meant.get('port').number();
  document.spec.get('ports').refuse({
    code: 'import.schema',
    message: 'Which port serves MCP is not said.',
    help: 'Write the annotation `kagent.dev/mcp-service-port`, or `appProtocol: mcp` at the port.',
  });
  return undefined;
}
