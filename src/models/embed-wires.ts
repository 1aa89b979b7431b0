import { isRecord, type JsonBody, recordAt } from './wire.ts';

/** What an answer holds of embeddings, not yet held against what was asked. */
export interface EmbeddingList {
  /** Where the answer has them, in the words of its protocol. */
  readonly at: string;
  /** In the answer's order; undefined: there is no list. `index`: the text that it is of, where the protocol says so. */
  readonly embeddings: readonly { readonly embedding: unknown; readonly index?: unknown }[] | undefined;
  readonly inputTokens: unknown;
}

/** Reads the answer of one protocol as it came. */
export type EmbeddingWire = (answer: JsonBody, headers: Headers) => EmbeddingList;

/** OpenAI's, which everybody speaks who speaks like it: `index` says which text each is of. */
export const openaiEmbeddings: EmbeddingWire = (answer) => {
  const usage = recordAt(answer, 'usage');
  return {
    at: 'data',
    embeddings: listOf(answer['data'], (one) => {
      const { embedding, index }: JsonBody = isRecord(one) ? one : {};
      return index === undefined ? { embedding } : { embedding, index };
    }),
    inputTokens: usage['prompt_tokens'] ?? usage['total_tokens'],
  };
};

/** Gemini's: one text has `embedding`, several have `embeddings`. Few of its models say what they counted. */
export const geminiEmbeddings: EmbeddingWire = (answer) => {
  const { embedding, embeddings } = answer;
  return {
    at: 'embeddings',
    embeddings: listOf(isRecord(embedding) ? [embedding] : embeddings, (one) => ({
      embedding: recordAt(one)['values'],
    })),
    inputTokens: recordAt(answer, 'usageMetadata')['promptTokenCount'],
  };
};

/** Bedrock's Titan: one text a request. */
export const titanEmbeddings: EmbeddingWire = ({ embedding, inputTextTokenCount }) => ({
  at: 'embedding',
  embeddings: embedding === undefined ? undefined : [{ embedding }],
  inputTokens: inputTextTokenCount,
});

/** Bedrock's Nova: one text a request, in a list of one. */
export const novaEmbeddings: EmbeddingWire = ({ embeddings, inputTokenCount }) => ({
  at: 'embeddings',
  embeddings: listOf(embeddings, (one) => ({ embedding: recordAt(one)['embedding'] })),
  inputTokens: inputTokenCount,
});

/** Bedrock's Cohere: a list, or from its fourth version one for each type of number. What it counted is a header. */
export const cohereEmbeddings: EmbeddingWire = ({ embeddings }, headers) => ({
  at: 'embeddings',
  embeddings: listOf(isRecord(embeddings) ? embeddings['float'] : embeddings, (embedding) => ({ embedding })),
  inputTokens: Number(headers.get('x-amzn-bedrock-input-token-count') ?? Number.NaN),
});

function listOf<T>(list: unknown, read: (one: unknown) => T): readonly T[] | undefined {
  return Array.isArray(list) ? list.map((one: unknown) => read(one)) : undefined;
}
