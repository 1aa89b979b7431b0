import type { Draw } from '../policy/decision.ts';
import type { Drawn } from '../policy/context.ts';
import type { AccountUse, Ledger } from '../policy/ledger.ts';
import type { AccountDoor, Allotted, Drawer, DrawOrder, Overrun } from './accounts.ts';
import { Halted } from './halt.ts';

/** What the run knows of one budget's account in the window that it is in. */
interface Standing {
  readonly id: string;
  /** What its calls may use and hold in all. */
  readonly may: number;
  readonly limit: number;
  /** By this process's clock: when what is left may no longer be used without asking. */
  readonly endsAt: number;
  /** By this process's clock. */
  readonly dryUntil: number;
  /** What other runs had used of it when it was last asked. */
  readonly others: number;
}

interface Pending {
  readonly draws: readonly Draw[];
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

export interface AllotmentParts {
  readonly door: AccountDoor;
  readonly drawer: Drawer;
  readonly ledger: Ledger;
  /** The live revision that decisions look at. */
  readonly revision: () => number;
  /** Told of what was lost; who reaps ended runs makes up for it. */
  readonly report: (cause: unknown) => void;
}

/** An account that had too little is not asked again at once by every call of a run that goes on. */
const dryMs = 1_000;

const nothing: ReadonlyMap<string, Drawn> = new Map();

/**
 * What one run has drawn of the accounts that it shares with others. Its calls are decided by that alone; calls that
 * need more at the same time draw together, in one statement.
 */
export class Allotments {
  readonly #parts: AllotmentParts;
  readonly #known = new Map<string, Standing>();
  #waiting: Pending[] = [];
  #work: Promise<void> = Promise.resolve();
  #isScheduled = false;
  #isLoaded: boolean;

  constructor(parts: AllotmentParts) {
    this.#parts = parts;
    // Nobody drew for a run before its first owner.
    this.#isLoaded = parts.drawer.fence === 1;
  }

  /** By `accountKey`, what is left for calls now. A window that is over leaves nothing, and is not dry. */
  drawn(): ReadonlyMap<string, Drawn> {
    if (this.#known.size === 0) return nothing;
    const drawn = new Map<string, Drawn>();
    const now = performance.now();
    for (const [key, { id, may, limit, endsAt, dryUntil, others }] of this.#known) {
      if (now >= endsAt) continue;
      const taken = this.#taken(id);
      drawn.set(key, { left: may - taken, limit, dry: now < dryUntil, spent: others + taken });
    }
    return drawn;
  }

  #taken(id: string): number {
    const { used, held } = this.#useOf(id);
    return used + held;
  }

  #useOf(id: string): AccountUse {
    return this.#parts.ledger.accounts().get(id) ?? { used: 0, held: 0 };
  }

  /** The account that a call is held on by a decision that looked at `drawn`. */
  idOf(key: string): string | undefined {
    return this.#known.get(key)?.id;
  }

  /** Resolves when the accounts were asked; what they gave is for whoever decides first. */
  draw(draws: readonly Draw[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ draws, resolve, reject });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      // After the current turn: by then branches that run in parallel have come to need it too.
      setImmediate(() => {
        this.#isScheduled = false;
        void this.#queue(() => this.#send(this.#waiting.splice(0)));
      });
    });
  }

  /** One statement of a run at a time: each says how the run stands. */
  #queue(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work);
    return this.#work;
  }

  async #send(pending: readonly Pending[]): Promise<void> {
    try {
      await this.#load();
      const orders = this.#orders(pending.flatMap(({ draws }) => draws));
      if (orders.length > 0) this.#keep(orders, await this.#parts.door.draw(this.#parts.drawer, orders));
      for (const { resolve } of pending) resolve();
    } catch (cause) {
      for (const { reject } of pending) reject(cause);
    }
  }

  /** What an earlier owner has drawn and not used is there to be used: of each budget, in the newest window. */
  async #load(): Promise<void> {
    if (this.#isLoaded) return;
    const { door, drawer } = this.#parts;
    const allotted = await door.allotted(drawer.run);
    for (const id of [...allotted.keys()].sort()) {
      const key = id.slice(0, id.lastIndexOf(' '));
      // How long its window lasts, and under which limit it was drawn, only the account can say.
      const may = allotted.get(id) ?? 0;
      this.#known.set(key, { id, may, limit: Infinity, endsAt: -Infinity, dryUntil: -Infinity, others: 0 });
    }
    this.#isLoaded = true;
  }

  /** One for each account, in the order of their keys. */
  #orders(draws: readonly Draw[]): readonly DrawOrder[] {
    const orders = new Map<string, DrawOrder>();
    for (const { amount, ...draw } of draws) {
      const known = this.#known.get(draw.account)?.id;
      const other = orders.get(draw.account);
      orders.set(draw.account, {
        ...draw,
        limit: Math.min(draw.limit, other?.limit ?? draw.limit),
        want: Math.min((other?.want ?? 0) + amount, Number.MAX_SAFE_INTEGER),
        least: Math.min(draw.least, other?.least ?? draw.least),
        known,
        revision: this.#parts.revision(),
        ...(known === undefined ? { used: 0, held: 0 } : this.#useOf(known)),
      });
    }
    return [...orders.values()].sort((a, b) => (a.account < b.account ? -1 : 1));
  }

  #keep(orders: readonly DrawOrder[], allotted: readonly Allotted[] | undefined): void {
    if (allotted === undefined) throw new Halted('lost');
    const now = performance.now();
    for (const { account, want, limit } of orders) {
      const given = allotted.find((one) => one.account === account);
      if (given === undefined) continue;
      const { id, may, free, windowLeftMs, others } = given;
      const dryUntil = free < want ? now + dryMs : -Infinity;
      this.#known.set(account, { id, may, limit, endsAt: now + windowLeftMs, dryUntil, others });
    }
  }

  /**
   * Books what was used, and gives back what is neither used nor held. Of an ended run nothing is under way: what is
   * held is of calls whose outcome is unknown, and charged.
   */
  async giveBack(isOver: boolean): Promise<void> {
    await this.#queue(async () => {
      // A run of a first owner that never drew has nothing to give back.
      if (this.#isLoaded && this.#known.size === 0 && this.#parts.ledger.accounts().size === 0) return;
      await this.#tell(isOver);
    });
  }

  async #tell(isOver: boolean): Promise<void> {
    const { door, drawer, ledger, report } = this.#parts;
    const use = Array.from(ledger.accounts(), ([id, { used, held }]) => {
      return [id, isOver ? { used: used + held, held: 0 } : { used, held }] as const;
    });
    // From now on nothing may be held on what is given back.
    for (const [key, standing] of this.#known) this.#known.set(key, { ...standing, endsAt: -Infinity });
    await door.giveBack(drawer, new Map(use)).catch(report);
  }

  /** Tells that a call took more than was held for it, and books it before anybody draws on. */
  overrun(overrun: Overrun): void {
    const { door, drawer, report } = this.#parts;
    void this.#queue(async () => {
      await door.overrun(drawer, overrun).catch(report);
      if (overrun.accounts.length > 0) await this.#tell(false);
    });
  }
}
