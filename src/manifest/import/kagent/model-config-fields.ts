import { ignored, mapped, refused, type FieldTable } from '../field-table.ts';
import { metadataFields } from '../metadata-fields.ts';
import { tlsFields } from './tls.ts';

const parameters = '`ModelEndpoint.spec.parameters`';
const unsent = 'said where it is set: pawl has no such parameter';
const vertex = {
  message: 'Anthropic’s models on Vertex AI are not reached by pawl.',
  help: 'Use the provider `Anthropic`, `Bedrock`, or a gateway that speaks chat completions.',
};
const sap = {
  message: 'SAP AI Core is not reached by pawl.',
  help: 'Put a gateway in front that speaks chat completions, and name it in `openAI.baseUrl`.',
};
const baseProviders = ['Anthropic', 'OpenAI', 'AzureOpenAI', 'Ollama', 'Gemini', 'GeminiVertexAI', 'AnthropicVertexAI'];

/** Providers that kagent knows in the versions after the first. */
export const kagentProviders = [...baseProviders, 'Bedrock', 'SAPAICore', 'Foundry'];

/** Fields that every version has. */
const common: FieldTable = {
  ...metadataFields,
  'spec.model': mapped({ type: 'string', required: true }, '`ModelEndpoint.spec.model`'),
  'spec.apiKeySecretKey': mapped('string', '`ModelEndpoint.spec.auth.secretRef.key`'),
  'spec.defaultHeaders.*': mapped('string', '`ModelEndpoint.spec.headers`'),
  'spec.anthropic': mapped('map', '`ModelEndpoint.spec.provider: anthropic`'),
  'spec.anthropic.baseUrl': mapped('string', '`ModelEndpoint.spec.baseUrl`, with `/v1`'),
  'spec.anthropic.maxTokens': mapped('integer', parameters),
  'spec.anthropic.temperature': mapped('string', parameters),
  'spec.anthropic.topK': mapped('integer', unsent),
  'spec.anthropic.topP': mapped('string', parameters),
  'spec.anthropicVertexAI': refused('map', vertex.message, vertex.help),
  'spec.anthropicVertexAI.location': refused({ type: 'string', required: true }, vertex.message, vertex.help),
  'spec.anthropicVertexAI.maxTokens': refused('integer', vertex.message, vertex.help),
  'spec.anthropicVertexAI.projectID': refused({ type: 'string', required: true }, vertex.message, vertex.help),
  'spec.anthropicVertexAI.stopSequences': refused('list', vertex.message, vertex.help),
  'spec.anthropicVertexAI.temperature': refused('string', vertex.message, vertex.help),
  'spec.anthropicVertexAI.topK': refused('string', vertex.message, vertex.help),
  'spec.anthropicVertexAI.topP': refused('string', vertex.message, vertex.help),
  'spec.azureOpenAI': mapped('map', '`ModelEndpoint.spec.provider: azureOpenai`'),
  'spec.azureOpenAI.apiVersion': mapped({ type: 'string', required: true }, '`ModelEndpoint.spec.apiVersion`'),
  'spec.azureOpenAI.azureAdToken': refused(
    'string',
    'A token of Entra ID is written in the manifest: pawl sends an API key out of a Secret.',
    'Revoke the token; put an API key into a Secret and name it in the ModelConfig.',
  ),
  'spec.azureOpenAI.azureDeployment': mapped('string', '`ModelEndpoint.spec.model`'),
  'spec.azureOpenAI.azureEndpoint': mapped({ type: 'string', required: true }, '`ModelEndpoint.spec.baseUrl`'),
  'spec.azureOpenAI.maxTokens': mapped('integer', parameters),
  'spec.azureOpenAI.temperature': mapped('string', parameters),
  'spec.azureOpenAI.topP': mapped('string', parameters),
  'spec.gemini': mapped('map', '`ModelEndpoint.spec.provider: google`'),
  'spec.geminiVertexAI': mapped('map', '`ModelEndpoint.spec.provider: google` with a project'),
  'spec.geminiVertexAI.candidateCount': ignored('integer', 'Only the first of several answers was ever used.'),
  'spec.geminiVertexAI.location': mapped({ type: 'string', required: true }, '`ModelEndpoint.spec.region`'),
  'spec.geminiVertexAI.projectID': mapped({ type: 'string', required: true }, '`ModelEndpoint.spec.project`'),
  'spec.geminiVertexAI.responseMimeType': mapped('string', unsent),
  'spec.geminiVertexAI.stopSequences[]': mapped('string', '`ModelEndpoint.spec.parameters.stop`'),
  'spec.geminiVertexAI.temperature': mapped('string', parameters),
  'spec.geminiVertexAI.topK': mapped('string', unsent),
  'spec.geminiVertexAI.topP': mapped('string', parameters),
  'spec.ollama': mapped('map', '`ModelEndpoint.spec.provider: ollama`'),
  'spec.ollama.host': mapped('string', '`ModelEndpoint.spec.baseUrl`, with `/v1`'),
  'spec.ollama.options.*': mapped('string', '`ModelEndpoint.spec.parameters`; others are said'),
  'spec.openAI': mapped('map', '`ModelEndpoint.spec.provider: openai`'),
  'spec.openAI.baseUrl': mapped(
    'string',
    '`ModelEndpoint.spec.baseUrl`, of `openaiCompatible` where it is not OpenAI’s',
  ),
  'spec.openAI.frequencyPenalty': mapped('string', unsent),
  'spec.openAI.n': ignored('integer', 'Only the first of several answers was ever used.'),
  'spec.openAI.organization': mapped('string', 'the header `OpenAI-Organization`'),
  'spec.openAI.presencePenalty': mapped('string', unsent),
  'spec.openAI.seed': mapped('integer', parameters),
  'spec.openAI.temperature': mapped('string', parameters),
  'spec.openAI.timeout': mapped('integer', 'said: pawl waits five minutes, within the timeout of the agent’s step'),
  'spec.openAI.topP': mapped('string', parameters),
};

/** kagent.dev/v1alpha1. */
export const modelConfigFieldsV1: FieldTable = {
  ...common,
  'spec.provider': mapped({ type: 'string', enum: baseProviders }, '`ModelEndpoint.spec.provider`'),
  'spec.apiKeySecretRef': mapped('string', '`ModelEndpoint.spec.auth.secretRef.name`'),
  'spec.geminiVertexAI.maxOutputTokens': mapped('integer', parameters),
  'spec.openAI.maxTokens': mapped('integer', parameters),
  'spec.modelInfo.family': ignored('string', 'pawl asks every model in the same way.'),
  'spec.modelInfo.functionCalling': ignored('boolean', 'pawl asks every model in the same way.'),
  'spec.modelInfo.jsonOutput': ignored('boolean', 'pawl asks every model in the same way.'),
  'spec.modelInfo.multipleSystemMessages': ignored('boolean', 'pawl asks every model in the same way.'),
  'spec.modelInfo.structuredOutput': ignored('boolean', 'pawl asks every model in the same way.'),
  'spec.modelInfo.vision': ignored('boolean', 'pawl asks every model in the same way.'),
};

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'];
const exchange = {
  message: 'pawl exchanges no tokens of a service account.',
  help: 'Put a key that the endpoint takes as it is into the Secret, and remove `tokenExchange`.',
};
const guardrail = {
  message: 'A guardrail of Bedrock restricts what the model says, and pawl’s calls would go without it.',
  help: 'Put a Gateway in front of the model that applies it, or write a Guard.',
};

/** kagent.dev/v1alpha3. */
export const modelConfigFieldsV3: FieldTable = {
  ...common,
  ...tlsFields('`ModelEndpoint.spec.tls.caSecretRef`'),
  'spec.provider': mapped({ type: 'string', enum: kagentProviders }, '`ModelEndpoint.spec.provider`'),
  'spec.apiKeySecret': mapped('string', '`ModelEndpoint.spec.auth.secretRef.name`'),
  'spec.apiKeyPassthrough': mapped('boolean', 'refused where it is true: pawl hands no caller’s token on'),
  'spec.bedrock': mapped('map', '`ModelEndpoint.spec.provider: bedrock`'),
  'spec.bedrock.additionalModelRequestFields': refused(
    'any',
    'pawl sends a model of Bedrock no fields that it does not know.',
    'Remove the block, or put a gateway in front that adds it.',
  ),
  'spec.bedrock.cacheTTL': ignored(
    { type: 'string', enum: ['5m', '1h'] },
    'A cache changes the price, not the answer.',
  ),
  'spec.bedrock.connectTimeout': mapped({ type: 'integer', min: 1 }, 'said: pawl’s own limits hold'),
  'spec.bedrock.guardrail': refused('map', guardrail.message, guardrail.help),
  'spec.bedrock.guardrail.identifier': refused(
    { type: 'string', required: true, minLength: 1, maxLength: 2048 },
    guardrail.message,
    guardrail.help,
  ),
  'spec.bedrock.guardrail.trace': refused(
    { type: 'string', enum: ['disabled', 'enabled', 'enabled_full'] },
    guardrail.message,
    guardrail.help,
  ),
  'spec.bedrock.guardrail.version': refused(
    { type: 'string', required: true, minLength: 1, maxLength: 8 },
    guardrail.message,
    guardrail.help,
  ),
  'spec.bedrock.promptCaching': ignored('boolean', 'A cache changes the price, not the answer.'),
  'spec.bedrock.readTimeout': mapped({ type: 'integer', min: 1 }, 'said: pawl’s own limits hold'),
  'spec.bedrock.region': mapped({ type: 'string', required: true }, '`ModelEndpoint.spec.region`'),
  'spec.foundry': mapped('map', '`ModelEndpoint.spec.provider: azureOpenai`'),
  'spec.foundry.apiVersion': mapped('string', '`ModelEndpoint.spec.apiVersion`, `2024-10-21` where there is none'),
  'spec.foundry.deployment': mapped({ type: 'string', required: true }, '`ModelEndpoint.spec.model`'),
  'spec.foundry.endpoint': mapped('string', '`ModelEndpoint.spec.baseUrl`'),
  'spec.foundry.endpointFrom.name': mapped({ type: 'string', required: true }, 'the ConfigMap’s value'),
  'spec.foundry.endpointFrom.key': mapped({ type: 'string', required: true }, 'the ConfigMap’s value'),
  'spec.foundry.endpointFrom.optional': ignored('boolean', 'Without an endpoint there is no model.'),
  'spec.gemini.maxOutputTokens': mapped({ type: 'integer', min: 1 }, parameters),
  'spec.geminiVertexAI.maxOutputTokens': mapped({ type: 'integer', min: 1 }, parameters),
  'spec.openAI.apiFormat': mapped({ type: 'string', enum: ['chatCompletions', 'responses'] }, 'chat completions, said'),
  'spec.openAI.maxCompletionTokens': mapped({ type: 'integer', min: 1 }, parameters),
  'spec.openAI.maxTokens': mapped({ type: 'integer', min: 1 }, parameters),
  'spec.openAI.reasoningEffort': mapped({ type: 'string', enum: efforts }, parameters),
  'spec.openAI.tokenExchange': refused('map', exchange.message, exchange.help),
  'spec.openAI.tokenExchange.gdchServiceAccount': refused('map', exchange.message, exchange.help),
  'spec.openAI.tokenExchange.gdchServiceAccount.audience': refused(
    { type: 'string', required: true },
    exchange.message,
    exchange.help,
  ),
  'spec.openAI.tokenExchange.type': refused(
    { type: 'string', required: true, enum: ['GDCHServiceAccount'] },
    exchange.message,
    exchange.help,
  ),
  'spec.sapAICore': refused('map', sap.message, sap.help),
  'spec.sapAICore.authUrl': refused('string', sap.message, sap.help),
  'spec.sapAICore.baseUrl': refused({ type: 'string', required: true }, sap.message, sap.help),
  'spec.sapAICore.resourceGroup': refused('string', sap.message, sap.help),
};

/** kagent.dev/v1alpha2, which knows one effort more. */
export const modelConfigFieldsV2: FieldTable = {
  ...modelConfigFieldsV3,
  'spec.openAI.reasoningEffort': mapped({ type: 'string', enum: [...efforts, 'max'] }, parameters),
};
