import type { Conversion } from '../conversion.ts';
import type { ForeignDocument } from '../foreign.ts';
import { governanceOf, listed } from './governance.ts';
import { isOrloj, orlojName, sameName } from './orloj-name.ts';

/**
 * The endpoints that `allowed_models` leaves to agents: Orloj compares the model that an agent ends up with, which is
 * the default model of its endpoint. Undefined where the policy says nothing of models.
 */
export function allowedModels(document: ForeignDocument, conversion: Conversion): readonly string[] | undefined {
  const nodes = document.spec.get('allowed_models').items();
  if (nodes.length === 0) return undefined;
  const endpoints = endpointsFor(document, conversion);
  const allowed = nodes.flatMap((node) => {
    const model = node.text()?.trim() ?? '';
    const found = endpoints.filter((endpoint) => sameName(modelOf(endpoint), model));
    if (found.length === 0) {
      const named = endpoints.some((endpoint) => sameName(endpoint.name, model));
      const why = named ? 'It is the name of an endpoint, and Orloj compares models: no' : 'No';
      const message = `${why} ModelEndpoint has this model as its \`default_model\`: the entry allows nothing, and agents with another model are denied, as in Orloj.`;
      node.drop({ code: 'import.reference', message, help: 'Import the endpoint of the model in the same command.' });
    }
    return found.map((endpoint) =>
      conversion.refer(node, {
        kinds: ['ModelEndpoint'],
        namespace: endpoint.namespace,
        name: endpoint.name,
        as: 'ModelEndpoint',
      }),
    );
  });
  return [...new Set(allowed)];
}

function modelOf(endpoint: ForeignDocument): string {
  const { value } = endpoint.spec.get('default_model');
  return typeof value === 'string' ? value : '';
}

/** Those of the namespace, and those of others that agents of the namespace name. */
function endpointsFor({ namespace }: ForeignDocument, { estate }: Conversion): readonly ForeignDocument[] {
  const named = new Set(
    governanceOf(estate)
      .agents.filter((agent) => agent.namespace === namespace)
      .flatMap(({ spec }) => {
        const { value } = spec.get('model_ref');
        return [...(typeof value === 'string' ? [value.trim()] : []), ...listed(spec.get('fallback_model_refs'))];
      })
      .map(orlojName)
      .map((one) => `${one.namespace ?? namespace}/${one.name}`),
  );
  return [...estate.documents.keys()].filter(
    (one) =>
      isOrloj(one, 'ModelEndpoint') &&
      !one.isRefused &&
      (one.namespace === namespace || named.has(`${one.namespace}/${one.name}`)),
  );
}
