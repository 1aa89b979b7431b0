import type { AuditVerdict } from '../policy/decision.ts';

/**
 * What a row of the journal is about: a call, or something that came out in this order and must come out so again
 * (what a join saw, how a step failed that the graph goes on from, what a person answered), which is a result alone.
 */
export type EntryKind = CallKind | 'join' | 'node' | 'human' | 'memory';

export type CallKind = 'model' | 'tool';

export interface RecordedRow {
  readonly path: string;
  readonly phase: 'intent' | 'result';
  /** The place: one execution of one node (see place.ts). */
  readonly node: string;
  readonly kind: EntryKind;
  readonly target: string;
  readonly argsDigest: string | undefined;
  readonly decision: RecordedDecision | undefined;
  /** Result: the output. Intents are read without their arguments. */
  readonly body: string | undefined;
  readonly outcome: Outcome | undefined;
  readonly error: CallError | undefined;
  readonly tokensReserved: number | undefined;
  readonly tokensIn: number | undefined;
  readonly tokensOut: number | undefined;
  readonly cost: number | undefined;
  /** Milliseconds since the epoch, by the database's clock. */
  readonly atMs: number;
  /** Of the claim under which it was written; absent: nobody asked for it. */
  readonly fence?: number;
  /** Written before a person started the run again. */
  readonly beforeRetry?: boolean;
}

export type Outcome = 'done' | 'failed' | 'denied' | 'unknown';

export interface CallError {
  readonly code: string;
  readonly message: string;
  readonly retryable?: boolean;
}

export interface RecordedDecision {
  readonly kind: 'allow' | 'deny';
  readonly rule: string;
  readonly reason?: string;
  readonly message?: string;
  /** What people released it by. */
  readonly approval?: string;
  /** Ids of the shared accounts that the call was held on. */
  readonly accounts?: readonly string[];
  /** What policies with `mode: audit` would have made of it, where that is another verdict. */
  readonly would?: AuditVerdict;
  /** What guards found: of an intent or a refusal in what was to be sent, of another result in the answer. */
  readonly guards?: readonly GuardRecord[];
}

/** What one guard found in a call: names and counts, never a text. */
export interface GuardRecord {
  /** `Guard/ns/name`. */
  readonly guard: string;
  readonly mode: 'preCall' | 'postCall';
  readonly action: 'mask' | 'block' | 'audit';
  /** By the name of a pattern, an entity or a category. */
  readonly found?: Readonly<Record<string, number>>;
  /** Why it could not be asked. */
  readonly failed?: string;
}

/** What the record says of a call beside what the journal holds. */
export interface AuditFacts {
  readonly subject?: string | undefined;
  /** Of a result: the person who gave it. */
  readonly by?: string | undefined;
  /** Of a refusal: the live revision that the decision looked at. */
  readonly live?: number | undefined;
  /** In place of a name that the model made up, which may hold anything: its digest. */
  readonly target?: string | undefined;
  /** Digest of the pinned definition of the tool or the model. */
  readonly pin?: string | undefined;
  /** Digest of what an approval is bound to, and the approval. */
  readonly action?: string | undefined;
  readonly approval?: string | undefined;
  /** Of a model call: the estimate of its prompt's tokens, where it was decided on. */
  readonly input?: number | undefined;
  /** The rules that ask people. */
  readonly asks?: readonly string[] | undefined;
  readonly would?: AuditVerdict | undefined;
}

export interface EntryBase {
  readonly path: string;
  readonly node: string;
  readonly kind: EntryKind;
  readonly target: string;
  readonly argsDigest?: string | undefined;
  readonly decision?: RecordedDecision | undefined;
  /** JSON text: arguments of an intent, output of a result. */
  readonly body?: string | undefined;
  /** Micro-USD: reserved by an intent, charged by a result. */
  readonly cost?: number | undefined;
  readonly audit?: AuditFacts | undefined;
}

export interface IntentEntry extends EntryBase {
  readonly phase: 'intent';
  readonly kind: CallKind | 'memory';
  readonly decision: RecordedDecision;
  readonly tokensReserved: number;
  /** The live revision that the decision looked at; the entry is refused when there is a newer one. */
  readonly liveRevision: number;
  /** The halts that it looked at; the entry is refused when one began or ended since. */
  readonly haltEpoch: number;
  /** Consumed by the entry; where it cannot be, the entry is refused. */
  readonly approval?: ConsumedApproval | undefined;
}

export interface ConsumedApproval {
  readonly id: string;
  readonly actionDigest: string;
  readonly classDigest?: string | undefined;
}

export interface ResultEntry extends EntryBase {
  readonly phase: 'result';
  readonly outcome: Outcome;
  readonly error?: CallError | undefined;
  readonly tokensIn?: number | undefined;
  readonly tokensOut?: number | undefined;
}

export type JournalEntry = IntentEntry | ResultEntry;
