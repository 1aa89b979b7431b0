import type { ValueType } from './expression-type.ts';
import type { Finding } from './text.ts';

/** Types of the names that an expression reads. */
export type Names = ReadonlyMap<string, ValueType>;

/** What is wrong at a place of an expression. */
export interface TypeFinding extends Finding {
  /** Counted from the start of the expression. */
  readonly offset: number;
}

/** An expression whose types are being checked. */
export interface Typing {
  readonly names: Names;
  readonly report: (finding: TypeFinding) => void;
}
