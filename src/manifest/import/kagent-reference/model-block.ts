import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import { mapped, type FieldTable } from '../field-table.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { allowPrivate } from '../private-url.ts';

const providers = ['openai', 'anthropic', 'bedrock', 'vllm'];

/** The model of an agent, which the reference writes inside the agent. */
export const modelFields: FieldTable = {
  'spec.model': mapped({ type: 'map', required: true }, 'a ModelEndpoint of the agent’s own'),
  'spec.model.provider': mapped({ type: 'string', required: true, enum: providers }, '`ModelEndpoint.spec.provider`'),
  'spec.model.name': mapped({ type: 'string', required: true, minLength: 1 }, '`ModelEndpoint.spec.model`'),
  'spec.model.endpoint': mapped('string', '`ModelEndpoint.spec.baseUrl`'),
  'spec.model.temperature': mapped('any', '`ModelEndpoint.spec.parameters.temperature`'),
  'spec.model.maxTokens': mapped({ type: 'integer', min: 1 }, '`ModelEndpoint.spec.parameters.maxOutputTokens`'),
  'spec.model.apiKeySecretRef.name': mapped({ type: 'string', required: true }, '`ModelEndpoint.spec.auth.secretRef`'),
  'spec.model.apiKeySecretRef.key': mapped({ type: 'string', required: true }, '`ModelEndpoint.spec.auth.secretRef`'),
};

/** Tokens of one answer where the manifest says nothing: what every current model can give. */
const outputTokensDefault = 4_096;

/** The spec of the ModelEndpoint; undefined where it could not be written, which is said. */
export function readModel(conversion: Conversion, block: ForeignNode): JsonObject | undefined {
  const provider = block.get('provider').text();
  const endpoint = block.get('endpoint');
  const url = endpoint.text() === '' ? undefined : endpoint.text()?.replace(/\/+$/, '');
  const reached = reachedBy(provider, { url, endpoint, block });
  const key = block.get('apiKeySecretRef');
  const [name, field] = [key.get('name').text(), key.get('key').text()];
  const maxTokens = block.get('maxTokens').number();
  if (maxTokens === undefined)
    block.flag('import.default_limit', `No bound of an answer is written: here it is ${outputTokensDefault} tokens.`);
  const parameters = given({
    temperature: temperatureIn(block.get('temperature'), provider === 'openai' || provider === 'vllm' ? 2 : 1),
    maxOutputTokens: maxTokens ?? outputTokensDefault,
  });
  const model = block.get('name').text();
  if (reached === undefined || block.document.isRefused) return undefined;
  const auth =
    name === undefined || field === undefined
      ? undefined
      : { secretRef: conversion.secretKey(key.get('name'), { name, key: field }) };
  return given({ ...reached, model, parameters, auth });
}

function reachedBy(
  provider: string | undefined,
  {
    url,
    endpoint,
    block,
  }: { readonly url: string | undefined; readonly endpoint: ForeignNode; readonly block: ForeignNode },
): JsonObject | undefined {
  if (url !== undefined && !/^https?:\/\/[^\s@\\]+$/.test(url)) {
    endpoint.refuse({ code: 'import.schema', message: '`spec.model.endpoint` must be a URL without a user.' });
    return undefined;
  }
  const written = given({ baseUrl: url, allowPrivate: allowPrivate(endpoint, url) });
  if (provider === 'anthropic') return { provider, ...written };
  if (provider === 'bedrock') return bedrock(url, endpoint);
  if (provider === 'openai' && (url === undefined || url.startsWith('https://api.openai.com/')))
    return { provider, ...written };
  if (url !== undefined) return { provider: 'openaiCompatible', ...written };
  block.refuse({
    code: 'import.schema',
    message: 'Where vLLM serves the model is not said.',
    help: 'Write the root of its API in `spec.model.endpoint`, such as `http://vllm:8000/v1`.',
  });
  return undefined;
}

function bedrock(url: string | undefined, endpoint: ForeignNode): JsonObject | undefined {
  const region = /^https:\/\/bedrock-runtime\.([a-z0-9-]+)\.amazonaws\.com$/.exec(url ?? '')?.[1];
  if (region !== undefined) return { provider: 'bedrock', region };
  endpoint.refuse({
    message: 'Which region of Bedrock serves the model is not said.',
    help: 'Write its endpoint, such as `https://bedrock-runtime.eu-central-1.amazonaws.com`.',
  });
  return undefined;
}

function temperatureIn(node: ForeignNode, max: number): number | undefined {
  const written = node.json();
  if (written === undefined) return undefined;
  const isText = typeof written === 'string' && /^[0-9]+(\.[0-9]+)?$/.test(written);
  const number = isText ? Number(written) : written;
  if (typeof number === 'number' && number >= 0 && number <= max) return number;
  node.refuse({ code: 'import.schema', message: `\`${node.field}\` must be a number from 0 to ${max}.` });
  return undefined;
}
