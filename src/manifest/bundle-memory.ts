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
    /** Of `http`, whose service compares by meaning; absent: 0. */
    readonly minScore?: number;
  };
  /** Of `http`. */
  readonly http?: BundleMemoryService;
}

/** A service of somebody's own that keeps a memory. */
export interface BundleMemoryService {
  readonly url: string;
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
  readonly auth?: BundleAuth;
}
