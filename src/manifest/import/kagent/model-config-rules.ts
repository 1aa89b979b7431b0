import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { isFilled, tlsRules } from './tls.ts';

/** The block that each provider has. */
const blocks = {
  openAI: 'OpenAI',
  anthropic: 'Anthropic',
  azureOpenAI: 'AzureOpenAI',
  ollama: 'Ollama',
  gemini: 'Gemini',
  geminiVertexAI: 'GeminiVertexAI',
  anthropicVertexAI: 'AnthropicVertexAI',
  bedrock: 'Bedrock',
  sapAICore: 'SAPAICore',
  foundry: 'Foundry',
} as const;

/** The provider where none is named. */
export const providerDefault = 'OpenAI';

/** What the schema of kagent.dev/v1alpha1 says beyond single fields. */
export function modelConfigRulesV1({ spec }: ForeignDocument): void {
  const provider = providerOf(spec);
  for (const [block, owner] of Object.entries(blocks))
    if (owner !== provider) broken(spec.get(block), `is for the provider ${owner} alone, and this one is ${provider}`);
}

/** What the later versions say. */
export function modelConfigRules(document: ForeignDocument): void {
  modelConfigRulesV1(document);
  keyRules(document);
  const { spec } = document;
  const openAI = spec.get('openAI');
  if (openAI.get('maxTokens').exists) broken(openAI.get('maxCompletionTokens'), 'stands beside `maxTokens`: keep one');
  foundryRules(spec.get('foundry'));
  tlsRules(document);
}

function keyRules({ spec }: ForeignDocument): void {
  const provider = providerOf(spec);
  const [secret, key, passthrough] = [
    spec.get('apiKeySecret'),
    spec.get('apiKeySecretKey'),
    spec.get('apiKeyPassthrough'),
  ];
  if (!secret.exists) broken(key, 'needs `spec.apiKeySecret`');
  else if (!key.exists && provider !== 'Bedrock' && provider !== 'SAPAICore')
    broken(secret, 'needs `spec.apiKeySecretKey`');
  const exchange = spec.at('openAI', 'tokenExchange');
  if (exchange.exists && !isFilled(secret)) broken(exchange, 'needs `spec.apiKeySecret`');
  if (passthrough.value !== true) return;
  if (isFilled(secret)) broken(passthrough, 'stands beside `spec.apiKeySecret`: keep one');
  if (exchange.exists) broken(passthrough, 'stands beside `spec.openAI.tokenExchange`: keep one');
  if (['Gemini', 'GeminiVertexAI', 'AnthropicVertexAI'].includes(provider))
    broken(passthrough, `must be false for the provider ${provider}`);
}

function foundryRules(foundry: ForeignNode): void {
  if (!foundry.exists) return;
  const [endpoint, from] = [foundry.get('endpoint'), foundry.get('endpointFrom')];
  if (isFilled(endpoint) && from.exists) broken(from, 'stands beside `spec.foundry.endpoint`: keep one');
  if (!isFilled(endpoint) && !from.exists) broken(foundry, 'needs `endpoint` or `endpointFrom`');
}

function providerOf(spec: ForeignNode): string {
  const { value } = spec.get('provider');
  return typeof value === 'string' ? value : providerDefault;
}

function broken(node: ForeignNode, how: string): void {
  if (node.exists) node.refuse({ code: 'import.schema', message: `\`${node.field}\` ${how}.` });
}
