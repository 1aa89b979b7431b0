/** By what the entries of a memory are embedded. */
export interface EmbeddedBy {
  /** `namespace/name` of the ModelEndpoint. */
  readonly endpoint: string;
  readonly dimensions: number;
  /** Texts of one request; absent: as many as most take. */
  readonly together?: number;
}

/** The same for texts of one kind: what is kept, or what is looked for. */
export interface EmbeddingUse extends EmbeddedBy {
  readonly textsAre: 'document' | 'query';
}

/** Has texts embedded in the name of who calls the tool, by model calls that pass the gate. */
export type Embed = (use: EmbeddingUse, texts: readonly string[]) => Promise<EmbeddingAnswer>;

export type EmbeddingAnswer =
  /** One for each text, in their order. */
  | { readonly kind: 'embedded'; readonly vectors: readonly Float32Array[] }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly retryable: boolean };
