import type { Database, DatabaseOptions } from './database-port.ts';

export type { Database, DatabaseOptions } from './database-port.ts';

/** Opens the database; its schema is `migrate`'s business. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  // Each driver is loaded when it is used: together they would cost every command 200 ms.
  if ('url' in options) return (await import('./postgres.ts')).openPostgres(options);
  return (await import('./embedded.ts')).openEmbedded(options);
}
