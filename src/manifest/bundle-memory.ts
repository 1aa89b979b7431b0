import type { BundleAuth } from './bundle-secret.ts';

export type MemoryOperation = 'read' | 'write' | 'search' | 'list' | 'ingest';

export interface BundleMemoryUse {
  readonly memory: string;
  /** Sorted; each is one of the agent's `tools`, where the memory is a long-term one. */
  readonly allow: readonly MemoryOperation[];
  readonly sessionTtlMs?: number;
  readonly maxHistory: number;
}

export interface BundleMemory {
  readonly type: 'postgres' | 'inMemory' | 'http';
  readonly session: { readonly ttlMs: number; readonly maxMessages: number };
  readonly longTerm?: {
    readonly topK: number;
    readonly ttlMs?: number;
    /** The least cosine of what a search finds by meaning; absent: 0. Of `http` it is the service's to keep. */
    readonly minScore?: number;
    /** Of `postgres`; absent: a search goes by words. */
    readonly embedding?: BundleEmbedding;
  };
  /** Of `http`. */
  readonly http?: BundleMemoryService;
}

/** What embeds the entries of a memory. */
export interface BundleEmbedding {
  /** `namespace/name` of the ModelEndpoint. */
  readonly endpoint: string;
  /** What is written beside each vector: provider, model and length. Only what is embedded by the same is compared. */
  readonly by: string;
  readonly dimensions: number;
  /** Texts of one request; absent: as many as most take. */
  readonly together?: number;
}

/** A service of somebody's own that keeps a memory. */
export interface BundleMemoryService {
  readonly url: string;
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
  readonly auth?: BundleAuth;
}
