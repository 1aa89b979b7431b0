import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument } from '../foreign.ts';
import { foreignKey, type ForeignEstate } from '../foreign-estate.ts';
import { allowedPrivate } from '../private-url.ts';
import { runsInPawl } from './agent-runtime.ts';
import { operatorVersions, serviceUrl } from './cluster-fields.ts';
import { gatewayFields } from './gateway-fields.ts';
import { restrict } from './gateway-guards.ts';
import { ofKind, toolGatewayOf } from './gateway-routes.ts';
import { flagCredentials } from '../credential.ts';

/** A server that calls of tools go through. */
export const toolGateway: ForeignKind = {
  kind: 'ToolGateway',
  apiVersions: operatorVersions,
  fields: gatewayFields('toolGatewayClassName'),
  fate: {
    fate: 'mapped',
    becomes: 'Gateway',
    convert(document, conversion) {
      const { spec } = document;
      flagCredentials(spec.get('env'));
      document.root
        .at('metadata', 'name')
        .flag(
          'import.assumed',
          'Its implementation chooses its address: the written one is that of a Service of its name.',
        );
      conversion.become(document, {
        type: 'tool',
        class: 'external',
        url: serviceUrl(document),
        allowPrivate: allowedPrivate(document.root.at('metadata', 'name')),
      });
      restrict(document, conversion, { agents: agentsBehind(document, conversion) });
    },
  },
};

function agentsBehind(gateway: ForeignDocument, { estate }: Conversion): readonly ForeignDocument[] {
  return ofKind('Agent', estate).filter(
    (agent) => !agent.isRefused && runsInPawl(agent, estate) && routesOf(agent, estate).has(gateway),
  );
}

function routesOf(agent: ForeignDocument, estate: ForeignEstate): ReadonlySet<ForeignDocument> {
  const gateways = new Set<ForeignDocument>();
  for (const tool of agent.spec.get('tools').items()) {
    const reference = tool.at('upstream', 'toolRouteRef');
    const namespace = reference.get('namespace').text() ?? agent.namespace;
    const route = estate.find(foreignKey('ToolRoute', namespace, reference.get('name').text() ?? ''), agent);
    const found = route === undefined ? undefined : toolGatewayOf(route, estate);
    if (found?.kind === 'named' || found?.kind === 'found') gateways.add(found.gateway);
  }
  return gateways;
}
