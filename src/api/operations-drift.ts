/** What the doors ask where live is not what its revision says. */
export interface DriftOperations {
  /** Makes drifted rows what the current revision says; all of them where none is named. */
  heal(request: HealRequest): Promise<HealRecord>;
  /** Whether controllers still put rows back by themselves. */
  healing(environment: string): Promise<HealingState>;
  /** Lets them do so again after a fight. */
  resumeHealing(environment: string): Promise<HealingState>;
}

export interface HealRequest {
  readonly environment: string;
  readonly addresses: readonly string[];
}

export interface HealRecord {
  readonly environment: string;
  /** The revision whose state the rows have again. */
  readonly revision: number;
  readonly undone: readonly UndoneRecord[];
}

/** One edit by hand that is gone. */
export interface UndoneRecord {
  readonly address: string;
  readonly class: string;
  /** Absent: nobody knows, as where the triggers were off. */
  readonly by: string | undefined;
  readonly at: string | undefined;
}

export interface HealingState {
  readonly environment: string;
  /** Since when controllers have stopped; absent: they have not. */
  readonly stoppedAt: string | undefined;
}
