import { repetitionKey } from './context.ts';
import { isEmbedding } from './embedding-path.ts';
import { type Booking, Ledger } from './ledger.ts';

/**
 * Folds a journal into a ledger. A call without a result holds its reservation; a result replaces it, but for an
 * unknown one, of which all that was held is charged unless the call was never made.
 */
export function foldJournal(rows: readonly AccountedRow[], subjectOf: (node: string) => string): Ledger {
  const ledger = new Ledger();
  for (const row of rows) foldRow(ledger, row, subjectOf(row.node));
  return ledger;
}

/** One row of the journal, in the order of writing. */
export function foldRow(ledger: Ledger, row: AccountedRow, subject: string): void {
  const { kind } = row;
  // What is read of a session is a result; what is kept of it has an intent before.
  if (kind === 'memory' && row.path.endsWith('/history') && row.outcome === 'done') ledger.remember(row.target);
  if (kind !== 'model' && kind !== 'tool') return;
  if (row.phase === 'intent' || row.outcome === 'denied') ledger.book(row.path, bookingOf({ ...row, kind }, subject));
  else if (row.error?.code === 'call.not_made') ledger.unmake(row.path);
  else if (row.outcome === 'unknown') ledger.charge(row.path);
  else ledger.settle(row.path, (row.tokensIn ?? 0) + (row.tokensOut ?? 0), row.cost ?? 0);
}

/** What accounts need of a row of the journal. */
export interface AccountedRow {
  readonly path: string;
  readonly phase: 'intent' | 'result';
  readonly node: string;
  /** `model` and `tool` are calls; anything else costs nothing. */
  readonly kind: string;
  readonly target: string;
  readonly argsDigest: string | undefined;
  /** Of an intent: on which shared accounts it was held. */
  readonly decision?: { readonly kind: 'allow' | 'deny'; readonly accounts?: readonly string[] } | undefined;
  readonly outcome: string | undefined;
  readonly error: { readonly code: string } | undefined;
  readonly tokensReserved: number | undefined;
  readonly tokensIn: number | undefined;
  readonly tokensOut: number | undefined;
  readonly cost: number | undefined;
}

function bookingOf(row: AccountedRow & Pick<Booking, 'kind'>, subject: string): Booking {
  return {
    node: row.node,
    subject,
    kind: row.kind,
    allowed: row.phase === 'intent',
    again: row.path.includes('~') || isEmbedding(row.path),
    tokens: row.tokensReserved ?? 0,
    cost: row.cost ?? 0,
    accounts: row.decision?.accounts,
    ...(row.kind === 'tool' && row.argsDigest !== undefined
      ? { repeated: repetitionKey(row.target, row.argsDigest) }
      : {}),
  };
}
