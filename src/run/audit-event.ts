import type { AuditVerdict } from '../policy/decision.ts';
import type { RunEnd } from './executor.ts';
import type { AuditFacts, EntryBase, IntentEntry, JournalEntry, Outcome, ResultEntry } from './journal-entry.ts';

/**
 * One thing that happened in a run, as the record tells it: names, rules, reasons, amounts and digests, never contents.
 * Keys that are undefined are not written; the others stand in the order of canonical JSON.
 */
export type AuditEvent = AuditClaim | AuditVerdictEvent | AuditVoid | AuditOutcome | AuditEnd;

/** A worker took the run: everything after it, up to the next claim, is that worker's. */
export interface AuditClaim {
  /** Digest. */
  readonly bundle: string;
  readonly environment: string;
  readonly event: 'claim';
  readonly fence: number;
  /** The revision that the run is pinned to. */
  readonly revision: number;
  readonly system: string;
  readonly worker: string;
}

/** What the gate said of a call. An allowed call was let through, unless a `void` of it follows. */
export interface AuditVerdictEvent {
  /** Digest of what an approval is bound to. */
  readonly action?: string | undefined;
  /** The approval that the call consumed, or that it waits for. */
  readonly approval?: string | undefined;
  /** Digest of a tool's canonical arguments, or of a model's messages. */
  readonly args?: string | undefined;
  /** The rules that ask people. */
  readonly asks?: readonly string[] | undefined;
  /** The path of the call, its attempt included. */
  readonly call: string;
  /** Micro-USD reserved. */
  readonly cost?: number | undefined;
  readonly event: 'allow' | 'ask' | 'deny';
  /** Guards that found something. */
  readonly guards?: readonly string[] | undefined;
  /** Estimated tokens of a model call's prompt. */
  readonly input?: number | undefined;
  readonly kind: EntryBase['kind'];
  /** The live revision that the decision looked at. */
  readonly live?: number | undefined;
  /** Digest of the pinned definition of the tool or the model. */
  readonly pin?: string | undefined;
  readonly reason?: string | undefined;
  readonly rule: string;
  readonly subject?: string | undefined;
  readonly target: string;
  /** Tokens reserved. */
  readonly tokens?: number | undefined;
  /** What policies with `mode: audit` would have said. */
  readonly would?: AuditVerdict | undefined;
}

/** What was allowed was not let through: live moved, an approval was gone, or a switch was thrown in between. */
export interface AuditVoid {
  readonly call: string;
  readonly event: 'void';
  readonly reason: 'gate.conflict';
}

/** What became of a call that was let through. */
export interface AuditOutcome {
  /** The person who gave the result. */
  readonly by?: string | undefined;
  readonly call: string;
  /** Micro-USD. */
  readonly cost: number;
  readonly event: Exclude<Outcome, 'denied'>;
  /** Code of a failure. */
  readonly reason?: string | undefined;
  readonly tokensIn: number;
  readonly tokensOut: number;
}

/** The owner gave the run up: it ended, waits, or goes to another worker. */
export interface AuditEnd {
  readonly event: 'end';
  /** Code of a failure. */
  readonly reason?: string | undefined;
  readonly state: RunEnd['kind'];
  /** What it waits for. */
  readonly waits?: readonly { readonly call: string; readonly kind: string }[] | undefined;
}

/** Undefined: the entry is no verdict and no outcome of a call, but what the graph goes on from. */
export function eventOf(entry: JournalEntry): AuditEvent | undefined {
  if (entry.decision !== undefined) return verdictOf(entry, entry.decision);
  if (entry.phase === 'intent' || (entry.kind !== 'model' && entry.kind !== 'tool')) return undefined;
  return outcomeOf(entry);
}

function verdictOf(
  entry: JournalEntry,
  { kind, rule, reason, guards }: NonNullable<EntryBase['decision']>,
): AuditEvent {
  const { action, approval, asks, input, live, pin, subject, would }: AuditFacts = entry.audit ?? {};
  return {
    action: action ?? (entry.phase === 'intent' ? entry.approval?.actionDigest : undefined),
    approval,
    args: entry.argsDigest,
    asks,
    call: entry.path,
    cost: entry.phase === 'intent' ? entry.cost : undefined,
    event: kind,
    guards: guards?.map(({ guard }) => guard),
    input,
    kind: entry.kind,
    live: entry.phase === 'intent' ? (entry as IntentEntry).liveRevision : live,
    pin,
    reason,
    rule,
    subject,
    target: entry.audit?.target ?? entry.target,
    tokens: entry.phase === 'intent' ? (entry as IntentEntry).tokensReserved : undefined,
    would,
  };
}

function outcomeOf({ path, outcome, error, audit, tokensIn = 0, tokensOut = 0, cost = 0 }: ResultEntry): AuditEvent {
  if (outcome === 'denied') {
    // Without a decision no gate refused it; what the journal calls so is no more than a failure.
    return { call: path, cost, event: 'failed', reason: error?.code, tokensIn, tokensOut };
  }
  return { by: audit?.by, call: path, cost, event: outcome, reason: error?.code, tokensIn, tokensOut };
}

export function eventOfEnd(end: RunEnd): AuditEnd {
  return {
    event: 'end',
    reason: 'error' in end ? end.error.code : undefined,
    state: end.kind,
    waits: end.kind === 'waiting' ? end.waits.map(({ path: call, kind }) => ({ call, kind })) : undefined,
  };
}
