import { linkHash } from '../policy/audit-link.ts';
import { type AuditEvent, eventOf, eventOfEnd } from './audit-event.ts';
import { auditText } from './audit-text.ts';
import type { AuditHead, AuditRow, AuditSeal, ClaimedRun, RunWrite, WriteAnswer } from './executor.ts';

/** What a chain says of the run in the first row of each owner. */
export type AuditedRun = Pick<ClaimedRun, 'id' | 'environment' | 'system' | 'revision' | 'bundle' | 'fence'>;

/**
 * The record of one run in the hands of its owner, who alone writes it: each write of the journal adds one row, whose
 * hash is of the hash before it and of its text. Nobody has to be asked for the last hash but at the claim.
 */
export class AuditChain implements AuditSeal {
  readonly #run: AuditedRun;
  readonly #worker: string;
  #head: AuditHead | undefined;
  #isClaimed = false;
  /** What is to be said with the next row. */
  #notes: AuditEvent[] = [];

  constructor(run: AuditedRun & { readonly audit?: AuditHead | undefined }, worker: string) {
    this.#run = run;
    this.#worker = worker;
    this.#head = run.audit;
  }

  note(event: AuditEvent): void {
    this.#notes.push(event);
  }

  /** The row that a write adds. Nothing moves until the write is accepted: one that failed may be followed by another. */
  seal({ entries, end }: Pick<RunWrite, 'entries' | 'end'>): AuditRow | undefined {
    const events: AuditEvent[] = [...this.#notes];
    for (const entry of entries) {
      const event = eventOf(entry);
      if (event !== undefined) events.push(event);
    }
    if (end !== undefined) events.push(eventOfEnd(end));
    if (events.length === 0) return undefined;
    if (!this.#isClaimed) events.unshift(this.#claim());
    const seq = (this.#head?.seq ?? 0) + 1;
    const text = auditText({ at: isoNow(), events, run: this.#run.id, seq });
    return { seq, text, hash: linkHash(this.#head?.hash ?? '', text), notes: this.#notes.length };
  }

  accepted(row: AuditRow, { conflicts }: Extract<WriteAnswer, { kind: 'accepted' }>): void {
    this.#head = { seq: row.seq, hash: row.hash };
    this.#isClaimed = true;
    this.#notes = this.#notes.slice(row.notes);
    for (const call of conflicts) this.#notes.push({ call, event: 'void', reason: 'gate.conflict' });
  }

  #claim(): AuditEvent {
    const { bundle, environment, fence, revision, system } = this.#run;
    return { bundle, environment, event: 'claim', fence, revision, system, worker: this.#worker };
  }
}

let lastMs = 0;
let lastIso = '';

/** ISO 8601, UTC; the rows of a batch share a text, which takes longer to make than the rest of a row. */
function isoNow(): string {
  const now = Date.now();
  if (now !== lastMs) {
    lastMs = now;
    lastIso = new Date(now).toISOString();
  }
  return lastIso;
}
