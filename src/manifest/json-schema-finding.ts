import type { Finding, Path } from './text.ts';

export interface SchemaFinding extends Finding {
  /** From the top of the schema. */
  readonly path: Path;
  readonly part: 'key' | 'value';
}
