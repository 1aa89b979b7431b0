/** What the doors ask of budgets that runs share. */
export interface BudgetOperations {
  /** The accounts of windows that are not over: those that a run drew from, and those that live policies declare. */
  budgets(environment: string): Promise<readonly BudgetRecord[]>;
}

export interface BudgetRecord {
  /** `AgentPolicy/ns/name#scope-unit-window`. */
  readonly budget: string;
  /** The agent's or system's `ns/name`, or the namespace. */
  readonly sharedBy: string;
  readonly unit: 'tokens' | 'usd' | 'calls';
  readonly endsAt: string;
  /** Tokens, calls, or micro-USD. */
  readonly limit: number;
  /** By calls that came to their end. */
  readonly used: number;
  /** What runs have drawn for calls under way and the next ones. */
  readonly drawn: number;
  /** Live policies have it on trial alone: it is counted, and refuses nothing. */
  readonly onTrial?: boolean | undefined;
}
