import type { RunWrite, WriteAnswer } from '../run/executor.ts';
import type { Database } from './database-port.ts';
import { sqlStateOf } from './failure.ts';
import { type JournalParameters, journalParameters } from './journal-parameters.ts';
import { journalStatements } from './journal-statement.ts';
import { journalTypes, renewedTypes } from './journal-types.ts';
import { rowsOf, type Statement } from './statement.ts';

/** SQLSTATE. */
const uniqueViolation = '23505';
/** What a type that is no more, or has another number, comes to: a mismatch, an unknown object, a failed look-up. */
const typeFailures: ReadonlySet<string | undefined> = new Set(['42804', '42704', 'XX000']);

/** What is to be said of so many runs; `ids` with a space between two. */
interface WriteRow {
  readonly runs: number;
  readonly ids: string;
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
  const [first] = rows;
  if (first?.runs === writes.length) {
    const answer = accepted(first);
    return writes.map(() => answer);
  }
  const byRun = new Map(rows.flatMap((row) => row.ids.split(' ').map((id) => [id, accepted(row)] as const)));
  return writes.map((write) => byRun.get(write.run) ?? { kind: 'fenced' });
}

function accepted({ cancelled, overdue, drained: isDrained, answered, live, conflicts }: WriteRow): WriteAnswer {
  const heard = { cancelled, overdue, drained: isDrained, answered };
  return { kind: 'accepted', conflicts: conflicts ?? [], liveRevision: live, ...heard };
}

/** Types may have been made anew since their numbers were asked. A statement that failed has written nothing. */
async function rowsWritten(database: Database, writes: readonly RunWrite[]): Promise<readonly WriteRow[]> {
  const types = await journalTypes(database);
  try {
    return await rowsSent(database, journalParameters(writes, types));
  } catch (cause) {
    const renewed = typeFailures.has(sqlStateOf(cause)) ? await renewedTypes(database, types) : undefined;
    if (renewed === undefined) throw cause;
    return rowsSent(database, journalParameters(writes, renewed));
  }
}

/** Rows are there already only when the answer of a batch was lost: only then is each looked for before its insert. */
async function rowsSent(database: Database, parameters: JournalParameters): Promise<readonly WriteRow[]> {
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
