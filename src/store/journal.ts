import type { RunWrite, WriteAnswer } from '../run/executor.ts';
import type { Database } from './database-port.ts';
import { sqlStateOf } from './failure.ts';
import { type JournalParameters, journalParameters } from './journal-parameters.ts';
import { journalStatements } from './journal-statement.ts';
import { journalTypes } from './journal-types.ts';
import { rowsOf, type Statement } from './statement.ts';

/** SQLSTATE. */
const uniqueViolation = '23505';

interface WriteRow {
  readonly id: string;
  readonly cancelled: boolean;
  readonly overdue: boolean;
  readonly drained: boolean;
  readonly answered: boolean;
  readonly live: number;
  readonly conflicts: readonly string[] | null;
}

/** Writes up to a batch of runs' entries and ends; answers in the order of `writes`, of which each is another run. */
export async function writeJournal(database: Database, writes: readonly RunWrite[]): Promise<readonly WriteAnswer[]> {
  const rows = await rowsWritten(database, writes);
  const byRun = new Map(rows.map((row) => [row.id, row]));
  return writes.map((write) => {
    const row = byRun.get(write.run);
    if (row === undefined) return { kind: 'fenced' };
    const { cancelled, overdue, drained: isDrained, answered, live, conflicts } = row;
    const heard = { cancelled, overdue, drained: isDrained, answered };
    return { kind: 'accepted', conflicts: conflicts ?? [], liveRevision: live, ...heard };
  });
}

/** Rows are there already only when the answer of a batch was lost: only then is each looked for before its insert. */
async function rowsWritten(database: Database, writes: readonly RunWrite[]): Promise<readonly WriteRow[]> {
  const parameters = journalParameters(writes, await journalTypes(database));
  const { values, isApproved } = parameters;
  try {
    return await rowsOf<WriteRow>(database.db, statementFor(parameters), values);
  } catch (cause) {
    if (sqlStateOf(cause) !== uniqueViolation) throw cause;
    return rowsOf<WriteRow>(
      database.db,
      isApproved ? journalStatements.approvedAgain : journalStatements.again,
      values,
    );
  }
}

function statementFor({ isApproved, hasMore, hasEnds }: JournalParameters): Statement {
  if (isApproved) return journalStatements.approved;
  if (hasMore) return journalStatements.all;
  return hasEnds ? journalStatements.ends : journalStatements.steps;
}
