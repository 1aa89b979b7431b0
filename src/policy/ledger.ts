import { parseAccount } from './account.ts';
import type { Authority, Budget, SubjectAuthority } from './authority.ts';
import { repeatedTool, type Spent, type Usage } from './context.ts';

/** What one call has on the accounts: its reservation at first, what it really took in the end. */
export interface Booking {
  readonly node: string;
  /** `Agent/ns/name` or `AgentSystem/ns/name`. */
  readonly subject: string;
  readonly kind: 'model' | 'tool';
  readonly allowed: boolean;
  /** A further attempt at a call that was counted already. */
  readonly again: boolean;
  readonly tokens: number;
  /** Micro-USD. */
  readonly cost: number;
  /** Tool calls with well-formed arguments. */
  readonly repeated?: string | undefined;
  /** Ids of the shared accounts that it was held on. */
  readonly accounts?: readonly string[] | undefined;
  /** What it took is known, or is all that was held. */
  readonly settled?: boolean;
}

/** What the calls of one run took of a shared account, and what those under way hold of it. */
export interface AccountUse {
  readonly used: number;
  readonly held: number;
}

interface StepAccount {
  modelCalls: number;
  toolCalls: number;
  denials: number;
  tokens: number;
  cost: number;
  readonly repeated: Map<string, number>;
}

interface SubjectAccount {
  calls: number;
  tokens: number;
  cost: number;
}

/**
 * The accounts of one run, folded from its journal. The owner of the run is the only one who spends, and books a call
 * before it lets go of the thread, so that parallel branches cannot spend the same money twice.
 */
export class Ledger {
  readonly #bookings = new Map<string, Booking>();
  readonly #steps = new Map<string, StepAccount>();
  readonly #subjects = new Map<string, SubjectAccount>();
  readonly #run = { tokens: 0, cost: 0 };
  /** By the place of each execution of a nested system: `outer` of `outer>inner`. */
  readonly #nested = new Map<string, { tokens: number; cost: number }>();
  /** How many calls of the run were let through to each tool. */
  readonly #called = new Map<string, number>();
  readonly #remembered = new Set<string>();
  /** By the id of each shared account that a call of the run was held on. */
  readonly #accounts = new Map<string, { used: number; held: number }>();

  /** Books a call under its path, in place of what was booked there. */
  book(path: string, booking: Booking): void {
    this.release(path);
    this.#bookings.set(path, booking);
    this.#apply(booking, 1);
  }

  /** Replaces the reservation by what the call really took. */
  settle(path: string, tokens: number, cost: number): void {
    const booking = this.#bookings.get(path);
    if (booking === undefined || (booking.accounts === undefined && isSame(booking, tokens, cost))) return;
    this.book(path, { ...booking, tokens, cost, settled: true });
  }

  /** The outcome is unknown, and stays so: all that was held is charged. */
  charge(path: string): void {
    const booking = this.#bookings.get(path);
    if (booking?.accounts !== undefined) this.book(path, { ...booking, settled: true });
  }

  /** The call was never made: it costs nothing, and no shared account counts it. */
  unmake(path: string): void {
    const booking = this.#bookings.get(path);
    if (booking !== undefined) this.book(path, { ...booking, tokens: 0, cost: 0, accounts: undefined });
  }

  /** Of what was booked under a path. */
  booked(path: string): Pick<Booking, 'tokens' | 'cost' | 'accounts'> | undefined {
    return this.#bookings.get(path);
  }

  /** The tools that calls of the run were let through to, whatever became of them. */
  called(): Iterable<string> {
    return this.#called.keys();
  }

  /** The run was given a session that this memory, by `namespace/name`, keeps. */
  remember(memory: string): void {
    this.#remembered.add(memory);
  }

  /** Memories whose sessions the run was given. */
  remembered(): Iterable<string> {
    return this.#remembered;
  }

  /** By account id. */
  accounts(): ReadonlyMap<string, AccountUse> {
    return this.#accounts;
  }

  release(path: string): void {
    const booking = this.#bookings.get(path);
    if (booking === undefined) return;
    this.#bookings.delete(path);
    this.#apply(booking, -1);
  }

  /** What was spent inside of one execution of a nested system. */
  spentWithin(place: string): Pick<Spent, 'tokens' | 'cost'> {
    return this.#nested.get(place) ?? { tokens: 0, cost: 0 };
  }

  /** What the gate looks at for a call of `subject` in `node`. */
  usage(node: string, authorities: Authorities): Usage {
    return { step: this.#step(node), run: this.#run, budgets: this.#budgets(authorities) };
  }

  #budgets(authorities: Authorities): ReadonlyMap<string, Spent> {
    const { subject, pinned, live } = authorities;
    const ofPinned = budgetsOf(pinned.subjects[subject]);
    const ofLive = live === pinned ? none : budgetsOf(live?.subjects[subject]);
    if (ofPinned.length + ofLive.length === 0) return nothingSpent;
    const spent = new Map<string, Spent>();
    for (const budgets of [ofPinned, ofLive]) {
      for (const { id, scope } of budgets) {
        if (scope === 'run' && !spent.has(id)) spent.set(id, this.#spentOn(id, authorities));
      }
    }
    return spent;
  }

  /** A budget of a run is shared by every subject that it reaches, in either revision. */
  #spentOn(id: string, { pinned, live }: Authorities): Spent {
    const sum = { calls: 0, tokens: 0, cost: 0 };
    for (const [subject, account] of this.#subjects) {
      if (!reaches(pinned.subjects[subject], id) && !reaches(live?.subjects[subject], id)) continue;
      sum.calls += account.calls;
      sum.tokens += account.tokens;
      sum.cost += account.cost;
    }
    return sum;
  }

  #apply(booking: Booking, sign: 1 | -1): void {
    const step = this.#step(booking.node);
    if (booking.repeated !== undefined && !booking.again) {
      step.repeated.set(booking.repeated, (step.repeated.get(booking.repeated) ?? 0) + sign);
    }
    if (!booking.allowed) {
      step.denials += sign;
      return;
    }
    if (!booking.again && booking.kind === 'model') step.modelCalls += sign;
    if (!booking.again && booking.kind === 'tool') step.toolCalls += sign;
    if (booking.repeated !== undefined) this.#applyCalled(repeatedTool(booking.repeated), sign);
    step.tokens += sign * booking.tokens;
    step.cost += sign * booking.cost;
    this.#run.tokens += sign * booking.tokens;
    this.#run.cost += sign * booking.cost;
    this.#applyNested(booking, sign);
    const subject = this.#subject(booking.subject);
    subject.calls += sign;
    subject.tokens += sign * booking.tokens;
    subject.cost += sign * booking.cost;
    if (booking.accounts !== undefined) this.#applyShared(booking.accounts, booking, sign);
  }

  #applyCalled(tool: string, sign: 1 | -1): void {
    const calls = (this.#called.get(tool) ?? 0) + sign;
    if (calls === 0) this.#called.delete(tool);
    else this.#called.set(tool, calls);
  }

  #applyShared(accounts: readonly string[], booking: Booking, sign: 1 | -1): void {
    for (const id of accounts) {
      const account = this.#accounts.get(id) ?? { used: 0, held: 0 };
      account[booking.settled === true ? 'used' : 'held'] += sign * amountOf(id, booking);
      this.#accounts.set(id, account);
    }
  }

  #applyNested({ node, tokens, cost }: Booking, sign: 1 | -1): void {
    for (let end = node.indexOf('>'); end !== -1; end = node.indexOf('>', end + 1)) {
      const place = node.slice(0, end);
      const account = this.#nested.get(place) ?? { tokens: 0, cost: 0 };
      account.tokens += sign * tokens;
      account.cost += sign * cost;
      this.#nested.set(place, account);
    }
  }

  #step(node: string): StepAccount {
    let account = this.#steps.get(node);
    if (account === undefined) {
      account = { modelCalls: 0, toolCalls: 0, denials: 0, tokens: 0, cost: 0, repeated: new Map() };
      this.#steps.set(node, account);
    }
    return account;
  }

  #subject(subject: string): SubjectAccount {
    let account = this.#subjects.get(subject);
    if (account === undefined) {
      account = { calls: 0, tokens: 0, cost: 0 };
      this.#subjects.set(subject, account);
    }
    return account;
  }
}

const none: readonly Budget[] = [];
const nothingSpent: ReadonlyMap<string, Spent> = new Map();

function isSame(booking: Booking, tokens: number, cost: number): boolean {
  return booking.tokens === tokens && booking.cost === cost;
}

/** What a call is on an account, in the account's unit. */
function amountOf(account: string, { tokens, cost }: Booking): number {
  const unit = parseAccount(account)?.unit;
  return unit === 'tokens' ? tokens : unit === 'usd' ? cost : 1;
}

export interface Authorities {
  readonly subject: string;
  readonly pinned: Authority;
  readonly live: Authority | undefined;
}

function reaches(row: SubjectAuthority | undefined, budget: string): boolean {
  return budgetsOf(row).some(({ id }) => id === budget);
}

/** With those of policies on trial, which are counted the same. */
function budgetsOf(row: SubjectAuthority | undefined): readonly Budget[] {
  if (row === undefined) return none;
  return row.audit === undefined ? row.budgets : [...row.budgets, ...row.audit.budgets];
}
