import { repetitionKey } from '../policy/context.ts';
import type { Decision } from '../policy/decision.ts';
import { messagesDigest, type StepCall } from './ask.ts';
import { factsOf } from './audit-facts.ts';
import type { LiveAuthority } from './executor.ts';
import type { CallError, GuardRecord, IntentEntry, Outcome, RecordedDecision } from './journal-entry.ts';
import type { HaltReason } from './halt.ts';
import type { CallResult } from './replay.ts';
import { accountsHeldOn, charge } from './spending.ts';
import type { Scope } from './scope.ts';

/** One attempt at one call, under a path of its own. */
export interface Attempt<Call extends StepCall = StepCall> {
  readonly call: Call;
  readonly path: string;
  readonly scope: Scope;
  readonly subject: string;
  readonly target: string;
  /** The call as guards left it: what is asked of the gate and sent. Absent: as it is. */
  readonly sent?: StepCall;
  /** Digest of the arguments as they were written, where guards masked some or kept the call back. */
  readonly written?: string | undefined;
  /** What guards found in what the call sends. */
  readonly guards?: readonly GuardRecord[];
}

export type Allowed = Extract<Decision, { kind: 'allow' }>;

/** Counts the attempt in the run's ledger, with what an allowed one may cost at most. */
export function book(
  { call, path, scope, subject, target, written }: Attempt,
  decision: Extract<Decision, { kind: 'allow' | 'deny' }>,
): void {
  const argsDigest = written ?? decision.argsDigest;
  scope.ledger.book(path, {
    node: call.node,
    subject,
    kind: call.kind,
    allowed: decision.kind === 'allow',
    again: path !== call.path || (call.kind === 'model' && call.purpose === 'embedding'),
    tokens: decision.kind === 'allow' ? decision.reserve.tokens : 0,
    cost: decision.kind === 'allow' ? decision.reserve.cost : 0,
    accounts: decision.kind === 'allow' ? accountsHeldOn(scope, subject, decision.reserve) : undefined,
    repeated: argsDigest === undefined ? undefined : repetitionKey(target, argsDigest),
  });
}

// Entries are written out field by field: spreads cost a tenth of the time of a step.

/** What stands in the journal before the call is made. */
export function intentOf(attempt: Attempt, decision: Allowed, live: LiveAuthority): IntentEntry {
  const { call, path, target } = attempt;
  const { consumes } = decision;
  return {
    phase: 'intent',
    path,
    node: call.node,
    kind: call.kind,
    target,
    // By what was written: that is what is made again on resume, before any guard masks it.
    argsDigest: call.kind === 'model' ? messagesDigest(call.messages) : (attempt.written ?? decision.argsDigest),
    decision: recorded(recordedOf(attempt, decision), attempt, decision),
    body: decision.argsText,
    tokensReserved: decision.reserve.tokens,
    cost: decision.reserve.cost,
    liveRevision: live.revision,
    haltEpoch: live.halts?.epoch ?? 0,
    approval: consumes,
    audit: factsOf(attempt, decision),
  };
}

function recordedOf({ path, scope }: Attempt, { rule, approval }: Allowed): RecordedDecision {
  const accounts = scope.ledger.booked(path)?.accounts;
  if (accounts === undefined)
    return approval === undefined ? { kind: 'allow', rule } : { kind: 'allow', rule, approval };
  return { kind: 'allow', rule, ...(approval === undefined ? {} : { approval }), accounts };
}

function recorded(
  decision: RecordedDecision,
  { guards = [] }: Attempt,
  { would }: Pick<Allowed, 'would'>,
): RecordedDecision {
  if (guards.length === 0 && would === undefined) return decision;
  return { ...decision, ...(guards.length === 0 ? {} : { guards }), ...(would === undefined ? {} : { would }) };
}

/** Writes down that the gate let the call not pass. */
export function refuse(attempt: Attempt, decision: Extract<Decision, { kind: 'deny' }>): CallResult {
  const { call, path, scope, target } = attempt;
  const { reason, rule, message } = decision;
  const argsDigest = attempt.written ?? decision.argsDigest;
  book(attempt, decision);
  scope.journal.result({
    phase: 'result',
    path,
    node: call.node,
    kind: call.kind,
    target,
    outcome: 'denied',
    decision: recorded({ kind: 'deny', rule, reason, message }, attempt, decision),
    argsDigest,
    error: { code: reason, message },
    audit: factsOf(attempt, decision),
  });
  return { kind: 'denied', reason, message };
}

export const noCharge = { tokensIn: 0, tokensOut: 0, cost: 0 };

export interface Settlement {
  readonly outcome: Exclude<Outcome, 'denied'>;
  readonly body?: string;
  readonly error?: CallError;
  /** What guards said of the answer, where they found something. */
  readonly decision?: RecordedDecision | undefined;
  /** The person who answered. */
  readonly by?: string | undefined;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly cost: number;
}

/** Writes down what became of a call that was let through, and gives back what it did not use. */
export function settle(attempt: Attempt, settlement: Settlement): void {
  const { call, path, scope, target } = attempt;
  const { outcome, body, error, decision, by, tokensIn, tokensOut, cost } = settlement;
  if (outcome === 'unknown' && error?.retryable === false) scope.unsettled?.add(path);
  // An unknown outcome keeps what was reserved, unless the call was never made.
  if (error?.code === 'call.not_made') scope.ledger.unmake(path);
  else if (outcome === 'unknown') scope.ledger.charge(path);
  else charge(attempt, { tokens: tokensIn + tokensOut, cost });
  scope.journal.result({
    phase: 'result',
    path,
    node: call.node,
    kind: call.kind,
    target,
    outcome,
    decision,
    body,
    error,
    tokensIn: Math.min(tokensIn, tokensMax),
    tokensOut: Math.min(tokensOut, tokensMax),
    cost,
    ...(by === undefined || by === '' ? {} : { audit: { by } }),
  });
}

/** Writes down that a call that was let through was not made. */
export function settleNotMade(attempt: Attempt, halt: HaltReason): void {
  const error = { code: 'call.not_made', message: `The call was not made: the run was ${halt}.` };
  settle(attempt, { outcome: 'unknown', error, ...noCharge });
}

/** What the journal's column holds; a provider that reports more is charged this much. */
const tokensMax = 2 ** 31 - 1;
