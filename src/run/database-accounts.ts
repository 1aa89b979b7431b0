import { foldRow } from '../policy/fold-journal.ts';
import { Ledger } from '../policy/ledger.ts';
import {
  dropOldAccounts,
  drawFromAccounts,
  giveBackAllotments,
  readAllotments,
  readLeftAllotments,
  type WindowClock,
} from '../store/account.ts';
import { dropIdleRates } from '../store/rate.ts';
import { readSteps } from '../store/claim.ts';
import type { Database } from '../store/database-port.ts';
import { recordEvent } from '../store/event.ts';
import { inTransaction } from '../store/transaction.ts';
import type { AccountDoor, Allotted, Drawer, DrawOrder, Overrun } from './accounts.ts';
import { patiently } from './patience.ts';

export interface DatabaseAccountsOptions extends WindowClock {
  /** How long a statement is tried again while the database is away. */
  readonly patienceMs: number;
}

const sweepMs = 5_000;
const dropMs = 3_600_000;
const leftMax = 100;
const retryMs = 100;

/** Keeps accounts in the database, the embedded one or PostgreSQL. */
export class DatabaseAccounts implements AccountDoor {
  readonly #database: Database;
  readonly #options: DatabaseAccountsOptions;
  #sweptAt = Number.NEGATIVE_INFINITY;
  #droppedAt = Number.NEGATIVE_INFINITY;

  constructor(database: Database, options: DatabaseAccountsOptions) {
    this.#database = database;
    this.#options = options;
  }

  draw(drawer: Drawer, orders: readonly DrawOrder[]): Promise<readonly Allotted[] | undefined> {
    // The figures are those of the whole run: a draw whose answer was lost gives the same again.
    return this.#patiently(() => drawFromAccounts(this.#database, { ...drawer, orders, now: this.#options.now }));
  }

  allotted(run: string): ReturnType<AccountDoor['allotted']> {
    return this.#patiently(() => readAllotments(this.#database, run));
  }

  giveBack(drawer: Drawer, use: Parameters<AccountDoor['giveBack']>[1]): Promise<void> {
    return this.#patiently(() => giveBackAllotments(this.#database, drawer, use));
  }

  async overrun({ environment, run }: Drawer, { held, took, accounts, trial, ...call }: Overrun): Promise<void> {
    const tried = trial.length === 0 ? {} : { trial: [...trial] };
    const detail = { run, ...call, held, took, accounts: [...accounts], ...tried };
    const event = { environment, actor: 'pawl', action: 'budget.overrun', detail };
    await inTransaction(this.#database, (trx) => recordEvent(trx, event));
  }

  /**
   * Gives back what ended runs have drawn and nobody gave back: their worker died, or they were ended while no worker
   * had them. By their journals, as the next owner would. Does nothing most of the times it is called.
   */
  async sweep(): Promise<void> {
    const now = performance.now();
    if (now - this.#sweptAt < sweepMs) return;
    this.#sweptAt = now;
    await this.giveBackLeft();
    if (now - this.#droppedAt < dropMs) return;
    this.#droppedAt = now;
    await dropOldAccounts(this.#database);
    await dropIdleRates(this.#database);
  }

  async giveBackLeft(): Promise<void> {
    const left = await readLeftAllotments(this.#database, leftMax);
    if (left.length === 0) return;
    const steps = await readSteps(
      this.#database,
      left.map(({ run }) => run),
    );
    for (const drawer of left) {
      const ledger = new Ledger();
      for (const row of steps.get(drawer.run) ?? []) foldRow(ledger, row, '');
      const use = Array.from(
        ledger.accounts(),
        ([id, { used, held }]) => [id, { used: used + held, held: 0 }] as const,
      );
      await giveBackAllotments(this.#database, drawer, new Map(use));
    }
  }

  #patiently<T>(work: () => Promise<T>): Promise<T> {
    return patiently(work, { patienceMs: this.#options.patienceMs, pausesMs: [retryMs] });
  }
}
