import type { ModelUsage } from './model.ts';

/** Texts that are to be compared by their meaning. */
export interface EmbeddingRequest {
  readonly texts: readonly string[];
  /** How long each vector has to be. */
  readonly dimensions: number;
}

export interface EmbeddingResponse {
  /** One for each text, in their order, of the length that was asked for. */
  readonly vectors: readonly Float32Array[];
  /** Undefined: the provider said nothing, and the whole reservation is charged. */
  readonly usage: ModelUsage | undefined;
}

/** A model of the SDK, as far as pawl needs it: it makes the request, and what came back is read from the exchange. */
export interface EmbeddingModel {
  doEmbed(options: { values: string[]; providerOptions: Record<string, Record<string, number>> }): PromiseLike<unknown>;
}
