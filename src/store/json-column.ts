import type { ColumnType } from 'kysely';
import type { Json } from '../manifest/json.ts';
import type { Summary } from '../plan/change.ts';

/**
 * A jsonb column: read as its value, written as JSON text. An array handed to pg would become a PostgreSQL array,
 * so the types ask for text on the way in.
 */
export type JsonColumn<T> = ColumnType<T, string, string>;

/** The same, with a default. */
export type JsonColumnDefault<T> = ColumnType<T, string | undefined, string>;

/** The same, where null means absent. */
export type JsonColumnOrNull<T> = ColumnType<T | null, string | null | undefined, string | null>;

/** What a revision's row says of its changes. */
export interface RevisionSummary extends Summary {
  /** Set when the plan recognised a revert. */
  readonly revert?: { readonly revision: number; readonly returned: number; readonly of: number };
  readonly rollback?: RollbackSummary;
}

/** What a rollback's revision says of itself. */
export interface RollbackSummary {
  /** The revision whose content it brought back. */
  readonly to: number;
  /** The revision that was live. */
  readonly from: number;
  /** The commit that was live; null where the record has none. */
  readonly commit: string | null;
  readonly reason: string;
  readonly runs: 'finish' | 'drain' | 'cancel';
  /** False: nobody wants a pull request that reverts it. */
  readonly pullRequest?: boolean;
}

/** Why a run did not succeed. */
export interface RunFailure {
  readonly code: string;
  readonly message: string;
  readonly node?: string;
  readonly path?: string;
  readonly [more: string]: Json | undefined;
}
