import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV3CallOptions, LanguageModelV3GenerateResult } from '@ai-sdk/provider';
import { TerminalError } from '../errors.ts';
import type { BundleModel } from '../manifest/bundle.ts';
import { type EgressOutcome, egress } from '../tools/egress.ts';
import type { ModelRequest, ModelResponse } from './model.ts';
import { type ModelCallOptions, modelDeadlineMs } from './options.ts';
import { exchangeFailure, invalidResponse } from './provider-failure.ts';
import { assertOwnAnswer, readResponse } from './provider-response.ts';
import { promptOf } from './prompt.ts';

/** More than any answer within `maxOutputTokens` takes; a server that sends more is not answering. */
const responseBytesMax = 8 * 1024 * 1024;

/** Asks a server that speaks the OpenAI chat protocol, by one exchange under the egress guard. */
export async function answerFromProvider(
  model: BundleModel,
  request: ModelRequest,
  options: ModelCallOptions,
): Promise<ModelResponse> {
  if (model.baseUrl === undefined) {
    throw new TerminalError(`The model ${model.model} has no baseUrl.`, {
      code: 'model.request_refused',
      help: 'Set `baseUrl` of the ModelEndpoint and apply again.',
    });
  }
  const baseUrl = model.baseUrl;
  const apiKey = model.auth && (await options.secrets.resolve(model.auth));
  const exchanges: EgressOutcome[] = [];
  const provider = createOpenAICompatible({
    name: 'pawl',
    baseURL: baseUrl,
    supportsStructuredOutputs: true,
    ...(apiKey === undefined ? {} : { apiKey }),
    fetch: async (url, init) => {
      const outcome = await exchange({
        model,
        baseUrl,
        url: url instanceof Request ? url.url : url.toString(),
        init: init ?? {},
        options,
      });
      exchanges.push(outcome);
      if (outcome.kind !== 'answered') throw new Error(outcome.message);
      return new Response(outcome.body.byteLength === 0 ? null : Buffer.from(outcome.body), {
        status: outcome.status,
        headers: outcome.headers,
      });
    },
  });
  let result: LanguageModelV3GenerateResult | undefined;
  try {
    result = await provider.chatModel(model.model).doGenerate(callOptionsOf(model, request));
  } catch {
    // The SDK's error holds the request and its headers; what happened is read from the exchange instead.
    result = undefined;
  }
  const outcome = exchanges[0];
  if (outcome === undefined) throw invalidResponse('The request could not be put into the protocol’s form.');
  if (outcome.kind !== 'answered' || outcome.status >= 300) throw exchangeFailure(outcome, options);
  assertOwnAnswer(model.model, outcome.body);
  if (result === undefined) throw invalidResponse('The provider’s answer is not a chat completion.');
  return readResponse(result, request, outcome.body);
}

interface Exchange {
  readonly model: BundleModel;
  readonly baseUrl: string;
  readonly url: string;
  readonly init: RequestInit;
  readonly options: ModelCallOptions;
}

async function exchange({ model, baseUrl, url, init, options }: Exchange): Promise<EgressOutcome> {
  const { protocol, host } = new URL(baseUrl);
  return await egress(
    {
      method: 'POST',
      url,
      headers: Object.fromEntries(new Headers(init.headers).entries()),
      ...(typeof init.body === 'string' ? { body: init.body } : {}),
      credentials: [],
      deadlineMs: options.deadlineMs ?? modelDeadlineMs,
      responseBytesMax,
      signal: options.signal,
    },
    // The author's `baseUrl` is the declaration: this host, by this scheme, and no other.
    { hosts: [`${protocol}//${host}`], allowPrivate: model.allowPrivate },
    options.network,
  );
}

function callOptionsOf(model: BundleModel, request: ModelRequest): LanguageModelV3CallOptions {
  const { temperature, topP, stop, seed } = model.parameters;
  return {
    prompt: promptOf(request),
    maxOutputTokens: request.maxOutputTokens,
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop === undefined ? {} : { stopSequences: [...stop] }),
    ...(seed === undefined ? {} : { seed }),
    ...(request.tools.length === 0
      ? {}
      : { tools: request.tools.map((tool) => ({ type: 'function' as const, ...tool })) }),
    ...(request.outputSchema === undefined
      ? {}
      : { responseFormat: { type: 'json' as const, schema: request.outputSchema, name: 'output' } }),
    // Strict mode takes only a part of JSON Schema; pawl validates the answer itself.
    providerOptions: { openaiCompatible: { strictJsonSchema: false } },
  };
}
