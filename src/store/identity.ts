import { sha256 } from '../manifest/digest.ts';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';

/** Tells this database from others, also from a copy of it in another server: twelve hex digits. */
export async function databaseIdentity(database: Database): Promise<string> {
  const text = `select system_identifier::text || ' ' || current_database() as identity from pg_control_system()`;
  const [row] = await rowsOf<{ readonly identity: string }>(database.db, { name: 'database_identity', text }, []);
  return sha256(row?.identity ?? '').slice(0, 12);
}
