import type { LanguageModelV3CallOptions, LanguageModelV3GenerateResult } from '@ai-sdk/provider';
import type { BundleModel } from '../manifest/bundle.ts';
import { exchangeFor, refusedEndpoint } from './exchange-for.ts';
import type { ModelRequest, ModelResponse } from './model.ts';
import type { ModelCallOptions } from './options.ts';
import { promptOf } from './prompt.ts';
import type { Parameter, Provider } from './provider.ts';
import { exchangeFailure, invalidResponse } from './provider-failure.ts';
import { assertOwnAnswer, readResponse } from './provider-response.ts';
import { isRecord } from './wire.ts';

/** Asks a model by one exchange under the egress guard, and reads the answer from its body as it came. */
export async function askProvider(
  provider: Provider,
  { model, request }: { readonly model: BundleModel; readonly request: ModelRequest },
  options: ModelCallOptions,
): Promise<ModelResponse> {
  const check = (body: string): void => assertHonoured(provider, model, body);
  const { exchange, baseUrl, key } = await exchangeFor(provider, model, { check, options });
  let result: LanguageModelV3GenerateResult | undefined;
  try {
    const open = provider.open({ model, baseUrl, key, fetch: exchange.fetch });
    result = await open.doGenerate(callOptionsOf(provider, model, request));
  } catch {
    // The SDK's error holds the request and its headers; what happened is read from the exchange instead.
    result = undefined;
  }
  const outcome = exchange.outcome();
  if (outcome === undefined) throw invalidResponse('The request could not be put into the protocol’s form.');
  if (outcome.kind !== 'answered' || outcome.status >= 300) throw exchangeFailure(outcome, options);
  assertOwnAnswer(provider, model.model, outcome.body);
  if (result === undefined) throw invalidResponse('The provider’s answer is not what its protocol says.');
  return readResponse(result, { provider, request, body: outcome.body });
}

function callOptionsOf(provider: Provider, model: BundleModel, request: ModelRequest): LanguageModelV3CallOptions {
  const { temperature, topP, stop, seed } = model.parameters;
  const { outputSchema: schema } = request;
  const isSchema = schema !== undefined && provider.format(request) === 'schema';
  return {
    prompt: promptOf(schema === undefined || isSchema ? request : instructed(request, schema), provider.thoughts),
    maxOutputTokens: request.maxOutputTokens,
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop === undefined ? {} : { stopSequences: [...stop] }),
    ...(seed === undefined ? {} : { seed }),
    ...(request.tools.length === 0
      ? {}
      : { tools: request.tools.map((tool) => ({ type: 'function' as const, ...tool })) }),
    ...(isSchema ? { responseFormat: { type: 'json' as const, schema, name: 'output' } } : {}),
    providerOptions: provider.providerOptions(model),
  };
}

function instructed(request: ModelRequest, schema: NonNullable<ModelRequest['outputSchema']>): ModelRequest {
  const wanted = `Your final answer must be nothing but JSON that fits this JSON Schema:\n${JSON.stringify(schema)}`;
  return { ...request, system: request.system === '' ? wanted : `${request.system}\n\n${wanted}` };
}

/** A parameter that is written and not sent would be a promise that nobody keeps; before the request, it costs nothing. */
function assertHonoured({ fields }: Provider, { model, parameters }: BundleModel, body: string): void {
  const sent: unknown = JSON.parse(body);
  for (const [name, path] of Object.entries(fields)) {
    const wanted = parameters[name as Parameter];
    if (wanted === undefined) continue;
    const found = path.reduce<unknown>((at, part) => (isRecord(at) ? at[part] : undefined), sent);
    if (found !== undefined && (typeof wanted !== 'number' || found === wanted)) continue;
    throw refusedEndpoint(
      `The model ${model} does not take \`${name}\` as it is written.`,
      `Change \`parameters.${name}\``,
    );
  }
}
