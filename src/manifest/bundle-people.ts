import type { JsonObject } from './json.ts';

// What a compiled graph asks of people.

export interface BundleAssignees {
  readonly groups: readonly string[];
  readonly users: readonly string[];
}

export interface BundleHuman {
  readonly assignees: BundleAssignees;
  /** JSON Schema of the answer; absent: any JSON. */
  readonly form?: JsonObject;
  readonly ttlMs: number;
}

export interface BundleReview {
  readonly approvers: BundleAssignees & { readonly min: number };
  readonly ttlMs: number;
  readonly maxCycles: number;
}
