import type { Json } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { mapped } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { foreignKey } from '../foreign-estate.ts';
import { given } from '../given.ts';
import { metadataFields } from '../metadata-fields.ts';
import { objectReference, operatorVersions, serviceUrl } from './cluster-fields.ts';
import { type Route, toolGatewayOf } from './gateway-routes.ts';
import { serverSpec } from './server-spec.ts';
import { toolServerUrl } from './tool-server.ts';
import { checkOneUpstream, externalUrl } from './upstream.ts';

const globs = 'A glob of pawl has letters, digits, `_`, `.`, `-`, `/`, `*` and `?`.';

/** A way to an MCP server through a gateway, with a choice of its tools. */
export const toolRoute: ForeignKind = {
  kind: 'ToolRoute',
  apiVersions: operatorVersions,
  fields: {
    ...metadataFields,
    ...objectReference('spec.toolGatewayRef', '`McpServer.spec.gatewayRef`'),
    'spec.upstream': mapped({ type: 'map', required: true }, '`McpServer.spec.url`'),
    ...objectReference('spec.upstream.toolServerRef', '`McpServer.spec.url`: the address of the ToolServer'),
    'spec.upstream.external.url': mapped(
      { type: 'string', required: true, pattern: '^https?://.+' },
      '`McpServer.spec.url`',
    ),
    'spec.toolFilter.allow[]': mapped('string', '`McpServer.spec.tools.allow`; an empty list allows all'),
    'spec.toolFilter.deny[]': mapped('string', '`McpServer.spec.tools.deny`'),
  },
  rules: ({ spec }) => checkOneUpstream(spec.get('upstream'), ['toolServerRef', 'external']),
  fate: { fate: 'mapped', becomes: 'McpServer', convert },
};

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const url = urlOf(spec.get('upstream'), conversion);
  const filter = spec.get('toolFilter');
  const tools = given({ allow: listOf(filter.get('allow')), deny: listOf(filter.get('deny')) });
  if (url === undefined || document.isRefused) return;
  const route = toolGatewayOf(document, conversion.estate);
  const gatewayRef = gatewayOf(document, route, conversion);
  const more: Record<string, Json | undefined> = {
    gatewayRef,
    tools: Object.keys(tools).length === 0 ? undefined : tools,
  };
  const through = 'gateway' in route ? throughGateway(document, route.gateway) : url;
  conversion.become(document, serverSpec(spec, { url: through, ...more }));
}

function urlOf(upstream: ForeignNode, { estate }: Conversion): string | undefined {
  const external = upstream.get('external');
  if (external.exists) return externalUrl(external.get('url'), 'refuse');
  const reference = upstream.get('toolServerRef');
  const namespace = reference.get('namespace').text() ?? upstream.document.namespace;
  const server = estate.find(
    foreignKey('ToolServer', namespace, reference.get('name').text() ?? ''),
    upstream.document,
  );
  if (server !== undefined && !server.isRefused) return toolServerUrl(server);
  reference.refuse({
    code: 'import.depends',
    message:
      'The ToolServer is in none of the files, or could not be imported, and the route leads nowhere without it.',
    help: 'Import the file that declares it in the same command, or mend what was refused there.',
  });
  return undefined;
}

/** The filter as pawl has it; nothing, where an empty list means everything. */
function listOf(list: ForeignNode): string[] | undefined {
  for (const node of list.items()) {
    if (/^[A-Za-z0-9_.*?/-]{1,128}$/.test(node.text() ?? '')) continue;
    node.refuse({ message: `\`${node.field}\` is no glob that pawl has.`, help: globs });
  }
  const written = list.texts();
  return written.length === 0 ? undefined : [...new Set(written)];
}

/** The gateway knows what is behind it; an agent calls the address that the gateway has for the route. */
function throughGateway(route: ForeignDocument, gateway: ForeignDocument): string {
  route.spec.flag(
    'import.assumed',
    'Its gateway chooses the address of a route: the written one is of its namespace and name. Correct it by `status.url`.',
  );
  return serviceUrl(gateway, { path: `/${route.namespace}/${route.name}/mcp` });
}

function gatewayOf(document: ForeignDocument, route: Route, conversion: Conversion): string | undefined {
  const reference = document.spec.get('toolGatewayRef');
  switch (route.kind) {
    case 'none':
      return undefined;
    case 'missing':
      return conversion.refer(reference, { kinds: ['ToolGateway'], ...route, as: 'Gateway' });
    case 'ambiguous':
      document.spec.refuse({
        message: `The route names no ToolGateway, and the files have ${route.among.length} of them.`,
        help: 'Name one in `spec.toolGatewayRef`.',
      });
      return undefined;
    case 'found':
      document.spec.flag('import.assumed', 'The route names no ToolGateway: the only one of the files is meant.');
      return conversion.mention(document.spec, conversion.identityOf(route.gateway));
    case 'named':
      return conversion.mention(reference, conversion.identityOf(route.gateway));
  }
}
