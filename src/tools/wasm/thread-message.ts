import type { WasmConvention } from '../../manifest/wasm-check.ts';

// What `thread.js` is sent, and what it answers.

/** One call in a thread. */
export type ThreadCall =
  | {
      readonly kind: 'module';
      readonly convention: WasmConvention;
      readonly export: string;
      /** JSON of the arguments. */
      readonly input: Uint8Array;
      readonly outputBytesMax: number;
      readonly fuelExport: string;
    }
  | {
      readonly kind: 'source';
      readonly source: string;
      readonly input: Uint8Array;
      /** Bytes, of which the engine is a part. */
      readonly memory: number;
      readonly outputBytesMax: number;
    };

export type ThreadAnswer =
  | { readonly kind: 'done'; readonly output: Uint8Array }
  | { readonly kind: 'failed'; readonly message: string; readonly errors?: string }
  | { readonly kind: 'exited'; readonly code: number; readonly errors: string }
  /** No call was made. */
  | { readonly kind: 'uncompiled'; readonly message: string }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'outOfFuel' };

/** A module with its limits in it. Threads keep what they compiled by the key. */
export interface LimitedModule {
  readonly key: string;
  readonly bytes: Uint8Array;
}
