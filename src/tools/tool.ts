import type { Json } from '../manifest/json.ts';

/** What became of a call that was made. `unknown`: it may have had its effect. */
export type ToolOutcome =
  | { readonly kind: 'done'; readonly output: Json }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly retryable: boolean }
  | { readonly kind: 'unknown'; readonly code: string; readonly message: string };
