import type { Finding, Path } from './text.ts';

export interface GraphFinding extends Finding {
  /** From `spec`. */
  readonly path: Path;
  readonly part: 'key' | 'value';
  /** Where in an expression, counted from its start. */
  readonly within?: { readonly text: string; readonly offset: number };
}

export type GraphReport = (finding: GraphFinding) => void;
