import type { RunRecord } from '../api/operations.ts';
import type { RunRow } from '../store/run.ts';
import type { OpenWait } from '../store/wait.ts';

/** A run's row as the doors show it, with what it waits for. */
export function runRecord(row: RunRow, waits: readonly OpenWait[]): RunRecord {
  const { id, environment, system, revision, state, input, output, error } = row;
  const open = state === 'Waiting' ? waits.filter((wait) => wait.run === id) : [];
  return {
    id,
    environment,
    system,
    revision,
    state,
    input,
    output: output ?? undefined,
    error: error === null ? undefined : errorOf(error),
    waits: open.map(({ path, kind, due_at }) => ({ path, kind, dueAt: due_at?.toISOString() })),
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString(),
    endedAt: row.ended_at?.toISOString(),
    retryAt: row.retry_at?.toISOString(),
  };
}

function errorOf({ code, message, node, path }: NonNullable<RunRow['error']>): NonNullable<RunRecord['error']> {
  return { code, message, ...(node === undefined ? {} : { node }), ...(path === undefined ? {} : { path }) };
}
