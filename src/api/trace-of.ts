import { readApprovalsOf } from '../store/approval-list.ts';
import { readBundle } from '../store/bundle.ts';
import { readSteps } from '../store/claim.ts';
import type { Database } from '../store/database.ts';
import { readRun } from '../store/run.ts';
import { approvalsIn, withApprovers } from '../trace/approvers.ts';
import { trace } from '../trace/trace.ts';
import { TerminalError } from '../errors.ts';
import type { TraceRecord } from './operations.ts';
import { runRecords } from './records.ts';

/** The journal of one run beside the bundle that it is pinned to, and who released its calls. */
export async function traceOf(database: Database, id: string): Promise<TraceRecord> {
  const row = await readRun(database, id);
  const [records, steps, bundle] = await Promise.all([
    runRecords(database, [row]),
    readSteps(database, [id]),
    readBundle(database.db, row.bundle),
  ]);
  const [record] = records;
  if (record === undefined || bundle === undefined) {
    throw new TerminalError(`The bundle of run ${id} is not in the database.`, { code: 'run.bundle_unreadable' });
  }
  const traced = trace(record, steps.get(id) ?? [], bundle.content);
  // Most runs ask nobody, and a trace that is followed is read again and again.
  return approvalsIn(traced).size === 0 ? traced : withApprovers(traced, await readApprovalsOf(database, id));
}
