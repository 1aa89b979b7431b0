import { TerminalError } from '../errors.ts';
import type { BundleModel } from '../manifest/bundle.ts';
import type { EmbeddingRequest, EmbeddingResponse } from './embedding.ts';
import { exchangeFor } from './exchange-for.ts';
import type { ModelCallOptions } from './options.ts';
import type { Provider } from './provider.ts';
import { exchangeFailure, invalidResponse } from './provider-failure.ts';
import { assertOwnAnswer, parsed } from './provider-response.ts';
import { isRecord, type JsonBody, recordAt, usageOf } from './wire.ts';

/** Embeds texts by one exchange under the egress guard, and reads the vectors from its body as it came. */
export async function embedByProvider(
  provider: Provider,
  { model, request }: { readonly model: BundleModel; readonly request: EmbeddingRequest },
  options: ModelCallOptions,
): Promise<EmbeddingResponse> {
  const { embedder } = provider;
  if (embedder === undefined) throw noEmbeddings(model);
  const { exchange, baseUrl, key } = await exchangeFor(provider, model, { check: () => undefined, options });
  try {
    const open = embedder({ model, baseUrl, key, fetch: exchange.fetch });
    await open.doEmbed({ values: [...request.texts], providerOptions: optionsOf(model, request) });
  } catch {
    // The SDK's error holds the request and its headers; what happened is read from the exchange instead.
  }
  const outcome = exchange.outcome();
  if (outcome === undefined) throw invalidResponse('The request could not be put into the protocol’s form.');
  if (outcome.kind !== 'answered' || outcome.status >= 300) throw exchangeFailure(outcome, options);
  assertOwnAnswer(provider, model.model, outcome.body);
  return readEmbeddings(outcome.body, request);
}

function noEmbeddings({ provider }: BundleModel): TerminalError {
  return new TerminalError(`pawl asks endpoints of ${provider} for no embeddings.`, {
    code: 'model.request_refused',
    help: 'Name a ModelEndpoint of openai, azureOpenai, openaiCompatible, ollama or scripted in `embeddingRef`.',
  });
}

/** OpenAI's models of the third generation make vectors of the length that they are asked for; others refuse to be asked. */
const anyLength = /(?:^|\/)text-embedding-3-/;

function optionsOf({ model }: BundleModel, { dimensions }: EmbeddingRequest): Record<string, Record<string, number>> {
  return anyLength.test(model) ? { openai: { dimensions }, openaiCompatible: { dimensions } } : {};
}

/** The vectors in the order of the texts. A vector that is not what was asked for would be compared with others for ever. */
export function readEmbeddings(body: Uint8Array, { texts, dimensions }: EmbeddingRequest): EmbeddingResponse {
  const answer = parsed(body);
  const list = answer['data'];
  if (!Array.isArray(list)) throw invalidResponse('The provider’s answer holds no list `data`.');
  if (list.length !== texts.length)
    throw invalidResponse(`The provider was asked for ${texts.length} embeddings and gave ${list.length}.`);
  const vectors = new Map<number, Float32Array>();
  for (const [at, one] of (list as readonly unknown[]).entries()) {
    const { index = at, embedding }: JsonBody = isRecord(one) ? one : {};
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= texts.length)
      throw invalidResponse('The provider’s answer holds an embedding whose `index` is that of no text.');
    if (vectors.has(index)) throw invalidResponse(`The provider’s answer holds two embeddings of the text ${index}.`);
    vectors.set(index, vectorOf(embedding, dimensions));
  }
  const usage = recordAt(answer, 'usage');
  return {
    vectors: [...vectors].sort(([a], [b]) => a - b).map(([, vector]) => vector),
    usage: usageOf({ input: usage['prompt_tokens'] ?? usage['total_tokens'], output: 0 }),
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
