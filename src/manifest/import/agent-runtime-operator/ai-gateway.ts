import type { ForeignKind } from '../dialect.ts';
import { mapped } from '../field-table.ts';
import type { ForeignDocument } from '../foreign.ts';
import type { Conversion } from '../conversion.ts';
import { allowedPrivate } from '../private-url.ts';
import { runsInPawl } from './agent-runtime.ts';
import { operatorVersions, serviceUrl } from './cluster-fields.ts';
import { gatewayFields } from './gateway-fields.ts';
import { restrict } from './gateway-guards.ts';
import { aiGatewayOf, ofKind } from './gateway-routes.ts';
import { flagCredentials } from '../credential.ts';

const text = { type: 'string', required: true, minLength: 1 } as const;

/** A server that calls of models go through; it has the keys of the providers. */
export const aiGateway: ForeignKind = {
  kind: 'AiGateway',
  apiVersions: operatorVersions,
  fields: {
    ...gatewayFields('aiGatewayClassName'),
    'spec.port': mapped({ type: 'integer', min: 1, max: 65_535 }, '`Gateway.spec.url`'),
    'spec.aiModels': mapped({ type: 'list', required: true, minItems: 1 }, '`Gateway.spec.description`'),
    'spec.aiModels[].name': mapped(text, '`Gateway.spec.description`; a model that no entry offers is flagged'),
    'spec.aiModels[].provider': mapped(text, '`Gateway.spec.description`; a model that no entry offers is flagged'),
  },
  fate: { fate: 'mapped', becomes: 'Gateway', convert },
};

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  flagCredentials(spec.get('env'));
  const description = `Offers ${[...offeredBy(document)].sort().join(', ')}.`;
  conversion.become(
    document,
    {
      type: 'model',
      class: 'external',
      provider: 'openaiCompatible',
      url: serviceUrl(document, { port: spec.get('port').number() ?? 80 }),
      allowPrivate: allowedPrivate(document.root.at('metadata', 'name')),
      ...(description.length > 2000 ? {} : { description }),
    },
    ['The gateway goes on running in the cluster, with the keys of the providers; this is the address of its Service.'],
  );
  const agents = ofKind('Agent', conversion.estate).filter((agent) => {
    if (agent.isRefused || !runsInPawl(agent, conversion.estate)) return false;
    const route = aiGatewayOf(agent, conversion.estate);
    return (route.kind === 'named' || route.kind === 'found') && route.gateway === document;
  });
  restrict(document, conversion, { agents });
}

/** What the gateway answers to, as agents spell it: `provider/model`. */
export function offeredBy({ spec }: ForeignDocument): ReadonlySet<string> {
  const models = spec.get('aiModels').items();
  return new Set(models.map((model) => `${model.get('provider').text() ?? ''}/${model.get('name').text() ?? ''}`));
}
