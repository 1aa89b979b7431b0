import type { BundleModel } from '../manifest/bundle.ts';
import type { Json } from '../manifest/json.ts';
import type { EmbeddingRequest, EmbeddingResponse } from './embedding.ts';
import type { ModelRequest, ModelResponse, Thought } from './model.ts';
import type { ModelCallOptions } from './options.ts';
import type { Provider } from './provider.ts';
import { answerFromScript } from './scripted.ts';

/**
 * Asks a model once. No retries: each of ours passes the gate again. Throws `RetryableError` where another try may
 * succeed, `TerminalError` where somebody must change something first.
 */
export async function callModel(
  model: BundleModel,
  request: ModelRequest,
  options: ModelCallOptions,
): Promise<ModelResponse> {
  await options.secrets.load();
  const response = await answer(model, request, options);
  return withoutSecrets(response, options);
}

async function answer(model: BundleModel, request: ModelRequest, options: ModelCallOptions): Promise<ModelResponse> {
  switch (model.provider) {
    case 'scripted':
      return await answerFromScript(model, request, options.signal);
    default: {
      // Loaded when used: a provider's package takes as long to load as the rest of pawl.
      const { askProvider } = await import('./ask-provider.ts');
      return await askProvider(await providerOf(model.provider), { model, request }, options);
    }
  }
}

/** Embeds texts once, as `callModel` asks: no retries, the same keys, the same door. */
export async function callEmbedding(
  model: BundleModel,
  request: EmbeddingRequest,
  options: ModelCallOptions,
): Promise<EmbeddingResponse> {
  await options.secrets.load();
  if (model.provider === 'scripted') return (await import('./scripted-embedding.ts')).embedByWords(request);
  const { embedByProvider } = await import('./embed-provider.ts');
  return await embedByProvider(await providerOf(model.provider), { model, request }, options);
}

async function providerOf(name: Exclude<BundleModel['provider'], 'scripted'>): Promise<Provider> {
  switch (name) {
    case 'openai':
      return (await import('./openai.ts')).openai;
    case 'azureOpenai':
      return (await import('./azure-openai.ts')).azureOpenai;
    case 'anthropic':
      return (await import('./anthropic.ts')).anthropic;
    case 'google':
      return (await import('./google.ts')).google;
    case 'bedrock':
      return (await import('./bedrock.ts')).bedrock;
    case 'ollama':
      return (await import('./openai-compatible.ts')).ollama;
    case 'openaiCompatible':
      return (await import('./openai-compatible.ts')).openaiCompatible;
  }
}

/** A server may echo the key it was called with; what the model said goes to journals and prompts. */
function withoutSecrets(response: ModelResponse, { secrets }: ModelCallOptions): ModelResponse {
  return {
    ...response,
    text: secrets.scrubText(response.text),
    toolCalls: response.toolCalls.map((call) => ({
      id: call.id,
      name: storable(secrets.scrubText(call.name), toolNameMax),
      arguments: secrets.scrubText(call.arguments),
    })),
    ...(response.thoughts === undefined
      ? {}
      : { thoughts: secrets.scrub([...response.thoughts]) as readonly Thought[] }),
    model: response.model === undefined ? undefined : secrets.scrubText(response.model),
  };
}

/** Longer than any Tool's name may be, so that a shortened name is still no tool's name. */
const toolNameMax = 128;

/** What PostgreSQL cannot hold becomes U+FFFD, which no tool's name has either. */
function storable(text: string, lengthMax: number): Extract<Json, string> {
  return text
    .slice(0, lengthMax)
    .replaceAll('\0', '\ufffd')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}
