import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { type PostgresServer, startServer } from '../support/postgres-server.ts';
import { apart, serve } from './apart.ts';
import { type BenchArguments, parseArguments } from './arguments.ts';
import { compare } from './compare.ts';
import { benches } from './benches.ts';
import type { Bench, BenchContext, BenchDatabase } from './context.ts';
import { importPeer } from './peers.ts';
import { type BenchReport, machine, renderReports } from './report.ts';
import { movement, movementMax, Pgbench } from './yardstick.ts';

// What `npm run bench -- P1 W1` starts (start-main.ts): the table goes to standard output, progress to standard error, all figures to --json.
const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('interrupted')));

/**
 * A server that has run for a while: its log goes into files that it has already (a new one is written twice), as many as
 * the turn of one contender fills, and a checkpoint is nobody's bad luck.
 */
const settings = { min_wal_size: '384MB', max_wal_size: '16GB', checkpoint_timeout: '1h', shared_buffers: '512MB' };

try {
  const args = parseArguments(process.argv.slice(2), [...benches.keys()].sort());
  await (args.contender === undefined ? run(args) : contend(args, args.contender));
} catch (cause) {
  progress(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
  process.exitCode = 1;
}

async function run(args: BenchArguments): Promise<void> {
  const server = await startServer({ durable: true, settings });
  try {
    const pgbench = await Pgbench.prepare(server, await createDatabase(server));
    const reports: BenchReport[] = [];
    for (const id of args.ids) reports.push(await reportOn(id, { args, server, pgbench }));
    const on = machine(await postgresVersion(server));
    await mkdir(dirname(args.json), { recursive: true });
    await writeFile(args.json, `${JSON.stringify({ machine: on, reports }, null, 2)}\n`);
    progress(`all figures: ${args.json}`);
    process.stdout.write(`${renderReports(reports, on)}\n`);
    if (reports.some((report) => report.targets.some((target) => !target.met))) process.exitCode = 2;
  } finally {
    await server.close();
  }
}

/** In the process of one contender, which its parent asks for rounds. */
async function contend({ ids: [id = ''], rounds, warmup }: BenchArguments, name: string): Promise<void> {
  const elsewhere = () => Promise.reject(new Error('only the process of all contenders has this'));
  const asked = { createDatabase: elsewhere, pgbenchMs: elsewhere, peer: (peer: string) => importPeer(peer, progress) };
  const context = { rounds, warmup, signal: stop.signal, ...asked, progress };
  const { bench } = await loaded(id);
  await bench({ ...context, compare: (contenders) => serve(contenders, name) });
}

interface Surroundings {
  readonly args: BenchArguments;
  readonly server: PostgresServer;
  readonly pgbench: Pgbench;
}

async function reportOn(id: string, { args, server, pgbench }: Surroundings): Promise<BenchReport> {
  const { bench } = await loaded(id);
  progress(`${id.toUpperCase()}: measuring pgbench before`);
  const before = await pgbench.measure();
  const result = await bench(contextOf(id, args, { server, pgbench }));
  progress(`${id.toUpperCase()}: measuring pgbench after`);
  const yardsticks = [before, await pgbench.measure()];
  const moved = movement(yardsticks);
  if (moved > movementMax) {
    throw new Error(
      `pgbench moved ${moved.toFixed(1)}-fold between before and after ${id.toUpperCase()}, so its figures mean nothing. ` +
        `Run it again on a machine that does nothing else. Measured: ${JSON.stringify(yardsticks)}`,
    );
  }
  return { id: id.toUpperCase(), rounds: args.rounds, warmup: args.warmup, yardsticks, ...result };
}

async function loaded(id: string): Promise<{ readonly bench: Bench }> {
  const load = benches.get(id);
  if (load === undefined) throw new Error(`There is no benchmark ${id.toUpperCase()}.`);
  return await load();
}

function contextOf(
  id: string,
  { rounds, warmup }: BenchArguments,
  { server, pgbench }: Omit<Surroundings, 'args'>,
): BenchContext {
  const context = {
    rounds,
    warmup,
    signal: stop.signal,
    createDatabase: () => createDatabase(server),
    pgbenchMs: () => pgbench.transactionMs(),
    peer: (name: string) => importPeer(name, progress),
    progress,
  };
  return {
    ...context,
    compare: (contenders) =>
      compare(
        context,
        contenders.map((one) => (one.apart === true ? apart(id, one) : one)),
      ),
  };
}

async function createDatabase(server: PostgresServer): Promise<BenchDatabase> {
  const name = `bench_${randomBytes(6).toString('hex')}`;
  await ask(server, `create database ${name} template template0`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    // No checkpoint: the next round would write every page that it touches into the log once more.
    settle: async () => {
      await ask({ url: url.href }, 'vacuum (analyze)');
      // Pages that the kernel still holds would be written while others wait for the disk.
      await promisify(execFile)('sync');
    },
    checkpoint: async () => void (await ask(server, 'checkpoint')),
    drop: async () => void (await ask(server, `drop database if exists ${name} with (force)`)),
  };
}

async function postgresVersion(server: PostgresServer): Promise<string> {
  return (await ask(server, `select split_part(current_setting('server_version'), ' ', 1) as answer`)) ?? 'unknown';
}

async function ask(server: Pick<PostgresServer, 'url'>, text: string): Promise<string | undefined> {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ answer?: string }>(text);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
