import type { Kysely } from 'kysely';
import type { Bus } from '../bus/bus.ts';
import type { Tables } from './tables.gen.ts';

/** One database, embedded or PostgreSQL, behind one interface, and the bus of those who share it. */
export interface Database extends Bus {
  readonly kind: 'postgres' | 'embedded';
  readonly db: Kysely<Tables>;
  /** A connection of its own, for leases: never waits behind other work of this process where there is a server. */
  session(): Promise<Session>;
  /** Prepares each statement anew before it is used again: types that they were prepared with are no more. */
  forgetStatements(): void;
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
