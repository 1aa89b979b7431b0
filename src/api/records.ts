import type { Database } from '../store/database.ts';
import type { RollbackSummary } from '../store/json-column.ts';
import type { ListedResource } from '../store/listing.ts';
import type { RevisionRow } from '../store/revision.ts';
import type { RunRow } from '../store/run.ts';
import { readOpenWaits } from '../store/wait.ts';
import type { WorkerRow } from '../store/worker.ts';
import { readTierStandings } from '../store/worker-tiers.ts';
import { heldBack } from '../run/tier-standing.ts';
import { runRecord } from '../trace/run-record.ts';
import type { ResourceRecord, RunRecord, WorkerRecord } from './operations.ts';
import type { RevisionRecord } from './operations-revision.ts';

export function revisionRecord(
  row: RevisionRow,
  { quarantine, overruns, trialOverruns }: Pick<RevisionRecord, 'quarantine' | 'overruns' | 'trialOverruns'> = {},
): RevisionRecord {
  const { revert, rollback, ...summary } = row.summary;
  return {
    revision: row.revision,
    commit: row.commit_id,
    subject: row.commit_subject,
    summary,
    revertOf: revert?.revision,
    appliedBy: row.applied_by,
    appliedAt: row.applied_at.toISOString(),
    ...(rollback === undefined ? {} : { rollback: rollbackOf(rollback) }),
    ...(quarantine === undefined ? {} : { quarantine }),
    ...(overruns === undefined ? {} : { overruns }),
    ...(trialOverruns === undefined ? {} : { trialOverruns }),
  };
}

function rollbackOf({ to, from, reason, runs }: RollbackSummary): NonNullable<RevisionRecord['rollback']> {
  return { to, from, reason, runs };
}

export function resourceRecord(listed: ListedResource): ResourceRecord {
  return listed;
}

/** Runs as the doors show them, with what each of them waits for, or why it is not begun. */
export async function runRecords(database: Database, rows: readonly RunRow[]): Promise<readonly RunRecord[]> {
  const queued = rows.filter((row) => row.state === 'Queued');
  const standingOf = await readTierStandings(database, queued);
  const waiting = rows.filter((row) => row.state === 'Waiting').map((row) => row.id);
  const waits = waiting.length === 0 ? [] : await readOpenWaits(database, waiting);
  return rows.map((row) => {
    const standing = row.state === 'Queued' ? standingOf(row) : undefined;
    const held = standing && heldBack(standing);
    return { ...runRecord(row, waits), ...(held === undefined ? {} : { held }) };
  });
}

export function workerRecord(row: WorkerRow): WorkerRecord {
  return {
    id: row.id,
    host: row.host,
    pid: row.pid,
    version: row.version,
    pool: row.pool,
    slots: row.slots,
    running: row.running,
    startedAt: row.started_at.toISOString(),
    leaseUntil: row.lease_until.toISOString(),
    live: row.live,
    ...(row.tiers === null ? {} : { tiers: row.tiers }),
    ...(row.withheld === null ? {} : { withheld: row.withheld }),
  };
}
