/** What the doors ask where a plan waits for somebody to agree. */
export interface AcknowledgeOperations {
  /** Plans again, and records that somebody agrees, where the plan is still the one that they looked at. */
  acknowledge(request: AcknowledgeRequest): Promise<AcknowledgeRecord>;
}

export interface AcknowledgeRequest {
  readonly environment: string;
  /** Of risks and guards, as the plan shows them. */
  readonly ids: readonly string[];
  /** Of the plan that they looked at; its first 16 digits are enough. */
  readonly planDigest: string;
  readonly reason?: string;
  /** A branch, tag or commit; absent: the environment's branch. */
  readonly ref?: string;
}

export interface AcknowledgeRecord {
  readonly environment: string;
  readonly planDigest: string;
  /** Whose word it is. */
  readonly by: string;
  readonly acknowledged: readonly string[];
  /** What still holds the plan back. */
  readonly outstanding: readonly OutstandingRecord[];
  /** No group is defined: nobody is told apart, so that whoever asks decides alone. */
  readonly alone: boolean;
}

export interface OutstandingRecord {
  readonly id: string;
  readonly title: string;
  /** Who may, for people: `group security, 2 people`. */
  readonly approvers: string;
  readonly missing: number;
  readonly acknowledgeable: boolean;
}
