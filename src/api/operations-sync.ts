/** What the doors ask of the control loop: to look, to wait, and how far it is. */
export interface SyncOperations {
  /** How far controllers are with an environment, and why no further. */
  syncState(environment: string): Promise<SyncRecord>;
  /** Asks controllers to look now; they have when `handled` is what `wanted` is in the answer. */
  requestSync(environment: string): Promise<SyncRecord>;
  /** From when this returns on, no controller changes anything of the environment. */
  suspendSync(request: SuspendSyncRequest): Promise<SyncRecord>;
  resumeSync(environment: string): Promise<SyncRecord>;
  /** Hands an environment that another repository declared first over to this one. */
  claimSync(environment: string): Promise<SyncRecord>;
}

export interface SuspendSyncRequest {
  readonly environment: string;
  readonly reason: string;
  /** Absent: until somebody resumes it. */
  readonly forMs?: number;
}

export interface SyncRecord {
  readonly environment: string;
  /** The repository that declares it, by its address; absent: no controller has looked yet. */
  readonly repository?: string;
  readonly wanted: number;
  readonly handled: number;
  readonly handledAt?: string;
  readonly suspension?: SuspensionRecord;
  /** In the order of the stages; those that nobody came to are missing. */
  readonly conditions: readonly ConditionRecord[];
}

export interface SuspensionRecord {
  readonly by: string;
  readonly reason: string;
  readonly at: string;
  readonly until?: string;
}

export interface ConditionRecord {
  readonly type: 'SourceReady' | 'Planned' | 'Gated' | 'Applied' | 'Healthy' | 'Drifted';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** What this stage last looked at. */
  readonly commit?: string;
  /** When the status last changed. */
  readonly since: string;
}
