import type { RolloutOrder } from '../run/rollouts.ts';

/** What a person says of a rollout that is under way. */
export type RolloutRequest = Omit<RolloutOrder, 'actor'>;

/** What the doors ask of rollouts: how new runs come to a new revision of a system. */
export interface RolloutOperations {
  /** The last one of each system, those under way first. */
  rollouts(environment: string): Promise<readonly RolloutRecord[]>;
  /** Moves one on, holds it or takes it back. */
  orderRollout(request: RolloutRequest): Promise<RolloutRecord>;
}

export interface RolloutRecord {
  readonly environment: string;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly strategy: 'canary' | 'blueGreen';
  readonly state: 'progressing' | 'paused' | 'aborted' | 'done' | 'reverted' | 'superseded' | 'removed';
  /** From 1 to `steps`. */
  readonly step: number;
  readonly steps: number;
  /** The part of new runs that see the new revision, in percent. */
  readonly weight: number;
  readonly reason: string;
  readonly startedAt: string;
  readonly stepSince: string;
  readonly endedAt: string | undefined;
  readonly from: RolloutSide;
  readonly to: RolloutSide;
}

export interface RolloutSide {
  readonly revision: number;
  /** Runs that ended since the step began; absent where the rollout is over. */
  readonly runs?: number;
  readonly failed?: number;
  /** How long 95 of 100 of them took at most. */
  readonly latencyMs?: number;
}
