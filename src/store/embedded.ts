import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PGlite, type Results } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, type PostgresQueryResult } from 'kysely';
import { EmitterBus } from '../bus/emitter.ts';
import { RetryableError, TerminalError } from '../errors.ts';
import type { Database, EmbeddedOptions } from './database-port.ts';
import { EmbeddedStatements } from './embedded-statement.ts';
import { storeError } from './failure.ts';
import { takeLock } from './lock-file.ts';
import { safeInteger } from './safe-integer.ts';
import { preparedName } from './statement.ts';
import type { Tables } from './tables.gen.ts';
import { assertNotNested } from './transaction.ts';

const int8 = 20;
const connectMsDefault = 30_000;
/** PostgreSQL's own 128 MB are this process's memory, which nothing gives back; files are cached by the system anyway. */
const sharedBuffers = '16MB';

/** PostgreSQL in this process, on a directory that this process alone may use. */
export async function openEmbedded(options: EmbeddedOptions): Promise<Database> {
  const directory = resolve(options.directory);
  // PGlite makes every file readable and writable for all, so the folder itself is what keeps others out.
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = await takeLock(`${directory}.lock`);
  try {
    const engine = await PGlite.create({
      dataDir: directory,
      parsers: { [int8]: safeInteger },
      // Its file is unpacked at the start, which could not be measured beside the rest; nothing of it is loaded before use.
      extensions: { vector },
      startParams: [...PGlite.defaultStartParams, '-c', `shared_buffers=${sharedBuffers}`],
    });
    await engine.query(`select set_config('application_name', $1, false)`, [options.applicationName ?? 'pawl']);
    return embeddedDatabase(engine, options.connectMs ?? connectMsDefault, () => lock.release());
  } catch (error) {
    await lock.release();
    throw storeError(error);
  }
}

function embeddedDatabase(engine: PGlite, connectMs: number, released: () => Promise<void>): Database {
  const turns = new Turns(connectMs);
  const statements = new EmbeddedStatements(engine);
  const pool = embeddedPool({ engine, statements }, turns);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const bus = new EmitterBus();
  const closing = new AbortController();
  let closed: Promise<void> | undefined;
  return {
    kind: 'embedded',
    db,
    // One process has this database, so its wake-ups need no statement, nor a turn of the one session.
    notify: (channel, payload) => bus.notify(channel, payload),
    listen: (channel, listener) => bus.listen(channel, listener),
    // One session is all there is: a lease shares it, and is held for as long as the process lives.
    session: async () => ({ db, lost: closing.signal, close: async () => undefined }),
    forgetStatements: () => statements.forget(),
    close() {
      closed ??= (async () => {
        closing.abort();
        await turns.close();
        await engine.close();
        await released();
      })();
      return closed;
    },
  };
}

function embeddedPool(embedded: Embedded, turns: Turns): PostgresPool {
  return {
    connect: async () => embeddedClient(embedded, await turns.take()),
    end: async () => undefined,
  };
}

interface Embedded {
  readonly engine: PGlite;
  readonly statements: EmbeddedStatements;
}

function embeddedClient(embedded: Embedded, release: () => void): PostgresPoolClient {
  async function query<R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    try {
      const result = await answered(embedded, text, parameters);
      // PGlite does not say which command it ran; any of those with a row count makes Kysely report the count.
      return { command: 'UPDATE', rowCount: result?.affectedRows ?? 0, rows: (result?.rows ?? []) as R[] };
    } catch (error) {
      throw storeError(error);
    }
  }
  return { query: query as PostgresPoolClient['query'], release };
}

async function answered(
  { engine, statements }: Embedded,
  text: string,
  parameters: readonly unknown[],
): Promise<Results | undefined> {
  const name = preparedName(text);
  if (name !== undefined) return statements.query(name, text, parameters);
  // As in pg, a statement without parameters may be several statements.
  return parameters.length === 0 ? (await engine.exec(text)).at(-1) : engine.query(text, [...parameters]);
}

/** The one session is lent to one caller at a time, in the order of asking, for a bounded wait. */
class Turns {
  readonly #waiting: (() => void)[] = [];
  readonly #waitMs: number;
  #taken = false;
  #closed = false;

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  async take(): Promise<() => void> {
    assertNotNested();
    if (this.#closed) throw new TerminalError('The embedded database is closed.', { code: 'store.closed' });
    if (this.#taken) await this.#wait();
    this.#taken = true;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#taken = false;
      else next();
    };
  }

  /** Lets those who wait finish, and nobody else begin. */
  async close(): Promise<void> {
    const last = this.take();
    this.#closed = true;
    await last;
  }

  #wait(): Promise<void> {
    return new Promise((granted, refused) => {
      const grant = () => {
        clearTimeout(timer);
        granted();
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(grant), 1);
        const message = `The embedded database was busy for ${this.#waitMs} ms.`;
        refused(new RetryableError(message, { code: 'store.pool_busy' }));
      }, this.#waitMs);
      this.#waiting.push(grant);
    });
  }
}
