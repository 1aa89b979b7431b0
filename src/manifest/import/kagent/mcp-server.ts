import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument } from '../foreign.ts';
import { given } from '../given.ts';
import { environmentOf, environmentRules, secretVariables } from './environment.ts';
import { mcpServerFields } from './mcp-server-fields.ts';
import { flagUnpinned, httpServer, timeoutOf } from './mcp-server-spec.ts';

/** An MCP server that kmcp starts in a container. */
export const mcpServer: ForeignKind = {
  kind: 'MCPServer',
  apiVersions: ['kagent.dev/v1alpha1'],
  fields: mcpServerFields,
  rules({ spec }) {
    const deployment = spec.get('deployment');
    environmentRules(deployment.get('env'));
    if (!deployment.get('serviceAccount').exists) return;
    const name = deployment.get('serviceAccountName');
    if (name.exists)
      name.refuse({
        code: 'import.schema',
        message: '`spec.deployment.serviceAccountName` stands beside `serviceAccount`: keep one.',
      });
  },
  fate: { fate: 'mapped', becomes: 'McpServer', convert },
};

/** The port that kmcp serves a server at where none is named. */
const portDefault = 3000;

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  spec.get('httpTransport').json();
  spec.get('stdioTransport').json();
  const type = spec.get('transportType').text();
  const isHttp = type === 'http' || (type === undefined && spec.get('httpTransport').exists);
  const server = isHttp ? runElsewhere(document, conversion) : container(document, conversion);
  const callTimeout = timeoutOf(spec.get('timeout'));
  if (server === undefined || document.isRefused) return;
  flagUnpinned(document);
  conversion.become(document, given({ ...server, callTimeout }));
}

/** A server that speaks HTTP: pawl starts servers that speak over their standard input and output alone. */
function runElsewhere(document: ForeignDocument, conversion: Conversion): JsonObject {
  const deployment = document.spec.get('deployment');
  deployment.json();
  const port = deployment.get('port').number() ?? portDefault;
  const url = `http://${document.name}.${document.namespace}:${port}/mcp`;
  deployment.flag(
    'import.runs_elsewhere',
    `kmcp goes on running the server, with its image and variables; pawl calls it at \`${url}\`.`,
  );
  return httpServer(conversion, deployment, url);
}

/** The images in which kmcp starts packages where none is named. */
const packageImages: Readonly<Record<string, string>> = {
  npx: 'node:24-alpine3.21',
  uvx: 'ghcr.io/astral-sh/uv:debian',
};

function container(document: ForeignDocument, conversion: Conversion): JsonObject | undefined {
  const deployment = document.spec.get('deployment');
  deployment.get('port').number();
  const cmd = deployment.get('cmd');
  const [written, command] = [deployment.get('image').text(), cmd.text()];
  const isNamed = written !== undefined && written !== '';
  const image = isNamed ? written : packageImages[command ?? ''];
  if (image === undefined) {
    deployment.refuse({ message: 'Which image the server runs in is not said.', help: 'Write `deployment.image`.' });
    return undefined;
  }
  if (!isNamed) cmd.flag('import.assumed', `kmcp runs \`${command}\` in the image \`${image}\`, so that is written.`);
  const args = deployment.get('args').texts();
  const env = [
    ...environmentOf(conversion, deployment.get('env')),
    ...secretVariables(conversion, deployment.get('secretRefs')),
  ];
  deployment.flag(
    'import.stricter',
    'In a pod the server reaches every host; here none, until `egress.hosts` of the McpServer names them.',
  );
  return given({
    transport: 'container',
    pin: 'onDeclare',
    image,
    command: command === '' ? undefined : command,
    args: args.length === 0 ? undefined : args,
    env: env.length === 0 ? undefined : env,
  });
}
