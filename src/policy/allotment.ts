/** An account as its row has it. */
export interface AccountState {
  /** What finished calls took, as the runs told. */
  readonly used: number;
  /** What runs have drawn and not told to be used. */
  readonly drawn: number;
}

/** One run's part in an account: all that it ever drew, and what it has told to be used of it. */
export interface AllotmentState {
  readonly drawn: number;
  readonly used: number;
}

/** What a run says of itself when it draws: figures of the whole run, so that a question sent twice is one. */
export interface DrawAsk {
  readonly limit: number;
  /** By calls that came to their end. */
  readonly used: number;
  /** By calls under way. */
  readonly held: number;
  /** What the calls that wait for it need beyond that. */
  readonly want: number;
  /** With less than this none of them can be made. */
  readonly least: number;
}

export interface Grant {
  readonly account: AccountState;
  readonly allotment: AllotmentState;
  /** What calls may take now beyond what is used and held. */
  readonly free: number;
}

/** So many times what is asked for is drawn at most, */
export const aheadMax = 16;
/** and no more than this part of what is left: near the limit a draw is for one call, and nothing is hoarded. */
export const roomShare = 64;

/**
 * Decides on one draw. What a run has is never taken from it here, because calls may be made on it meanwhile; it comes
 * back when the run tells what it used. Under a limit that was lowered it may be more than there is room for: then the
 * run may use none of it.
 */
export function grant(account: AccountState, allotment: AllotmentState, ask: DrawAsk): Grant {
  const { used, held, want, least } = ask;
  const outstanding = Math.max(0, allotment.drawn - allotment.used);
  const usedByAll = account.used + used - allotment.used;
  const ofOthers = account.drawn - outstanding;
  const room = ask.limit - usedByAll - ofOthers - held;
  const had = Math.max(0, allotment.drawn - used - held);
  const given = room < least ? had : Math.max(had, Math.min(room, drawSize(want, room)));
  const drawn = used + held + given;
  return {
    account: { used: usedByAll, drawn: ofOthers + held + given },
    allotment: { drawn, used },
    free: Math.max(0, Math.min(given, room)),
  };
}

/** Several calls ahead while much is left, exactly what is needed near the limit. */
export function drawSize(want: number, room: number): number {
  return Math.max(want, Math.min(want * aheadMax, Math.trunc(room / roomShare)));
}

/** What a run tells when it ends or waits: what it used is booked, what it holds stays drawn, the rest goes back. */
export function giveBack(
  account: AccountState,
  allotment: AllotmentState,
  { used, held }: { readonly used: number; readonly held: number },
): Omit<Grant, 'free'> {
  const outstanding = Math.max(0, allotment.drawn - allotment.used);
  return {
    account: { used: account.used + used - allotment.used, drawn: account.drawn - outstanding + held },
    allotment: { drawn: used + held, used },
  };
}
