import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { ignored, mapped } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { metadataFields } from '../metadata-fields.ts';
import { allowedNamespacesFields, allowedNamespacesRules, shareOf } from './allowed-namespaces.ts';
import { flagUnpinned, headersOf, httpServer, refuseSse, timeoutOf } from './mcp-server-spec.ts';
import { readTls, tlsFields, tlsRules } from './tls.ts';
import { valueRefFields, valueRefRules } from './value-refs.ts';

/** An MCP server elsewhere. */
export const remoteMcpServer: ForeignKind = {
  kind: 'RemoteMCPServer',
  apiVersions: ['kagent.dev/v1alpha2', 'kagent.dev/v1alpha3'],
  fields: {
    ...metadataFields,
    ...allowedNamespacesFields,
    ...tlsFields('refused: pawl trusts the authorities of its machine for MCP servers'),
    ...valueRefFields('spec.headersFrom', { to: '`McpServer.spec.headersFrom`', name: 'name' }),
    'spec.description': mapped({ type: 'string', required: true }, '`McpServer.spec.description`'),
    'spec.protocol': mapped({ type: 'string', enum: ['SSE', 'STREAMABLE_HTTP'] }, '`McpServer.spec.transport: http`'),
    'spec.sseReadTimeout': ignored('string', 'pawl bounds each call as a whole, by `callTimeout`.'),
    'spec.terminateOnClose': ignored('boolean', 'pawl ends the sessions that it began.'),
    'spec.timeout': mapped('string', '`McpServer.spec.callTimeout`'),
    'spec.url': mapped({ type: 'string', required: true, minLength: 1 }, '`McpServer.spec.url`'),
  },
  rules(document) {
    tlsRules(document);
    allowedNamespacesRules(document);
    const { spec } = document;
    const [url, tls] = [spec.get('url'), spec.get('tls')];
    valueRefRules(spec.get('headersFrom'));
    if (typeof url.value === 'string' && url.value.startsWith('http://') && tls.exists)
      tls.refuse({ code: 'import.schema', message: '`spec.tls` stands beside a URL without TLS: keep one.' });
    const from = spec.at('allowedNamespaces', 'from');
    const ca = tls.get('caCertSecretRef').value;
    if ((from.value === 'All' || from.value === 'Selector') && ca !== undefined && ca !== '')
      from.refuse({
        code: 'import.schema',
        message: 'A server with `tls.caCertSecretRef` is for its own namespace alone.',
      });
  },
  fate: { fate: 'mapped', becomes: 'McpServer', convert },
};

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  if (spec.get('protocol').text() === 'SSE') refuseSse(spec.get('protocol'));
  const ca = readTls(spec.get('tls'));
  ca?.node.refuse({
    message: 'pawl trusts the authorities of its machine for MCP servers, and no other.',
    help: 'Add the authority to those of the machine (`NODE_EXTRA_CA_CERTS`), and remove `tls.caCertSecretRef`.',
  });
  const annotations = { ...document.annotations, ...shareOf(conversion, document) };
  const server = given({
    description: spec.get('description').text(),
    ...httpServer(conversion, spec.get('url'), urlOf(spec)),
    headersFrom: headersOf(conversion, spec.get('headersFrom')),
    callTimeout: timeoutOf(spec.get('timeout')),
  });
  if (document.isRefused) return;
  flagUnpinned(document);
  conversion.emit(document, {
    ...conversion.identityOf(document),
    labels: document.labels,
    annotations,
    spec: server,
  });
}

function urlOf(spec: ForeignNode): string | undefined {
  const url = spec.get('url');
  const text = url.text() ?? '';
  if (/^https?:\/\//.test(text)) return text;
  if (!text.includes('://') && spec.get('tls').exists) return `https://${text}`;
  url.refuse({
    message: 'Whether the server is reached with TLS is not said.',
    help: 'Write the URL with `https://` or `http://`.',
  });
  return undefined;
}
