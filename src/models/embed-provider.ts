import { TerminalError } from '../errors.ts';
import type { BundleModel } from '../manifest/bundle.ts';
import { embeddingKind } from '../manifest/embedding-model.ts';
import { embeddingProtocols } from './embed-protocols.ts';
import type { EmbeddingList } from './embed-wires.ts';
import type { EmbeddingRequest, EmbeddingResponse } from './embedding.ts';
import { exchangeFor } from './exchange-for.ts';
import type { ModelCallOptions } from './options.ts';
import type { Provider } from './provider.ts';
import { exchangeFailure, invalidResponse } from './provider-failure.ts';
import { assertOwnAnswer, parsed } from './provider-response.ts';
import { usageOf } from './wire.ts';

/** Embeds texts by one exchange under the egress guard, and reads the vectors from its body as it came. */
export async function embedByProvider(
  provider: Provider,
  { model, request }: { readonly model: BundleModel; readonly request: EmbeddingRequest },
  options: ModelCallOptions,
): Promise<EmbeddingResponse> {
  const { embedder } = provider;
  const kind = embeddingKind(model);
  if (embedder === undefined || kind === undefined || kind.protocol === 'scripted') throw noEmbeddings(model);
  const { options: sdkOptions, read } = embeddingProtocols[kind.protocol];
  const { exchange, baseUrl, key } = await exchangeFor(provider, model, { check: () => undefined, options });
  try {
    const open = embedder({ model, baseUrl, key, fetch: exchange.fetch });
    await open.doEmbed({ values: [...request.texts], providerOptions: sdkOptions(model.model, request) });
  } catch {
    // The SDK's error holds the request and its headers; what happened is read from the exchange instead.
  }
  const outcome = exchange.outcome();
  if (outcome === undefined) throw invalidResponse('The request could not be put into the protocol’s form.');
  if (outcome.kind !== 'answered' || outcome.status >= 300) throw exchangeFailure(outcome, options);
  assertOwnAnswer(provider, model.model, outcome.body);
  return readEmbeddings(read(parsed(outcome.body), outcome.headers), request);
}

function noEmbeddings({ provider, model }: BundleModel): TerminalError {
  return new TerminalError(`pawl asks ${model} of ${provider} for no embeddings.`, {
    code: 'model.request_refused',
    help: 'Name a ModelEndpoint that embeds in `embeddingRef`: docs/memory.md lists them.',
  });
}

/** The vectors in the order of the texts. A vector that is not what was asked for would be compared with others for ever. */
export function readEmbeddings(
  { at: place, embeddings, inputTokens }: EmbeddingList,
  { texts, dimensions }: EmbeddingRequest,
): EmbeddingResponse {
  if (embeddings === undefined) throw invalidResponse(`The provider’s answer holds no list \`${place}\`.`);
  if (embeddings.length !== texts.length)
    throw invalidResponse(`The provider was asked for ${texts.length} embeddings and gave ${embeddings.length}.`);
  const vectors = new Map<number, Float32Array>();
  for (const [at, { index = at, embedding }] of embeddings.entries()) {
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= texts.length)
      throw invalidResponse('The provider’s answer holds an embedding whose `index` is that of no text.');
    if (vectors.has(index)) throw invalidResponse(`The provider’s answer holds two embeddings of the text ${index}.`);
    vectors.set(index, vectorOf(embedding, dimensions));
  }
  return {
    vectors: [...vectors].sort(([a], [b]) => a - b).map(([, vector]) => vector),
    usage: usageOf({ input: inputTokens, output: 0 }),
  };
}

function vectorOf(embedding: unknown, dimensions: number): Float32Array {
  if (!Array.isArray(embedding)) throw invalidResponse('The provider’s answer holds an embedding that is no list.');
  if (embedding.length !== dimensions) {
    const message = `The provider gave an embedding of ${embedding.length} numbers, and the Memory says ${dimensions}.`;
    throw new TerminalError(message, {
      code: 'model.embedding_invalid',
      help: 'Set `longTerm.dimensions` of the Memory to what the model makes, or name another model.',
    });
  }
  const vector = Float32Array.from(embedding, (one: unknown) => (typeof one === 'number' ? one : Number.NaN));
  // A number beyond a float's range becomes infinite; and a vector without a length has no direction to compare.
  if (!vector.every((one) => Number.isFinite(one)) || vector.every((one) => one === 0)) {
    throw new TerminalError('The provider gave an embedding that is not made of finite numbers, or of zeros alone.', {
      code: 'model.embedding_invalid',
      help: 'Look at the server behind `baseUrl` of the ModelEndpoint. Nothing of the answer was used.',
    });
  }
  return vector;
}
