import type { ModelUsage } from './model.ts';

/** Texts that are to be compared by their meaning. */
export interface EmbeddingRequest {
  readonly texts: readonly string[];
  /** How long each vector has to be. */
  readonly dimensions: number;
  /** Whether they are kept, or looked for: several models embed the two differently, so that they meet. */
  readonly textsAre: 'document' | 'query';
}

export interface EmbeddingResponse {
  /** One for each text, in their order, of the length that was asked for. */
  readonly vectors: readonly Float32Array[];
  /** Undefined: the provider said nothing, and the whole reservation is charged. */
  readonly usage: ModelUsage | undefined;
}

/** What the SDK is told beside the texts, by provider. */
export type SdkOptions = Record<string, Record<string, string | number>>;

/** A model of the SDK, as far as pawl needs it: it makes the request, and what came back is read from the exchange. */
export interface EmbeddingModel {
  doEmbed(options: { values: string[]; providerOptions: SdkOptions }): PromiseLike<unknown>;
}
