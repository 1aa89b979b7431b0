import type { Draw } from '../policy/decision.ts';
import type { AccountUse } from '../policy/ledger.ts';

/** Who draws: a worker that lost the run draws nothing. */
export interface Drawer {
  readonly environment: string;
  readonly run: string;
  readonly fence: number;
}

/** What calls of one run need of one account, and how the run stands with it. */
export interface DrawOrder extends Omit<Draw, 'amount'> {
  /** What all calls that wait for it need together. */
  readonly want: number;
  /** The account whose figures these are: the one of the window that the run knows. */
  readonly known: string | undefined;
  /** The live revision that the limits were read at. */
  readonly revision: number;
  readonly used: number;
  readonly held: number;
}

/** How a run stands with the account of the window that the database has now. */
export interface Allotted {
  readonly account: string;
  readonly id: string;
  /** What its calls may use and hold in all. */
  readonly may: number;
  /** What is left beyond what the order said to be used and held. */
  readonly free: number;
  readonly windowLeftMs: number;
  /** What other runs have told to be used of it. */
  readonly others: number;
}

/** Keeps the accounts that runs share. */
export interface AccountDoor {
  /** Undefined: another worker owns the run. */
  draw(drawer: Drawer, orders: readonly DrawOrder[]): Promise<readonly Allotted[] | undefined>;
  /** What earlier owners of the run have drawn and not given back, by account id. */
  allotted(run: string): Promise<ReadonlyMap<string, number>>;
  /** Books what the run used of each account, and gives back what it neither used nor holds. */
  giveBack(drawer: Drawer, use: ReadonlyMap<string, AccountUse>): Promise<void>;
  /** Tells that a call took more than was held for it. */
  overrun(drawer: Drawer, overrun: Overrun): Promise<void>;
}

export interface Overrun {
  readonly path: string;
  /** `namespace/name` of what was called. */
  readonly target: string;
  readonly held: { readonly tokens: number; readonly cost: number };
  readonly took: { readonly tokens: number; readonly cost: number };
  /** Accounts that it was held on. */
  readonly accounts: readonly string[];
  /** Those of them whose budgets are on trial alone, so that they refuse nothing. */
  readonly trial: readonly string[];
}
