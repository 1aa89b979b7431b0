import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { type CuttingProxy, cuttingProxy } from '../support/cutting-proxy.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { startServer } from '../support/postgres.ts';
import { type NatsServer, startNats } from '../support/nats-server.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { bundleOf, eventually, httpTool, install, submit } from '../support/runs.ts';
import { answerUnknown, countStates, leaseOf, reclaimedMsOf, takeoverMsOf, violationsOf } from './outside.ts';

/**
 * `kill`: -9. `sleep`: SIGSTOP past the lease, then SIGCONT. `crash`: PostgreSQL, without a checkpoint. `stall`: a
 * worker's link to the database passes nothing for longer than the lease. `wipe`: nats-server, and all that it stored.
 */
export type StormFault = 'kill' | 'sleep' | 'crash' | 'stall' | 'wipe';

export interface StormOptions {
  readonly runs: number;
  /** In this order, spread over the runs. */
  readonly faults: readonly StormFault[];
  readonly leaseMs: number;
  readonly timeoutMs: number;
  /** Absent: a chain of five calls. `fan`: one call, many at once, and a join that may happen once. */
  readonly graph?: 'fan';
  /**
   * Begins when the server has been up for a lease: before, a worker's lost session may be the server's own restart, and
   * only the lease tells.
   */
  readonly settled?: true;
}

export interface StormReport {
  readonly violations: readonly string[];
  /** By state. */
  readonly ended: Readonly<Record<string, number>>;
  readonly effects: number;
  /** Of workers that were killed: until nothing belonged to them any more. */
  readonly takeoverMs: readonly number[];
  /** Of workers that were stopped past their lease: from its end until nothing belonged to them any more. */
  readonly reclaimedMs: readonly number[];
  /** How often a person was asked what became of a call. */
  readonly asked: number;
}

interface Sufferer {
  readonly proxy: CuttingProxy;
  readonly process: TestProcess;
}

interface Parts {
  readonly server: PostgresServer;
  readonly effects: EffectServer;
  readonly database: Database;
  /** Hands runs out to the workers. */
  readonly nats: NatsServer | undefined;
}

const workers = 3;
const slots = 8;

/** Runs under way while processes, connections and the database fail; what came of it is read from outside. */
export async function storm(options: StormOptions): Promise<StormReport> {
  const isHandedOut = options.faults.includes('wipe');
  const [server, effects, nats] = await Promise.all([
    startServer({ durable: true }),
    startEffectServer(),
    isHandedOut ? startNats() : undefined,
  ]);
  const database = await openDatabase({ url: server.url });
  const one = new Storm(options, { server, effects, database, nats });
  try {
    await migrate(database);
    return await one.rage();
  } finally {
    await one.close();
    await database.close();
    await effects.close();
    await nats?.close();
    await server.close();
  }
}

class Storm {
  readonly #options: StormOptions;
  readonly #parts: Parts;
  readonly #sufferers: Sufferer[] = [];
  readonly #takeoverMs: number[] = [];
  readonly #reclaimedMs: number[] = [];
  #asked = 0;

  constructor(options: StormOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
  }

  async #settle(): Promise<void> {
    const { leaseMs, timeoutMs } = this.#options;
    await eventually(async () => {
      const { rows } = await sql<{ up: boolean }>`
        select pg_postmaster_start_time() < now() - ${leaseMs} * interval '1 millisecond' as up`.execute(
        this.#parts.database.db,
      );
      return rows[0]?.up === true ? true : undefined;
    }, timeoutMs);
  }

  async rage(): Promise<StormReport> {
    const { runs, faults, timeoutMs } = this.#options;
    const { database, effects } = this.#parts;
    await install(database, this.#options.graph === 'fan' ? fanOf(effects.url) : chainOf(effects.url));
    for (let at = 0; at < runs; at += 1) await submit(database, { input: { at } });
    if (this.#options.settled === true) await this.#settle();
    await Promise.all(Array.from({ length: workers }, () => this.#start()));
    for (const [index, fault] of faults.entries()) {
      const share = Math.round((runs * (index + 1)) / (faults.length + 2));
      await eventually(async () => ((await this.#ended()) >= share ? true : undefined), timeoutMs);
      await this.#strike(fault, index);
    }
    await eventually(async () => ((await this.#ended()) >= runs ? true : undefined), timeoutMs);
    const seen = await effects.effects();
    return {
      violations: await violationsOf(database, seen),
      ended: await countStates(database),
      effects: seen.length,
      takeoverMs: this.#takeoverMs,
      reclaimedMs: this.#reclaimedMs,
      asked: this.#asked,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#sufferers.map(({ process }) => process.kill()));
    await Promise.all(this.#sufferers.map(({ proxy }) => proxy.close()));
  }

  async #start(): Promise<void> {
    const proxy = await cuttingProxy(this.#parts.server.url);
    const { url = '' } = this.#parts.nats ?? {};
    const args = [proxy.url, String(this.#options.leaseMs), String(slots), url];
    const started = startProcess({ entry: 'test/support/worker-main.ts', args });
    this.#sufferers.push({ proxy, process: started });
    await started.waitFor(/started/, 30_000);
  }

  /** Looked at through a database that may be away just now. */
  async #ended(): Promise<number> {
    try {
      const { database, effects } = this.#parts;
      this.#asked += await answerUnknown(database, effects);
      const { Queued = 0, Running = 0, Waiting = 0 } = await countStates(database);
      return this.#options.runs - Queued - Running - Waiting;
    } catch {
      // The server is away: the caller looks again.
      return -1;
    }
  }

  async #strike(fault: StormFault, index: number): Promise<void> {
    const at = index % workers;
    const victim = this.#sufferers[at];
    if (victim === undefined) return;
    const { database, server, nats } = this.#parts;
    const longMs = this.#options.leaseMs * 1.5;
    if (fault === 'kill') {
      const taken = takeoverMsOf(database, victim.process);
      this.#takeoverMs.push(await taken);
      await this.#replace(at, victim);
    } else if (fault === 'sleep') {
      const before = await leaseOf(database, victim.process);
      victim.process.signal('SIGSTOP');
      const [reclaimedMs] = await Promise.all([
        before === undefined ? undefined : reclaimedMsOf(database, before),
        pause(longMs),
      ]);
      if (reclaimedMs !== undefined) this.#reclaimedMs.push(reclaimedMs);
      victim.process.signal('SIGCONT');
      await this.#noticed(victim, before);
    } else if (fault === 'stall') {
      const before = await leaseOf(database, victim.process);
      victim.proxy.stall();
      await pause(longMs);
      victim.proxy.resume();
      await this.#noticed(victim, before);
    } else if (fault === 'wipe') {
      await nats?.crash();
      await nats?.wipe();
      await nats?.start();
    } else {
      await server.crash();
      await server.start();
    }
  }

  /**
   * A worker that was stopped between looking at its lease and sending a call sends it when it is woken: no engine can
   * know that of a process which is not running. So nobody says that a call of it was not made before it has seen that it
   * lost its lease, and given up all that it had begun.
   */
  async #noticed(victim: Sufferer, before: string | undefined): Promise<void> {
    const { database } = this.#parts;
    await eventually(async () => {
      const now = await leaseOf(database, victim.process);
      return now === undefined || now === before ? undefined : now;
    }, this.#options.timeoutMs);
  }

  async #replace(at: number, dead: Sufferer): Promise<void> {
    await dead.proxy.close();
    await this.#start();
    const heir = this.#sufferers.pop();
    if (heir !== undefined) this.#sufferers[at] = heir;
  }
}

/** Reads, repeats and calls that may happen once, one after the other. */
function chainOf(url: string) {
  const node = (tool: string, to?: string) => ({ tool, ...(to === undefined ? {} : { to: [to] }) });
  return bundleOf({
    nodes: { a: node('look', 'b'), b: node('put', 'c'), c: node('pay', 'd'), d: node('put', 'e'), e: node('look') },
    tools: {
      look: httpTool(`${url}/look`, { operations: ['read'] }),
      put: httpTool(`${url}/put`, { idempotent: true }),
      pay: httpTool(`${url}/pay`),
    },
    timeoutMs: 3_600_000,
  });
}

const branches = Array.from({ length: 32 }, (_, index) => `b${index}`);

/** One call leads to many at once, and those to one that may be made once. */
function fanOf(url: string) {
  const tools = {
    look: httpTool(`${url}/look`, { operations: ['read'] }),
    put: httpTool(`${url}/put`, { idempotent: true }),
    pay: httpTool(`${url}/pay`),
  };
  const nodes = {
    a: { tool: 'look', to: branches },
    ...Object.fromEntries(branches.map((name) => [name, { tool: 'put', to: ['join'] }])),
    join: { tool: 'pay' },
  };
  return bundleOf({ nodes, tools, timeoutMs: 3_600_000 });
}
