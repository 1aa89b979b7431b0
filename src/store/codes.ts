import type { CodeDoc } from '../manifest/problem.ts';

/** What can go wrong between pawl and its database, as `pawl explain` prints it. */
export const storeCodes = {
  'store.unavailable': {
    title: 'The database cannot be reached',
    cause: 'The connection was refused or lost, or the server is starting, stopping or failing over.',
    cure: 'Check that PostgreSQL runs and that DATABASE_URL points to it; pawl reconnects by itself.',
  },
  'store.refused': {
    title: 'The database refused to let pawl in',
    cause:
      'The user, the password, the database or a privilege that DATABASE_URL names does not exist or does not fit.',
    cure: 'Correct DATABASE_URL, or create the role and the database and grant it the right to use them.',
  },
  'store.contention': {
    title: 'Another transaction was in the way',
    cause:
      'PostgreSQL ended this transaction because of a deadlock or a serialisation failure, more often than pawl retries.',
    cure: 'Try again; if it lasts, look for long transactions in pg_stat_activity.',
  },
  'store.busy': {
    title: 'A lock was not given in time',
    cause: 'Another transaction holds the rows that this one needs.',
    cure: 'Try again; if it lasts, look for the blocking session in pg_locks.',
  },
  'store.timeout': {
    title: 'A statement took too long',
    cause: 'The statement ran past its limit and was cancelled.',
    cure: 'Try again; if it lasts, look at the load of the database.',
  },
  'store.exhausted': {
    title: 'The database has run out of something',
    cause: 'Disk, memory or connections of the PostgreSQL server are used up.',
    cure: 'Free space, or raise the limit that the message names; nothing is lost meanwhile.',
  },
  'store.pool_busy': {
    title: 'No database connection became free',
    cause: 'All connections of this process were in use for the whole waiting time.',
    cure: 'Try again; if it lasts, look for slow statements or raise the size of the pool.',
  },
  'store.nested': {
    title: 'A transaction asked the pool for another connection',
    cause: 'Code inside a transaction used the pool instead of its transaction, and would have waited for itself.',
    cure: 'This is a mistake in pawl: pass the transaction down. Please report it.',
  },
  'store.commit_unknown': {
    title: 'Nobody knows whether a transaction was committed',
    cause: 'The connection was lost after COMMIT was sent and before its answer came.',
    cure: 'Look at the state before doing it again.',
  },
  'store.rejected': {
    title: 'The database rejected a statement',
    cause: 'A constraint, a trigger or the statement itself does not allow it.',
    cure: 'The message names the constraint; if no hand edited the database, this is a mistake in pawl.',
  },
  'store.closed': {
    title: 'The database was closed',
    cause: 'A statement came after this process had closed its database.',
    cure: 'This happens while stopping; elsewhere it is a mistake in pawl.',
  },
  'store.server_old': {
    title: 'The PostgreSQL server is too old',
    cause: 'pawl needs PostgreSQL 15 or newer.',
    cure: 'Use a newer server.',
  },
  'store.environment_unknown': {
    title: 'The environment does not exist',
    cause: 'No environment of that name was ever planned or applied against this database.',
    cure: 'Check the name against `pawl status`, or add it to pawl.yaml and plan it.',
  },
  'store.locked': {
    title: 'Another process has the embedded database open',
    cause: "The embedded database serves one process at a time, because two would lose each other's rows.",
    cure: 'Use the running process (`pawl status` finds it), stop it, or set DATABASE_URL to a PostgreSQL server.',
  },
  'store.schema_outdated': {
    title: 'The database lacks tables of this version',
    cause: 'The database was never migrated, or an older pawl migrated it.',
    cure: 'Run `pawl migrate`.',
  },
  'store.schema_newer': {
    title: 'A newer pawl migrated this database',
    cause: 'The database holds migrations that this version does not know.',
    cure: 'Use the newer version of pawl; there is no way back but a backup.',
  },
  'store.schema_changed': {
    title: 'Another build of pawl made this database',
    cause:
      'A migration was applied with other statements than this version has under its name: before the first release migrations are edited in place.',
    cure: 'Use the build that made the database, or a new database, and apply the commit to it; `.pawl/db` holds the embedded one.',
  },
  'store.roles_embedded': {
    title: 'The embedded database has no roles to set up',
    cause: 'It has one account, which owns every table: its record is append-only by trigger alone.',
    cure: 'Use PostgreSQL where the record must be kept from those who run pawl.',
  },
  'store.migration_failed': {
    title: 'A migration failed',
    cause: 'The database refused a statement of the migration, and all of it was rolled back.',
    cure: 'Read the cause, correct it (often a missing privilege), and run `pawl migrate` again.',
  },
} as const satisfies Record<string, CodeDoc>;
