import type { SecretUse } from './bundle-secret.ts';

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
    /** ModelEndpoint. */
    readonly embedding?: string;
    readonly dimensions?: number;
    readonly topK: number;
    readonly minScore: number;
    readonly ttlMs?: number;
  };
  readonly http?: {
    readonly url: string;
    readonly allowPrivate: boolean;
    readonly timeoutMs: number;
    readonly auth?: BundleAuth;
  };
}

interface BundleAuth {
  readonly profile: 'bearer' | 'apiKeyHeader' | 'basic' | 'oauth2ClientCredentials';
  readonly secret: SecretUse;
  readonly headerName?: string;
  readonly tokenUrl?: string;
  readonly scopes?: readonly string[];
}
