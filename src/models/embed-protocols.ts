import type { EmbeddingProtocol } from '../manifest/embedding-model.ts';
import type { EmbeddingRequest, SdkOptions } from './embedding.ts';
import {
  cohereEmbeddings,
  type EmbeddingWire,
  geminiEmbeddings,
  novaEmbeddings,
  openaiEmbeddings,
  titanEmbeddings,
} from './embed-wires.ts';

/** How one protocol is asked for embeddings, and what its answers look like. */
interface EmbeddingProtocolParts {
  /** What the SDK is told beside the texts. */
  readonly options: (model: string, request: EmbeddingRequest) => SdkOptions;
  readonly read: EmbeddingWire;
}

/** OpenAI's models of the third generation make vectors of the length that they are asked for; others refuse to be asked. */
const anyLength = /(?:^|\/)text-embedding-3-/;

/** Gemini's that take a task; later ones want it said in the text. */
const takesTask = /^(?:gemini-embedding-001|text-embedding-)/;

/** Cohere's third generation makes one length, and refuses to be asked for it; so does Titan's first. */
const oneLength = /embed-(?:english-v3|multilingual-v3|text-v1|g1-text)/;

export const embeddingProtocols: Readonly<Record<Exclude<EmbeddingProtocol, 'scripted'>, EmbeddingProtocolParts>> = {
  openai: {
    options: (model, { dimensions }) =>
      anyLength.test(model) ? { openai: { dimensions }, openaiCompatible: { dimensions } } : {},
    read: openaiEmbeddings,
  },
  gemini: {
    options: (model, { dimensions, textsAre }) => ({
      google: {
        outputDimensionality: dimensions,
        ...(takesTask.test(model) ? { taskType: textsAre === 'query' ? 'RETRIEVAL_QUERY' : 'RETRIEVAL_DOCUMENT' } : {}),
      },
    }),
    read: geminiEmbeddings,
  },
  titan: {
    options: (model, { dimensions }): SdkOptions => (oneLength.test(model) ? {} : { bedrock: { dimensions } }),
    read: titanEmbeddings,
  },
  nova: {
    options: (_model, { dimensions, textsAre }) => ({
      bedrock: {
        embeddingDimension: dimensions,
        embeddingPurpose: textsAre === 'query' ? 'TEXT_RETRIEVAL' : 'GENERIC_INDEX',
        // A part that was left out would not be found; the model refuses it, and the call says so.
        truncate: 'NONE',
      },
    }),
    read: novaEmbeddings,
  },
  cohere: {
    options: (model, { dimensions, textsAre }) => ({
      bedrock: {
        inputType: textsAre === 'query' ? 'search_query' : 'search_document',
        truncate: 'NONE',
        ...(oneLength.test(model) ? {} : { outputDimension: dimensions }),
      },
    }),
    read: cohereEmbeddings,
  },
};
