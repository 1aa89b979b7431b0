import { CompiledQuery, Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import type { Database } from '../../src/store/database.ts';
import type { Tables } from '../../src/store/tables.gen.ts';

/** What somebody is about to do, and waits for their turn to. */
interface Waiting {
  readonly actor: Actor;
  readonly what: string;
  readonly isStatement: boolean;
  readonly go: () => Promise<void>;
}

/** A process, or a person at one. Dead, it is never heard of again: what it asks for stays unanswered. */
export interface Actor {
  readonly name: string;
  isDead: boolean;
  /** The answer of its next COMMIT is lost, though it arrives. */
  losesCommit: boolean;
  /** Frees what it holds of the database, when it dies. */
  release: (() => Promise<void>) | undefined;
}

/**
 * Lets one thing happen at a time, of all that processes wait to do, in an order that `random` decides. A transaction
 * is waited for by statements of others, as they would by its locks; what only reads Git goes on beside it.
 */
export class Interleaving {
  readonly #random: () => number;
  readonly #waiting: Waiting[] = [];
  #inTransaction: Actor | undefined;
  /** What happened, for the message of a failure. */
  readonly log: string[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  actor(name: string): Actor {
    return { name, isDead: false, losesCommit: false, release: undefined };
  }

  /** A turn of somebody's, given when the order comes to it. */
  turn(actor: Actor, what: string): Promise<void> {
    return new Promise((granted) => {
      this.#waiting.push({ actor, what, isStatement: false, go: async () => granted() });
    });
  }

  /** The database as one process has it. */
  databaseOf(actor: Actor, database: Database): Database {
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: this.#pool(actor, database) }) });
    return { ...database, db, close: async () => undefined };
  }

  /** Kills it where it stands: its transaction is undone, and its turns are gone. */
  async kill(actor: Actor): Promise<void> {
    this.log.push(`${actor.name} dies`);
    actor.isDead = true;
    for (let at = this.#waiting.length - 1; at >= 0; at -= 1) {
      if (this.#waiting[at]?.actor === actor) this.#waiting.splice(at, 1);
    }
    await actor.release?.();
    if (this.#inTransaction === actor) this.#inTransaction = undefined;
  }

  /** One thing happens; false: nobody waits for anything. */
  async step(): Promise<boolean> {
    await settled();
    const able = this.#waiting.filter(
      ({ actor, isStatement }) => !isStatement || this.#inTransaction === undefined || this.#inTransaction === actor,
    );
    const next = able[Math.floor(this.#random() * able.length)];
    if (next === undefined) return false;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.log.push(`${next.actor.name}: ${next.what}`);
    await next.go();
    await settled();
    return true;
  }

  #pool(actor: Actor, database: Database): PostgresPool {
    return {
      connect: async () => this.#client(actor, database),
      end: async () => undefined,
    };
  }

  #client(actor: Actor, database: Database): PostgresPoolClient {
    let held: Held | undefined;
    const free = async (): Promise<void> => {
      held?.release();
      await held?.ended;
      held = undefined;
    };
    const run = async (text: string, values: readonly unknown[]) => {
      held ??= await hold(database);
      const { rows, numAffectedRows = 0n } = await held.db.executeQuery(CompiledQuery.raw(text, [...values]));
      if (/^commit/i.test(text) && actor.losesCommit) {
        // Its connection is held until it has tried to roll back.
        actor.losesCommit = false;
        throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      }
      this.#follow(actor, text, async () => {
        await held?.db.executeQuery(CompiledQuery.raw('rollback'));
        await free();
      });
      return { command: 'UPDATE', rowCount: Number(numAffectedRows), rows };
    };
    const query = (text: string, values: readonly unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const go = () => run(text, values).then(resolve, reject);
        this.#waiting.push({ actor, what: nameOf(text), isStatement: true, go });
      });
    return { query: query as PostgresPoolClient['query'], release: () => void free() };
  }

  /** Whose transaction is open, as its statements say. */
  #follow(actor: Actor, text: string, release: () => Promise<void>): void {
    if (/^(begin|start transaction)/i.test(text)) [this.#inTransaction, actor.release] = [actor, release];
    if (/^(commit|rollback)/i.test(text)) [this.#inTransaction, actor.release] = [undefined, undefined];
  }
}

interface Held {
  readonly db: Kysely<Tables>;
  readonly release: () => void;
  readonly ended: Promise<void>;
}

/** A connection for as long as it is wanted. */
function hold(database: Database): Promise<Held> {
  return new Promise((taken, refused) => {
    let release = (): void => undefined;
    const over = new Promise<void>((done) => {
      release = done;
    });
    const ended = database.db.connection().execute(async (db) => {
      taken({ db, release: () => release(), ended: over });
      await over;
    });
    ended.catch(refused);
  });
}

function nameOf(text: string): string {
  return /^\/\* pawl:(\w+)/.exec(text)?.[1] ?? text.replace(/\s+/g, ' ').trim().slice(0, 60);
}

/** Everybody has gone on as far as they can: what they wait for now are turns. */
async function settled(): Promise<void> {
  for (let round = 0; round < 3; round += 1) await new Promise((next) => setImmediate(next));
}
