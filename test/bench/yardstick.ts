import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresServer } from '../support/postgres-server.ts';
import type { BenchDatabase } from './context.ts';

/** What `pgbench -N` makes of this server just now, in transactions per second. */
export interface Yardstick {
  readonly at: string;
  readonly oneClient: number;
  readonly sixteenClients: number;
}

/** Between two measures of the yardstick the machine may become at most this much slower or faster. */
export const movementMax = 2;

const seconds = 4;

export class Pgbench {
  readonly #program: string;
  readonly #database: BenchDatabase;

  /** Fills pgbench's tables (about 160 MB) in a database of its own. */
  static async prepare(server: PostgresServer, database: BenchDatabase): Promise<Pgbench> {
    const program = join(server.binaries.folder, 'pgbench');
    if (!existsSync(program)) {
      throw new Error(
        `The benchmarks need pgbench, and ${server.binaries.folder} has none. Install PostgreSQL from your system's ` +
          'packages (Debian: sudo apt-get install -y postgresql).',
      );
    }
    const pgbench = new Pgbench(program, database);
    await pgbench.#run(['--initialize', '--quiet', '--scale=10']);
    // The first seconds after filling write the pages that filling touched; they are nobody's yardstick.
    await pgbench.#transactionsPerSecond(16);
    return pgbench;
  }

  private constructor(program: string, database: BenchDatabase) {
    this.#program = program;
    this.#database = database;
  }

  async measure(): Promise<Yardstick> {
    const at = new Date().toISOString();
    const oneClient = await this.#transactionsPerSecond(1);
    return { at, oneClient, sixteenClients: await this.#transactionsPerSecond(16) };
  }

  /** How long a transaction of one client takes, in milliseconds. */
  async transactionMs(): Promise<number> {
    return 1_000 / (await this.#transactionsPerSecond(1));
  }

  async #transactionsPerSecond(clients: number): Promise<number> {
    const flags = ['--skip-some-updates', '--no-vacuum', `--client=${clients}`, `--jobs=${Math.min(clients, 2)}`];
    const output = await this.#run([...flags, `--time=${seconds}`]);
    const found = /^tps = ([\d.]+)/m.exec(output)?.[1];
    if (found === undefined) throw new Error(`pgbench reported no figure:\n${output}`);
    return Number(found);
  }

  async #run(flags: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(this.#program, [...flags, this.#database.url], { timeout: 120_000 });
    return stdout;
  }
}

/** How many times the fastest measure is the slowest, for the client count that moved more. */
export function movement(measures: readonly Yardstick[]): number {
  const spread = (values: readonly number[]): number => Math.max(...values) / Math.min(...values);
  return Math.max(
    spread(measures.map(({ oneClient }) => oneClient)),
    spread(measures.map(({ sixteenClients }) => sixteenClients)),
  );
}
