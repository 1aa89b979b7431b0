import type { BundleModel } from '../manifest/bundle.ts';
import type { Json } from '../manifest/json.ts';
import type { ModelRequest, ModelResponse } from './model.ts';
import type { ModelCallOptions } from './options.ts';
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
    case 'openaiCompatible': {
      // Loaded when used: the provider's package takes as long to load as the rest of pawl.
      const { answerFromProvider } = await import('./openai-compatible.ts');
      return await answerFromProvider(model, request, options);
    }
    default:
      throw new TypeError(`no provider ${model.provider}: its plan is refused`);
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
