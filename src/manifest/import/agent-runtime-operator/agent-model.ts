import type { Json, JsonObject } from '../../json.ts';
import { shownText } from '../../shown.ts';
import type { Conversion, Emitted } from '../conversion.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { allowPrivate } from '../private-url.ts';
import type { AgentEnvironment } from './agent-environment.ts';
import { offeredBy } from './ai-gateway.ts';
import { aiGatewayOf } from './gateway-routes.ts';
import { type ModelProvider, providerOf } from './model-providers.ts';

/** An agent whose model is asked for. */
export interface Asking {
  readonly document: ForeignDocument;
  readonly conversion: Conversion;
  readonly environment: AgentEnvironment;
}

/** The ModelEndpoint of an agent, which agents of a namespace share where they mean the same; undefined: refused. */
export function modelOf(asking: Asking): string | undefined {
  const { document, environment } = asking;
  const override = environment.override('AGENT_MODEL');
  const node = override?.node ?? document.spec.get('model');
  document.spec.get('model').text();
  const written = override?.kind === 'text' ? override.text : override === undefined ? node.text() : undefined;
  if (written === undefined || written === '') {
    node.refuse({
      message: 'The agent names no model: the image of its template chooses one, and no file says which.',
      help: 'Write `spec.model`, such as `openai/gpt-4.1-mini`.',
    });
    return undefined;
  }
  const gateway = gatewayOf(written, node, asking);
  if (gateway === undefined) return undefined;
  const { gatewayRef } = gateway;
  const spec = gatewayRef === undefined ? direct(written, node, asking) : behind(written, gatewayRef, asking);
  return spec === undefined ? undefined : shared({ model: written, spec }, node, asking);
}

/** The AiGateway that the agent's calls go through, if any; undefined: which one cannot be told. */
function gatewayOf(
  model: string,
  node: ForeignNode,
  { document, conversion }: Asking,
): { readonly gatewayRef: string | undefined } | undefined {
  const reference = document.spec.get('aiGatewayRef');
  const route = aiGatewayOf(document, conversion.estate);
  switch (route.kind) {
    case 'none':
      return { gatewayRef: undefined };
    case 'missing':
      return { gatewayRef: conversion.refer(reference, { kinds: ['AiGateway'], ...route, as: 'Gateway' }) };
    case 'ambiguous':
      document.spec.refuse({
        message: `The agent names no AiGateway, and the namespace \`ai-gateway\` has ${route.among.length}: the operator takes any of them.`,
        help: 'Name one in `spec.aiGatewayRef`.',
      });
      return undefined;
    case 'named':
    case 'found':
      break;
  }
  if (route.kind === 'found')
    document.spec.flag(
      'import.assumed',
      'The agent names no AiGateway: its calls go through the one of the namespace `ai-gateway`, as the operator has it.',
    );
  if (!offeredBy(route.gateway).has(model))
    node.flag(
      'import.assumed',
      `\`spec.aiModels\` of its gateway does not offer \`${shownText(model)}\`: calls would fail there.`,
    );
  return { gatewayRef: conversion.mention(reference, conversion.identityOf(route.gateway)) };
}

/** Through a gateway the whole of `provider/model` is the model, and the keys are the gateway's. */
function behind(model: string, gatewayRef: string, { conversion, environment }: Asking): JsonObject {
  const key = environment.find('LITELLM_PROXY_API_KEY');
  const secretRef = key?.kind === 'secret' ? conversion.secretKey(key.node, key) : undefined;
  return given({
    provider: 'openaiCompatible',
    model,
    gatewayRef,
    auth: secretRef === undefined ? undefined : { secretRef },
  });
}

function direct(written: string, node: ForeignNode, asking: Asking): JsonObject | undefined {
  const found = providerOf(written);
  if (found === undefined) {
    node.refuse({
      message: `\`${shownText(written)}\` does not say by which provider the model is reached, or names one that pawl does not speak to.`,
      help: 'Write `provider/model` with one that it does, or name an AiGateway in `spec.aiGatewayRef`.',
    });
    return undefined;
  }
  const fields = fieldsOf(found.is, node, asking);
  if (fields === undefined) return undefined;
  const { baseUrl } = fields;
  return given({
    provider: found.is.provider,
    model: found.model,
    ...fields,
    allowPrivate: typeof baseUrl === 'string' ? allowPrivate(node, baseUrl) : undefined,
    auth: authOf(found.is, node, asking),
  });
}

/** What variables say of the way to the provider. */
function fieldsOf(
  is: ModelProvider,
  node: ForeignNode,
  { environment }: Asking,
): { readonly [field: string]: Json | undefined } | undefined {
  const fields: Record<string, Json | undefined> = { baseUrl: is.baseUrl };
  const url = environment.find(...(is.urls ?? []));
  if (url?.kind === 'text') fields['baseUrl'] = withSuffix(url.text, is.suffix ?? '');
  else if (url !== undefined) refuseHidden(url.node);
  for (const [field, { variables, needed }] of Object.entries(is.fields ?? {})) {
    const variable = environment.find(...variables);
    if (variable?.kind === 'text')
      fields[field] = field === 'baseUrl' ? withSuffix(variable.text, '/openai') : variable.text;
    else if (variable !== undefined) refuseHidden(variable.node);
    else if (needed) {
      const message = `A model of this provider needs its ${field}, and the agent has none of ${variables.join(', ')}.`;
      node.refuse({ message, help: `Set \`${variables[0] ?? ''}\` in \`spec.env\`.` });
      return undefined;
    }
  }
  return fields;
}

function withSuffix(url: string, suffix: string): string {
  const plain = url.replace(/\/+$/, '');
  return plain.endsWith(suffix) ? plain : `${plain}${suffix}`;
}

function refuseHidden(node: ForeignNode): void {
  node.refuse({
    message: 'It says where the model is reached, and its value is not in the files.',
    help: 'Write the value in `spec.env`, or add the ConfigMap to what is imported.',
  });
}

/** The key of the provider, by the variable that holds it; where nothing says it, a Secret that is to be set. */
function authOf(is: ModelProvider, node: ForeignNode, { conversion, environment }: Asking): JsonObject | undefined {
  if (is.provider === 'ollama') return undefined;
  const key = environment.find(...is.keys);
  if (key?.kind === 'secret') return { secretRef: conversion.secretKey(key.node, key) };
  const [unseen] = environment.unseenSecrets;
  const [variable] = is.keys;
  if (key === undefined && unseen !== undefined && variable !== undefined) {
    environment.use(unseen);
    unseen.flag(
      'import.assumed',
      `The key of the model is taken to be \`${variable}\` of this Secret, which is not in the files.`,
    );
    const name = unseen.at('secretRef', 'name').text() ?? '';
    return { secretRef: conversion.secretKey(unseen, { name, key: variable }) };
  }
  if (key === undefined)
    node.flag(
      'import.assumed',
      'Nothing in the files says where the key of the model comes from: set the variable that is listed.',
    );
  return { secretRef: conversion.secretKey(key?.node ?? node, { name: `${is.provider}-api-key`, key: 'api-key' }) };
}

const endpoints = new WeakMap<Conversion, Map<string, Emitted>>();

/** One endpoint for all agents of a namespace that mean the same by their model. */
function shared(
  { model, spec }: { readonly model: string; readonly spec: JsonObject },
  node: ForeignNode,
  { document, conversion }: Asking,
): string {
  const known = endpoints.get(conversion) ?? new Map<string, Emitted>();
  endpoints.set(conversion, known);
  const namespace = conversion.estate.namespaceOf(document.namespace);
  const key = JSON.stringify([namespace, spec]);
  let endpoint = known.get(key);
  if (endpoint === undefined) {
    const wanted = model.slice(model.lastIndexOf('/') + 1);
    const name = conversion.freeName('ModelEndpoint', namespace, wanted);
    endpoint = conversion.emit(document, { kind: 'ModelEndpoint', namespace, name, spec });
    known.set(key, endpoint);
  } else if (!endpoint.from.includes(document)) endpoint.from.push(document);
  return conversion.mention(node, endpoint);
}
