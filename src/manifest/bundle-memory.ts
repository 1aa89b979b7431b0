export type MemoryOperation = 'read' | 'write' | 'search' | 'list' | 'ingest';

export interface BundleMemoryUse {
  readonly memory: string;
  /** Sorted; each is one of the agent's `tools`, where the memory is a long-term one. */
  readonly allow: readonly MemoryOperation[];
  readonly sessionTtlMs?: number;
  readonly maxHistory: number;
}

export interface BundleMemory {
  readonly type: 'postgres' | 'inMemory';
  readonly session: { readonly ttlMs: number; readonly maxMessages: number };
  readonly longTerm?: { readonly topK: number; readonly ttlMs?: number };
}
