import type { Finding, Path } from './text.ts';

export interface GraphFinding extends Finding {
  /** From `spec`. */
  readonly path: Path;
  readonly part: 'key' | 'value';
}

export type GraphReport = (finding: GraphFinding) => void;
