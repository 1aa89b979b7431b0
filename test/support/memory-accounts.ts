import { type AccountState, type AllotmentState, giveBack, grant } from '../../src/policy/allotment.ts';
import { foldRow } from '../../src/policy/fold-journal.ts';
import { Ledger } from '../../src/policy/ledger.ts';
import type { AccountDoor, Allotted, Drawer, DrawOrder, Overrun } from '../../src/run/accounts.ts';
import type { RecordedRow } from '../../src/run/journal-entry.ts';
import { accountId, windowEnd, windowStart } from './windows.ts';

/** What accounts need of the runs that draw from them. */
interface Runs {
  readonly now: () => number;
  readonly run: (id: string) => { readonly fence: number };
}

interface Drawn {
  account: string;
  run: string;
  state: AllotmentState;
}

const nothing = { used: 0, drawn: 0 };

/** The accounts that runs share, in this process's memory, by the same arithmetic as the statements. */
export class MemoryAccounts {
  readonly accounts = new Map<string, AccountState>();
  readonly overruns: (Overrun & { readonly run: string })[] = [];
  /** Each draw that was asked for, for tests that count them. */
  readonly draws: (readonly DrawOrder[])[] = [];
  readonly #allotments = new Map<string, Drawn>();
  readonly #runs: Runs;

  constructor(runs: Runs) {
    this.#runs = runs;
  }

  draw(drawer: Drawer, orders: readonly DrawOrder[]): readonly Allotted[] | undefined {
    if (!this.#owns(drawer)) return undefined;
    this.draws.push(orders);
    const at = this.#runs.now();
    return orders.map(({ account, window, limit, want, least, ...told }) => {
      const start = windowStart(window, new Date(at));
      const id = accountId(account, start);
      const mine = this.#of(drawer.run, id);
      const { used, held } = told.known === id ? told : { used: mine.state.used, held: 0 };
      const ask = { limit, used, held, want, least };
      const granted = grant(this.accounts.get(id) ?? nothing, mine.state, ask);
      this.accounts.set(id, granted.account);
      mine.state = granted.allotment;
      const windowLeftMs = windowEnd(window, start).getTime() - at;
      const others = Math.max(0, granted.account.used - used);
      return { account, id, may: used + held + granted.free, free: granted.free, windowLeftMs, others };
    });
  }

  allotted(run: string): ReadonlyMap<string, number> {
    return new Map(this.#ofRun(run).map(({ account, state }) => [account, state.drawn]));
  }

  giveBack(drawer: Drawer, use: Parameters<AccountDoor['giveBack']>[1]): void {
    if (!this.#owns(drawer)) return;
    for (const mine of this.#ofRun(drawer.run)) {
      const told = use.get(mine.account) ?? { used: 0, held: 0 };
      const given = giveBack(this.accounts.get(mine.account) ?? nothing, mine.state, told);
      this.accounts.set(mine.account, given.account);
      mine.state = given.allotment;
    }
  }

  overrun({ run }: Drawer, overrun: Overrun): void {
    this.overruns.push({ run, ...overrun });
  }

  /** What the reaper does of a run that ended. */
  giveBackLeft(drawer: Drawer, steps: readonly RecordedRow[]): void {
    if (this.#ofRun(drawer.run).every(({ state }) => state.drawn === state.used)) return;
    const ledger = new Ledger();
    for (const row of steps) foldRow(ledger, row, '');
    const use = Array.from(ledger.accounts(), ([id, { used, held }]) => [id, { used: used + held, held: 0 }] as const);
    this.giveBack(drawer, new Map(use));
  }

  #owns({ run, fence }: Drawer): boolean {
    return this.#runs.run(run).fence === fence;
  }

  #ofRun(run: string): readonly Drawn[] {
    return [...this.#allotments.values()].filter((one) => one.run === run);
  }

  #of(run: string, account: string): Drawn {
    const key = `${run} ${account}`;
    const known = this.#allotments.get(key) ?? { run, account, state: nothing };
    this.#allotments.set(key, known);
    return known;
  }
}
