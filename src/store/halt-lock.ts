import { sql } from 'kysely';
import type { StoreTransaction } from './transaction.ts';

/** A batch of the journal takes milliseconds; one that takes so long hangs, and no halt may hang with it. */
const lockMs = 1_000;

/**
 * Waits for batches of the journal that are being written, and has those that come later wait for the end of this
 * transaction: `current_halt_epoch` takes the same lock shared.
 */
export async function aloneWithHalts(trx: StoreTransaction): Promise<void> {
  await sql`select set_config('lock_timeout', ${`${lockMs}ms`}, true)`.execute(trx);
  await sql`select pg_advisory_xact_lock(7024881)`.execute(trx);
}
