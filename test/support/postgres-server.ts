import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts';
import { scratchFolder } from './scratch.ts';

const startMsMax = 60_000;

export interface ServerOptions {
  /** fsync and full pages on: what a crash test or a benchmark needs. Off by default, because tests are faster so. */
  readonly durable?: boolean;
  /** More settings, by PostgreSQL's names. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A PostgreSQL of the test's own: its folder, its port, its superuser. */
export interface PostgresServer {
  /** Superuser, database `postgres`. */
  readonly url: string;
  readonly port: number;
  /** Holds the data folder; gone after `close`. */
  readonly folder: string;
  readonly binaries: PostgresBinaries;
  /** Ends every connection and shuts down cleanly. */
  stop(): Promise<void>;
  /** Ends at once without a checkpoint, so that the next start recovers from the log as after a crash. */
  crash(): Promise<void>;
  /** Starts again on the same port with what is on disk. */
  start(): Promise<void>;
  /** Ends the server and removes its folder. */
  close(): Promise<void>;
}

/** Starts a private server on a free port of the loopback interface, in a folder of its own: on disk if it is durable. */
export async function startServer(options: ServerOptions = {}): Promise<PostgresServer> {
  const binaries = await postgresBinaries();
  const folder = await mkdtemp(join(options.durable === true ? tmpdir() : scratchFolder(), 'pawl-postgres-'));
  const password = randomBytes(12).toString('hex');
  try {
    await initialise(binaries, folder, password);
    return await LocalServer.launch({ binaries, folder, password, options });
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw cause;
  }
}

async function initialise(binaries: PostgresBinaries, folder: string, password: string): Promise<void> {
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (binaries.owner !== undefined) {
    for (const path of [folder, passwordFile]) await chown(path, binaries.owner.uid, binaries.owner.gid);
  }
  const flags = ['--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await promisify(execFile)(
    join(binaries.folder, 'initdb'),
    ['-D', join(folder, 'data'), `--pwfile=${passwordFile}`, ...flags],
    { ...binaries.owner, cwd: folder, env: cleanEnvironment(), timeout: 60_000 },
  );
}

interface Launch {
  readonly binaries: PostgresBinaries;
  readonly folder: string;
  readonly password: string;
  readonly options: ServerOptions;
}

class LocalServer implements PostgresServer {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  readonly binaries: PostgresBinaries;
  readonly #launch: Launch;
  readonly #guard: ChildProcess;
  #server: ChildProcess | undefined;

  static async launch(launch: Launch): Promise<LocalServer> {
    // Another process may take the port between our finding it free and PostgreSQL's binding it.
    for (let attempt = 1; ; attempt += 1) {
      const server = new LocalServer(launch, await freePort());
      try {
        await server.start();
        return server;
      } catch (cause) {
        await server.#end('SIGQUIT');
        server.#guard.kill('SIGKILL');
        if (attempt === 3) throw cause;
      }
    }
  }

  constructor(launch: Launch, port: number) {
    this.#launch = launch;
    this.folder = launch.folder;
    this.binaries = launch.binaries;
    this.port = port;
    this.url = `postgres://postgres:${launch.password}@127.0.0.1:${port}/postgres`;
    this.#guard = guard(launch.folder);
  }

  async start(): Promise<void> {
    const { binaries, folder, options } = this.#launch;
    const settings = { ...baseSettings, ...(options.durable === true ? {} : fastSettings), ...options.settings };
    const flags = Object.entries({ ...settings, port: String(this.port) }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const server = spawn(join(binaries.folder, 'postgres'), ['-D', join(folder, 'data'), ...flags], {
      ...binaries.owner,
      cwd: folder,
      env: cleanEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#server = server;
    const log: string[] = [];
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log.push(text);
      // Only the last words explain a failed start; a server under load writes without end.
      if (log.length > 50) log.shift();
    });
    await waitUntilReady(this.url, server, () => log.join(''));
  }

  async stop(): Promise<void> {
    await this.#end('SIGINT');
  }

  async crash(): Promise<void> {
    await this.#end('SIGQUIT');
  }

  async close(): Promise<void> {
    await this.#end('SIGQUIT');
    this.#guard.kill('SIGKILL');
    await rm(this.#launch.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  async #end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit', { signal: AbortSignal.timeout(startMsMax) });
    server.kill(signal);
    await ended;
  }
}

const baseSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  log_min_messages: 'fatal',
};

const fastSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum_naptime: '5min',
  // What is not kept here lies in memory.
  max_wal_size: '128MB',
};

/**
 * A shell that waits for this process to end, however it ends, and then ends the server and removes its folder: a test
 * run killed with -9 leaves no PostgreSQL behind.
 */
function guard(folder: string): ChildProcess {
  const script = 'cat; pid=$(head -n 1 "$1/data/postmaster.pid") && kill -QUIT "$pid" && sleep 1; rm -rf "$1"';
  const shell = spawn('/bin/sh', ['-c', script, 'sh', folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.unref();
  return shell;
}

async function waitUntilReady(url: string, server: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + startMsMax;
  let last: unknown;
  while (Date.now() < deadline) {
    if (server.exitCode !== null || server.signalCode !== null)
      throw new Error(`PostgreSQL ended at its start:\n${log()}`);
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (cause) {
      last = cause;
      await pause(50);
    }
  }
  throw new Error(`PostgreSQL did not answer within ${startMsMax} ms:\n${log()}`, { cause: last });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

/** PGHOST and its like would lead the server's own tools, and the tests, to another server. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries({ ...process.env, LC_ALL: 'C' }).filter(([name]) => !name.startsWith('PG')));
}
