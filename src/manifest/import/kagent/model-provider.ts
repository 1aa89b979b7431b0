import type { JsonObject } from '../../json.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { allowPrivate, refuseUser } from '../private-url.ts';
import { leaveOut, leaveTimeout, parametersOf } from './model-parameters.ts';

/** What the block of one provider becomes: the endpoint but for its key, headers and certificates. */
export type ProviderConversion = (
  spec: ForeignNode,
  configMap: (from: ForeignNode) => string | undefined,
) => JsonObject;

export const providers: Readonly<Record<string, ProviderConversion>> = {
  OpenAI: openAI,
  Anthropic: anthropic,
  AzureOpenAI: azureOpenAI,
  Ollama: ollama,
  Gemini: gemini,
  GeminiVertexAI: geminiVertexAI,
  Bedrock: bedrock,
  Foundry: foundry,
};

function openAI(spec: ForeignNode): JsonObject {
  const block = spec.get('openAI');
  leaveOut(block.get('frequencyPenalty'), 0);
  leaveOut(block.get('presencePenalty'), 0);
  leaveTimeout(block.get('timeout'));
  const format = block.get('apiFormat');
  if (format.text() === 'responses')
    format.flag('import.wire', 'pawl asks by chat completions: a model that answers the Responses API alone fails.');
  const baseUrl = filled(block.get('baseUrl'));
  const isOwn = baseUrl === undefined || /^https:\/\/([a-z0-9-]+\.)*openai\.com(\/|$)/.test(baseUrl);
  const tokens = ['maxTokens', 'maxCompletionTokens'].map((name) => block.get(name)).find(({ exists }) => exists);
  return given({
    provider: isOwn ? 'openai' : 'openaiCompatible',
    model: spec.get('model').text(),
    ...urlOf(block.get('baseUrl'), baseUrl),
    parameters: parametersOf(
      {
        temperature: block.get('temperature'),
        topP: block.get('topP'),
        maxOutputTokens: tokens,
        seed: block.get('seed'),
        effort: block.get('reasoningEffort'),
      },
      spec.get('model'),
    ),
  });
}

function anthropic(spec: ForeignNode): JsonObject {
  const block = spec.get('anthropic');
  leaveOut(block.get('topK'), 0);
  const root = filled(block.get('baseUrl'))?.replace(/\/+$/, '');
  return given({
    provider: 'anthropic',
    model: spec.get('model').text(),
    // The SDK of kagent adds the version to the root; pawl's `baseUrl` holds it.
    ...urlOf(block.get('baseUrl'), root === undefined || root.endsWith('/v1') ? root : `${root}/v1`),
    parameters: parametersOf({ ...common(block), temperatureMax: 1 }, spec.get('model')),
  });
}

function azureOpenAI(spec: ForeignNode): JsonObject {
  const block = spec.get('azureOpenAI');
  const model = spec.get('model');
  const [named, deployment] = [model.text(), filled(block.get('azureDeployment'))];
  if (deployment !== undefined && deployment !== named)
    model.flag('import.wire', 'Azure is asked by the deployment, which is `model` in pawl: this name is left out.');
  return given({
    provider: 'azureOpenai',
    model: deployment ?? named,
    apiVersion: block.get('apiVersion').text(),
    ...urlOf(block.get('azureEndpoint'), azureRoot(block.get('azureEndpoint').text())),
    parameters: parametersOf(common(block), model),
  });
}

function foundry(spec: ForeignNode, configMap: (from: ForeignNode) => string | undefined): JsonObject {
  const block = spec.get('foundry');
  const from = block.get('endpointFrom');
  const endpoint = from.exists ? configMap(from) : block.get('endpoint').text();
  const model = spec.get('model');
  model.text();
  return given({
    provider: 'azureOpenai',
    model: block.get('deployment').text(),
    apiVersion: block.get('apiVersion').text() ?? '2024-10-21',
    ...urlOf(from.exists ? from : block.get('endpoint'), azureRoot(endpoint)),
    parameters: parametersOf({}, model),
  });
}

function ollama(spec: ForeignNode): JsonObject {
  const block = spec.get('ollama');
  const host = filled(block.get('host'))?.replace(/\/+$/, '');
  const root = host === undefined || /^https?:\/\//.test(host) ? host : `http://${host}`;
  const options = block.get('options');
  for (const [name, option] of options.entries())
    if (!['temperature', 'top_p', 'seed', 'num_predict', 'stop'].includes(name)) leaveOut(option);
  const stop = options.get('stop').text();
  return given({
    provider: 'ollama',
    model: spec.get('model').text(),
    ...(root === undefined
      ? { allowPrivate: allowPrivate(spec.get('provider'), 'http://localhost') }
      : urlOf(block.get('host'), root.endsWith('/v1') ? root : `${root}/v1`)),
    parameters: parametersOf(
      {
        temperature: options.get('temperature'),
        topP: options.get('top_p'),
        maxOutputTokens: options.get('num_predict'),
        seed: options.get('seed'),
        stop: stop === undefined || stop === '' ? [] : [stop],
      },
      spec.get('model'),
    ),
  });
}

function gemini(spec: ForeignNode): JsonObject {
  const block = spec.get('gemini');
  block.json();
  const parameters = parametersOf({ maxOutputTokens: block.get('maxOutputTokens') }, spec.get('model'));
  return given({ provider: 'google', model: spec.get('model').text(), parameters });
}

function geminiVertexAI(spec: ForeignNode): JsonObject {
  const block = spec.get('geminiVertexAI');
  leaveOut(block.get('topK'));
  leaveOut(block.get('responseMimeType'));
  return given({
    provider: 'google',
    model: spec.get('model').text(),
    project: block.get('projectID').text(),
    region: block.get('location').text(),
    parameters: parametersOf(
      {
        temperature: block.get('temperature'),
        topP: block.get('topP'),
        maxOutputTokens: block.get('maxOutputTokens'),
        stop: block.get('stopSequences').texts(),
      },
      spec.get('model'),
    ),
  });
}

function bedrock(spec: ForeignNode): JsonObject {
  const block = spec.get('bedrock');
  leaveTimeout(block.get('connectTimeout'));
  leaveTimeout(block.get('readTimeout'));
  return given({
    provider: 'bedrock',
    model: spec.get('model').text(),
    region: block.get('region').text(),
    parameters: parametersOf({}, spec.get('model')),
  });
}

function common(block: ForeignNode) {
  return {
    temperature: block.get('temperature'),
    topP: block.get('topP'),
    maxOutputTokens: block.get('maxTokens'),
  };
}

function filled(node: ForeignNode): string | undefined {
  const text = node.text();
  return text === '' ? undefined : text;
}

/** The root of Azure's API below a resource's endpoint. */
function azureRoot(endpoint: string | undefined): string | undefined {
  return endpoint === undefined ? undefined : `${endpoint.replace(/\/+$/, '').replace(/\/openai$/, '')}/openai`;
}

function urlOf(node: ForeignNode, baseUrl: string | undefined): JsonObject {
  if (refuseUser(node, baseUrl)) return {};
  return given({ baseUrl, allowPrivate: allowPrivate(node, baseUrl) });
}
