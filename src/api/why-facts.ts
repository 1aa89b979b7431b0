import type { Bundle } from '../manifest/bundle.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import type { Authority } from '../policy/authority.ts';
import type { RecordedRow } from '../run/journal-entry.ts';
import type { WhyVerdict } from './operations-audit.ts';

/** What the record says of one decision, and what the run was pinned to. */
export interface WhyFacts {
  readonly run: string;
  readonly call: string;
  /** The place of the call. */
  readonly place: string;
  readonly kind: 'model' | 'tool';
  readonly subject: string;
  readonly target: string;
  readonly rows: readonly RecordedRow[];
  /** Those that were there when it was decided. */
  readonly before: readonly RecordedRow[];
  readonly content: Bundle;
  readonly pinned: Authority;
  /** Undefined: not recorded, or live had no such system any more. */
  readonly live: Authority | undefined;
  /** The last verdict on the call in the run's record. */
  readonly said: JsonObject | undefined;
  readonly recorded: WhyVerdict;
}

/** A call's path without its attempt. */
export function unattempted(path: string): string {
  return path.replace(/~\d+$/, '');
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
