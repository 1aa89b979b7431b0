/** How many runs of a system ended lately. `since`: when the first of them did. */
export interface RunRate {
  readonly system: string;
  readonly month: number;
  readonly monthSince: Date;
  readonly week: number;
  readonly weekSince: Date | null;
}

/** What one recorded run used of one endpoint or tool in one node; without a node: it called nothing. */
export interface SpendRow {
  readonly system: string;
  readonly run: string;
  readonly node: string | null;
  readonly kind: 'model' | 'tool' | null;
  /** `namespace/name`. */
  readonly target: string | null;
  readonly calls: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
}
