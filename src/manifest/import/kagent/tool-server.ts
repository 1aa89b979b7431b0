import type { JsonObject } from '../../json.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { ignored, mapped, type FieldTable } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { metadataFields } from '../metadata-fields.ts';
import { environmentOf, environmentRules } from './environment.ts';
import { literalValue } from './literal-value.ts';
import { flagUnpinned, headersOf, httpServer, refuseSse, timeoutOf } from './mcp-server-spec.ts';
import { valueRefFields, valueRefRules, valueRefs } from './value-refs.ts';

const env = '`McpServer.spec.env`';

/** A server of the first version, which the controller of later versions no longer knows. */
export const toolServer: ForeignKind = {
  kind: 'ToolServer',
  apiVersions: ['kagent.dev/v1alpha1'],
  fields: {
    ...metadataFields,
    ...httpFields('spec.config.sse', 'refused: pawl speaks Streamable HTTP'),
    ...httpFields('spec.config.streamableHttp', '`McpServer.spec`'),
    ...valueRefFields('spec.config.stdio.envFrom', { to: env, name: 'valueRef' }),
    'spec.config': mapped({ type: 'map', required: true }, '`McpServer.spec`'),
    'spec.config.stdio.args[]': mapped('string', '`McpServer.spec.args`'),
    'spec.config.stdio.command': mapped({ type: 'string', required: true }, '`McpServer.spec.command`'),
    'spec.config.stdio.env': mapped('any', env),
    'spec.config.stdio.readTimeoutSeconds': mapped('integer', '`McpServer.spec.callTimeout`'),
    'spec.config.streamableHttp.terminateOnClose': ignored('boolean', 'pawl ends the sessions that it began.'),
    'spec.config.type': mapped('string', '`McpServer.spec.transport`'),
    'spec.description': mapped({ type: 'string', required: true }, '`McpServer.spec.description`'),
  },
  rules({ spec }) {
    const config = spec.get('config');
    const named = ['stdio', 'sse', 'streamableHttp'].filter((one) => config.get(one).exists);
    if (named.length !== 1) {
      const message = '`spec.config` must have exactly one of `stdio`, `sse` and `streamableHttp`.';
      config.refuse({ code: 'import.schema', message });
    }
    environmentRules(config.at('stdio', 'env'));
    valueRefRules(config.at('stdio', 'envFrom'));
    for (const one of ['sse', 'streamableHttp']) valueRefRules(config.at(one, 'headersFrom'));
  },
  fate: { fate: 'mapped', becomes: 'McpServer', convert },
};

function httpFields(block: string, to: string): FieldTable {
  return {
    ...valueRefFields(`${block}.headersFrom`, { to, name: 'valueRef' }),
    [`${block}.headers`]: mapped('map', to),
    [`${block}.headers.*`]: mapped('any', to),
    [`${block}.sseReadTimeout`]: ignored('string', 'pawl bounds each call as a whole, by `callTimeout`.'),
    [`${block}.timeout`]: mapped('string', to),
    [`${block}.url`]: mapped({ type: 'string', required: true }, to),
  };
}

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const config = spec.get('config');
  config.get('type').text();
  if (config.get('sse').exists) {
    config.get('sse').json();
    return refuseSse(config.get('sse'));
  }
  const server = config.get('stdio').exists
    ? stdioServer(conversion, config.get('stdio'))
    : streamableServer(conversion, config.get('streamableHttp'));
  if (document.isRefused) return;
  flagUnpinned(document);
  conversion.become(document, given({ description: spec.get('description').text(), ...server }));
}

function stdioServer(conversion: Conversion, stdio: ForeignNode): JsonObject {
  const args = stdio.get('args').texts();
  const seconds = stdio.get('readTimeoutSeconds').number();
  const variables = [...environmentOf(conversion, stdio.get('env')), ...valueRefs(conversion, stdio.get('envFrom'))];
  stdio.flag(
    'import.stricter',
    'In kagent the server reaches every host; here none, until `egress.hosts` of the McpServer names them.',
  );
  return given({
    transport: 'stdio',
    command: stdio.get('command').text(),
    args: args.length === 0 ? undefined : args,
    env: variables.length === 0 ? undefined : variables,
    // Ten seconds is what kagent waits, where pawl would wait thirty.
    callTimeout: `${seconds === undefined || seconds < 1 ? 10 : seconds}s`,
    pin: 'onDeclare',
  });
}

function streamableServer(conversion: Conversion, http: ForeignNode): JsonObject {
  const literal = http
    .get('headers')
    .entries()
    .map(([name, node]) => ({ name, ...headerValue(conversion, node, name) }));
  const headers = [...literal, ...(headersOf(conversion, http.get('headersFrom')) ?? [])];
  return given({
    ...httpServer(conversion, http.get('url'), http.get('url').text()),
    headersFrom: headers.length === 0 ? undefined : headers,
    callTimeout: timeoutOf(http.get('timeout')),
  });
}

function headerValue(conversion: Conversion, node: ForeignNode, name: string): JsonObject {
  const { value } = node;
  if (typeof value === 'string') return literalValue(conversion, node, name);
  node.json();
  if (typeof value === 'number' || typeof value === 'boolean') return { value: `${value}` };
  node.refuse({ code: 'import.schema', message: `\`${shownText(node.field)}\` must be a text.` });
  return {};
}
