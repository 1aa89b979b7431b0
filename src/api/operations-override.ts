import type { JsonObject } from '../manifest/json.ts';

/** What the doors ask of changes by hand that are meant: with a reason and an end. */
export interface OverrideOperations {
  /** Those in force, oldest first. */
  overrides(environment: string): Promise<readonly OverrideRecord[]>;
  /** Goes live at once; what it newly permits must be acknowledged, as of any plan. */
  setOverride(request: SetOverrideRequest): Promise<OverriddenRecord>;
  /** Takes it back before its time is up. */
  endOverride(request: EndOverrideRequest): Promise<OverriddenRecord>;
}

export interface OverrideRecord {
  readonly id: string;
  readonly address: string;
  /** Merge patch of the manifest's `spec`. */
  readonly spec: JsonObject;
  readonly reason: string;
  readonly by: string;
  readonly setAt: string;
  readonly expiresAt: string;
}

export interface SetOverrideRequest {
  readonly environment: string;
  readonly address: string;
  readonly spec: JsonObject;
  readonly reason: string;
  readonly forMs: number;
  readonly acknowledge: readonly string[];
}

export interface EndOverrideRequest {
  readonly environment: string;
  readonly id: string;
  readonly acknowledge: readonly string[];
}

export interface OverriddenRecord {
  readonly environment: string;
  readonly revision: number;
  readonly override: OverrideRecord;
  /** AgentSystems, as `namespace/name`, that are compiled anew by it. */
  readonly systems: readonly string[];
}
