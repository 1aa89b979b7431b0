import type { GateCall, GateContext } from './context.ts';
import type { Denial } from './effective.ts';

/** What one switch stops. */
export type HaltScope =
  | { readonly kind: 'global' }
  | {
      readonly kind: 'environment' | 'namespace' | 'system' | 'agent' | 'tool' | 'server' | 'model' | 'provider';
      /** A namespace's or provider's name; else `namespace/name`. */
      readonly name: string;
    };

/** A switch in force: no call within its scope is released while it is. */
export interface Halt {
  readonly id: string;
  readonly scope: HaltScope;
  readonly reason: string;
  readonly by: string;
  /** Whether calls in flight are given up too. */
  readonly aborts: boolean;
}

/** T1 and M1. */
export function haltDenial(_call: GateCall, _context: GateContext): Denial | undefined {
  return undefined;
}
