import type { BundleAuth, SecretUse } from './bundle-secret.ts';

// What a compiled system says of guards, and of the gateways that its calls of models go through.

/** One Guard: which texts it looks at, by what, and what follows from a finding. */
export interface BundleGuard {
  /** Sorted, never empty, as the next. */
  readonly mode: readonly ('preCall' | 'postCall')[];
  readonly calls: readonly ('model' | 'tool')[];
  readonly action: 'mask' | 'block' | 'audit';
  /** For all texts of one call together. */
  readonly timeoutMs: number;
  readonly provider: GuardProvider;
}

export type GuardProvider =
  | { readonly type: 'regex'; readonly patterns: readonly GuardPattern[] }
  | {
      readonly type: 'http';
      readonly url: string;
      readonly allowPrivate: boolean;
      readonly auth?: BundleAuth;
    }
  | {
      readonly type: 'presidio';
      /** Base URL. */
      readonly url: string;
      readonly allowPrivate: boolean;
      readonly auth?: BundleAuth;
      readonly language: string;
      /** Sorted; absent: all that the analyzer knows. */
      readonly entities?: readonly string[];
      readonly minScore: number;
    }
  | {
      readonly type: 'openaiModeration';
      readonly baseUrl: string;
      readonly allowPrivate: boolean;
      readonly secret: SecretUse;
      readonly model: string;
      /** Sorted; absent: all. */
      readonly categories?: readonly string[];
      /** Absent: where the endpoint flags a category. */
      readonly minScore?: number;
    };

export interface GuardPattern {
  readonly name: string;
  /** RE2. */
  readonly pattern: string;
  readonly replacement: string;
}

/** Where calls of a model endpoint go instead of to its provider. */
export interface BundleGateway {
  /** `namespace/name` of the Gateway. */
  readonly gateway: string;
  /** The base URL that calls of the provider's protocol are sent to. */
  readonly url: string;
  /** As whom pawl calls it; absent: with the endpoint's own credentials, if it has any. */
  readonly auth?: BundleAuth;
}
