import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';

/** The right to write to one repository on its forge, for as long as the connection that holds it lives. */
export interface RepositoryLease {
  /** Aborts when the connection is lost, and the lease with it. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * Takes the lease on a repository; undefined: another process has it. A lock of the session rather than a row: a process
 * that dies frees it at once, and one that waits an hour for a rate limit keeps it without renewing anything.
 */
export async function takeRepositoryLease(
  database: Database,
  repository: string,
): Promise<RepositoryLease | undefined> {
  const session = await database.session();
  const lease = { lost: session.lost, release: () => session.close() };
  // One process has the embedded database, and one loop in it.
  if (database.kind === 'embedded') return lease;
  try {
    const text = 'select pg_try_advisory_lock(hashtextextended($1, 0)) as mine';
    const [row] = await rowsOf<{ mine: boolean }>(session.db, { name: 'lease_repository', text }, [
      `pawl forge ${repository.toLowerCase()}`,
    ]);
    if (row?.mine === true) return lease;
  } catch (error) {
    await session.close();
    throw error;
  }
  await session.close();
  return undefined;
}
