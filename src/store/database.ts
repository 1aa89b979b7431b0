import type { Kysely } from 'kysely';
import type { Tables } from './tables.gen.ts';

/** One database, embedded or PostgreSQL, behind one interface. */
export interface Database {
  readonly kind: 'postgres' | 'embedded';
  readonly db: Kysely<Tables>;
  /** Sends a wake-up; nothing may depend on its arrival. */
  notify(channel: string, payload: string): Promise<void>;
  /**
   * Hears wake-ups of a channel until the returned function is called. After a lost connection the listener hears
   * an empty payload: something may have been missed.
   */
  listen(channel: string, listener: (payload: string) => void): Promise<() => Promise<void>>;
  /** A connection of its own, for leases: never waits behind other work of this process where there is a server. */
  session(): Promise<Session>;
  close(): Promise<void>;
}

export interface Session {
  readonly db: Kysely<Tables>;
  /** Aborts when the connection, and whatever was held by it, is lost. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

export type DatabaseOptions = PostgresOptions | EmbeddedOptions;

export interface PostgresOptions {
  readonly url: string;
  /** Shown in pg_stat_activity and in who touched a row. */
  readonly applicationName?: string;
  readonly poolMax?: number;
  readonly statementTimeoutMs?: number;
  /** How long a connection is sought, retries included. */
  readonly connectMs?: number;
}

export interface EmbeddedOptions {
  /** Where the embedded database lives; made when it does not exist. */
  readonly directory: string;
  readonly applicationName?: string;
  readonly connectMs?: number;
}

/** Opens the database; its schema is `migrate`'s business. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  // Each driver is loaded when it is used: together they would cost every command 200 ms.
  if ('url' in options) return (await import('./postgres.ts')).openPostgres(options);
  return (await import('./embedded.ts')).openEmbedded(options);
}
