import { sql } from 'kysely';
import { exitCodes, TerminalError } from '../errors.ts';
import type { Database } from './database-port.ts';
import { inTransaction, type StoreTransaction } from './transaction.ts';

/** What each role is for; nobody signs in as one: people's and processes' own accounts are made members of it. */
export const roleNames = { owner: 'pawl_owner', app: 'pawl_app', reader: 'pawl_reader' } as const;

/** Rows that nobody changes once they are written: what happened, and what it was measured by. */
export const recordTables = ['audit', 'audit_chain', 'event', 'revision', 'spec', 'bundle'] as const;

/** The journal is written once too; a retried run's rows stay, and only its removal takes them away. */
const appendTables = [...recordTables, 'step'] as const;

export interface RolesResult {
  readonly roles: readonly string[];
  /** Those that were not there before. */
  readonly created: readonly string[];
  /** The account that owns the tables: triggers bind it, and it may switch them off. */
  readonly owner: string;
}

/**
 * Makes roles whose rights keep the record from whoever runs pawl: the app writes it and never changes it, and changes
 * no table. May be run again at any time, and after each migration that brings tables.
 */
export async function setUpRoles(database: Database): Promise<RolesResult> {
  if (database.kind === 'embedded') {
    throw new TerminalError('The embedded database has one account, which owns everything in it.', {
      code: 'store.roles_embedded',
      help: 'Use PostgreSQL (PAWL_DATABASE_URL) where the record must be kept from those who run pawl.',
      exit: exitCodes.usage,
    });
  }
  return inTransaction(database, async (trx) => {
    const created: string[] = [];
    for (const role of Object.values(roleNames)) if (await createRole(trx, role)) created.push(role);
    for (const statement of grants) await sql.raw(statement).execute(trx);
    const { rows } = await sql<{ owner: string }>`select current_user as owner`.execute(trx);
    return { roles: Object.values(roleNames), created, owner: rows[0]?.owner ?? '' };
  });
}

async function createRole(trx: StoreTransaction, role: string): Promise<boolean> {
  const { rows } = await sql`select from pg_roles where rolname = ${role}`.execute(trx);
  if (rows.length > 0) return false;
  // Roles are the whole server's: another of its databases may be set up at this moment.
  const text = `do $$ begin create role ${role} nologin; exception when duplicate_object or unique_violation then null; end $$`;
  await sql.raw(text).execute(trx);
  return true;
}

const { owner, app, reader } = roleNames;
const tables = appendTables.join(', ');

/** In an order that leaves no moment at which the app may do more than at the end: all of it is one transaction. */
const grants: readonly string[] = [
  `grant usage on schema public to ${app}, ${reader}`,
  `grant usage, create on schema public to ${owner}`,
  `revoke create on schema public from public, ${app}, ${reader}`,
  `grant all on all tables in schema public to ${owner}`,
  `grant all on all sequences in schema public to ${owner}`,
  `grant select, insert, update, delete on all tables in schema public to ${app}`,
  `revoke truncate, references, trigger on all tables in schema public from ${app}, ${reader}`,
  `revoke update, delete on ${tables} from ${app}`,
  `revoke insert, update, delete on kysely_migration, kysely_migration_lock, migration from ${app}`,
  `grant usage, select on all sequences in schema public to ${app}`,
  `grant select on all tables in schema public to ${reader}`,
];

/** Whether the account of a connection could change what is recorded. */
export async function mayChangeRecord({ db }: Database): Promise<boolean> {
  const { rows } = await sql<{ may: boolean }>`
    select bool_or(has_table_privilege(current_user, t.oid, 'update, delete, truncate')
      or pg_has_role(current_user, t.relowner, 'member')) as may
    from pg_class t where t.relname = any(${[...recordTables]}::text[]) and t.relkind = 'r'`.execute(db);
  return rows[0]?.may ?? true;
}
