import { randomUUID } from 'node:crypto';
import { DatabaseExecutor } from '../../src/run/database-executor.ts';
import type { Database } from '../../src/store/database.ts';

/** A worker of the pool `default` that claims only when it is told to, and executes nothing. */
export async function enlisted(database: Database, { slots = 1 }: { readonly slots?: number } = {}) {
  const id = randomUUID();
  const executor = new DatabaseExecutor(database);
  await executor.enlist({ id, host: 'test', pid: process.pid, pool: 'default', slots, version: 'test' });
  return { id, executor };
}
