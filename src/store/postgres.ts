import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { RetryableError, TerminalError } from '../errors.ts';
import type { Database, PostgresOptions, Session } from './database-port.ts';
import { storeError } from './failure.ts';
import { Listener } from './listener.ts';
import { safeInteger } from './safe-integer.ts';
import { preparedName } from './statement.ts';
import type { Tables } from './tables.gen.ts';
import { assertNotNested, jitteredMs } from './transaction.ts';

const poolMaxDefault = 10;
const statementTimeoutMsDefault = 30_000;
const connectMsDefault = 5_000;
/** Beyond the server's own timeout: ends the wait for an answer that a dead network keeps. */
const answerGraceMs = 5_000;
const serverVersionMin = 150_000;

/** A PostgreSQL server, 15 or newer. */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const config = clientConfig(options);
  const pools = new Set<pg.Pool>();
  /** Whose statements are of use. */
  let current = new WeakSet<pg.ClientBase>();
  const max = options.poolMax ?? poolMaxDefault;
  const openPool = (size: number): pg.Pool => {
    const pool = new pg.Pool({ ...config, max: size });
    // An idle connection that breaks is dropped by the pool, and the next statement opens another: nothing to do.
    pool.on('error', () => undefined);
    // A borrowed one has no listener of the pool's; its loss reaches the borrower through the statement that fails.
    pool.on('connect', (client) => {
      client.on('error', () => undefined);
      current.add(client);
    });
    pools.add(pool);
    return pool;
  };
  const main = openPool(max);
  const connectMs = options.connectMs ?? connectMsDefault;
  const lent = lendingPool(main, connectMs, (client) => current.has(client));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: lent }) });
  const listener = new Listener(config);
  const database: Database = {
    kind: 'postgres',
    db,
    async notify(channel, payload) {
      await main.query('select pg_notify($1, $2)', [channel, payload]).catch((error: unknown) => {
        throw storeError(error);
      });
    },
    listen: (channel, heard) => listener.listen(channel, heard),
    session: () => openSession(openPool(1), connectMs, (pool) => pools.delete(pool)),
    forgetStatements: () => void (current = new WeakSet()),
    async close() {
      await listener.close();
      const open = [...pools];
      pools.clear();
      await Promise.all(open.map((pool) => pool.end()));
    },
  };
  try {
    await assertServer(main, connectMs);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

function clientConfig(options: PostgresOptions): pg.PoolConfig {
  const statementTimeoutMs = options.statementTimeoutMs ?? statementTimeoutMsDefault;
  return {
    connectionString: options.url,
    application_name: options.applicationName ?? 'pawl',
    connectionTimeoutMillis: options.connectMs ?? connectMsDefault,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + answerGraceMs,
    lock_timeout: Math.ceil(statementTimeoutMs / 2),
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
    types: { getTypeParser },
  };
}

function getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid === pg.types.builtins.INT8 && format !== 'binary') return safeInteger;
  return pg.types.getTypeParser(oid, format === 'binary' ? 'binary' : 'text');
}

async function assertServer(pool: pg.Pool, connectMs: number): Promise<void> {
  const client = await connect(pool, connectMs);
  try {
    const { rows } = await client.query<{ version: string; name: string }>(
      `select current_setting('server_version_num') as version, current_setting('server_version') as name`,
    );
    const found = rows[0];
    if (found !== undefined && Number(found.version) >= serverVersionMin) return;
    throw new TerminalError(`pawl needs PostgreSQL 15 or newer, and this server is ${found?.name ?? 'unknown'}.`, {
      code: 'store.server_old',
    });
  } catch (error) {
    throw storeError(error);
  } finally {
    client.release();
  }
}

/** The pool as Kysely sees it: connections are sought for a bounded time, and errors are pawl's own. */
function lendingPool(
  pool: pg.Pool,
  connectMs: number,
  isCurrent: (client: pg.PoolClient) => boolean = () => true,
): PostgresPool {
  return {
    async connect() {
      assertNotNested();
      let client = await connect(pool, connectMs);
      // What a connection has prepared goes with it. Each is closed once, and those opened since are current.
      while (!isCurrent(client)) {
        client.release(true);
        client = await connect(pool, connectMs);
      }
      return lentClient(client);
    },
    end: async () => undefined,
  };
}

async function connect(pool: pg.Pool, connectMs: number): Promise<pg.PoolClient> {
  const until = Date.now() + connectMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await pool.connect();
    } catch (error) {
      if (pool.ended) throw new TerminalError('The database is closed.', { code: 'store.closed', cause: error });
      const failure = storeError(error);
      if (!(failure instanceof RetryableError)) throw failure;
      if (pool.totalCount >= pool.options.max && pool.idleCount === 0) {
        const message = `All ${pool.options.max} database connections were busy for ${connectMs} ms.`;
        throw new RetryableError(message, { code: 'store.pool_busy', cause: error });
      }
      const waitMs = jitteredMs(attempt);
      if (Date.now() + waitMs > until) throw failure;
      await delay(waitMs);
    }
  }
}

function lentClient(client: pg.PoolClient): PostgresPoolClient {
  let broken = false;
  async function query(text: string, parameters: readonly unknown[]): Promise<unknown> {
    try {
      // A statement that carries a name is parsed and planned once per connection.
      const name = preparedName(text);
      return await client.query({ text, values: [...parameters], ...(name === undefined ? {} : { name }) });
    } catch (error) {
      const failure = storeError(error);
      // A connection whose answer was given up on would hand that answer to the next borrower.
      if (failure.code === 'store.unavailable') broken = true;
      throw failure;
    }
  }
  return { query: query as PostgresPoolClient['query'], release: () => client.release(broken) };
}

async function openSession(pool: pg.Pool, connectMs: number, closed: (pool: pg.Pool) => void): Promise<Session> {
  // The one connection is never idle out, and never replaced unnoticed: what it held went with it.
  pool.options.idleTimeoutMillis = 0;
  const gone = new AbortController();
  (await connect(pool, connectMs)).release();
  pool.on('remove', () => gone.abort());
  const lending = lendingPool(pool, connectMs);
  const once: PostgresPool = {
    connect: () => {
      if (!gone.signal.aborted) return lending.connect();
      throw new RetryableError('The connection of this lease was lost.', { code: 'store.unavailable' });
    },
    end: () => lending.end(),
  };
  return {
    db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool: once }) }),
    lost: gone.signal,
    async close() {
      closed(pool);
      if (!pool.ending) await pool.end();
    },
  };
}
