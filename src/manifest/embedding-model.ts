/** How a model that embeds texts is asked. */
export interface EmbeddingModelKind {
  readonly protocol: EmbeddingProtocol;
  /** Texts of one request. */
  readonly together: number;
  /** The lengths that it makes; absent: the answer shows whether it makes the one that was asked for. */
  readonly lengths?: readonly number[];
}

/** `titan`, `nova` and `cohere` are families of Bedrock: each takes requests of its own. */
export type EmbeddingProtocol = 'openai' | 'gemini' | 'titan' | 'nova' | 'cohere' | 'scripted';

/** A ModelEndpoint, as far as embeddings go. */
export interface EmbeddingEndpoint {
  readonly provider: string;
  readonly model: string;
  readonly project?: string | undefined;
}

/** Texts of one request where the protocol takes several: servers of every kind take so many. */
export const textsTogether = 32;

/** How the model of an endpoint embeds; undefined: pawl asks it for no embeddings. */
export function embeddingKind({ provider, model, project }: EmbeddingEndpoint): EmbeddingModelKind | undefined {
  switch (provider) {
    case 'openai':
    case 'azureOpenai':
    case 'openaiCompatible':
    case 'ollama':
      return { protocol: 'openai', together: textsTogether };
    case 'scripted':
      return { protocol: 'scripted', together: textsTogether };
    case 'google':
      // Vertex AI, which `project` means, embeds by another method and other bodies.
      return project === undefined ? { protocol: 'gemini', together: textsTogether } : undefined;
    case 'bedrock':
      return bedrockFamilies.find(({ pattern }) => pattern.test(model))?.kind;
    default:
      return undefined;
  }
}

/** By the model's id, before which a region may stand: an ARN does not say whose requests it takes. */
const bedrockFamilies: readonly { readonly pattern: RegExp; readonly kind: EmbeddingModelKind }[] = [
  {
    pattern: /^(?:[a-z-]+\.)?amazon\.titan-embed-text-v2/,
    kind: { protocol: 'titan', together: 1, lengths: [256, 512, 1024] },
  },
  {
    pattern: /^(?:[a-z-]+\.)?amazon\.titan-embed-(?:text-v1|g1-text)/,
    kind: { protocol: 'titan', together: 1, lengths: [1536] },
  },
  {
    pattern: /^(?:[a-z-]+\.)?amazon\.nova-.*embed/,
    kind: { protocol: 'nova', together: 1, lengths: [256, 384, 1024, 3072] },
  },
  {
    pattern: /^(?:[a-z-]+\.)?cohere\.embed-v4/,
    kind: { protocol: 'cohere', together: textsTogether, lengths: [256, 512, 1024, 1536] },
  },
  {
    pattern: /^(?:[a-z-]+\.)?cohere\.embed-(?:english|multilingual)-v3/,
    kind: { protocol: 'cohere', together: textsTogether, lengths: [1024] },
  },
];
