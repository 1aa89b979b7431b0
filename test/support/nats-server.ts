import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { installWithApt, isDebianRoot } from './apt.ts';

const startMsMax = 15_000;

/** A nats-server with JetStream of the test's own. */
export interface NatsServer {
  /** Without the login that it asks for, where it asks for one. */
  readonly url: string;
  readonly port: number;
  /** Ends at once, as a crash does. */
  crash(): Promise<void>;
  /** Starts again on the same port with what is on disk. */
  start(): Promise<void>;
  /** Takes all that the store holds; only while the server is down. */
  wipe(): Promise<void>;
  close(): Promise<void>;
}

/** Finds nats-server on this machine and installs it where that is possible; else says the one command that does. */
export function natsBinary(): string {
  const found = installed() ?? (isDebianRoot() ? installedByApt() : undefined);
  if (found !== undefined) return found;
  throw new Error(`The tests need nats-server 2.9 or newer, and none was found. Run "${installCommand()}".`);
}

/** Starts a private server on a free port of the loopback interface. `user`: the login that it asks for. */
export async function startNats(user?: { readonly name: string; readonly password: string }): Promise<NatsServer> {
  const binary = natsBinary();
  const folder = await mkdtemp(join(tmpdir(), 'pawl-nats-'));
  const port = await freePort();
  const login = user === undefined ? '' : `authorization { user: "${user.name}", password: "${user.password}" }\n`;
  await writeFile(
    join(folder, 'nats.conf'),
    `host: 127.0.0.1\nport: ${port}\njetstream { store_dir: "${join(folder, 'store')}" }\n${login}`,
    { mode: 0o600 },
  );
  // Ends the server and takes its folder away when this process ends in whatever way: the pipe is closed then.
  const guard = spawn('/bin/sh', ['-c', 'cat; kill -9 $(cat "$1/pid") 2>/dev/null; rm -rf "$1"', 'sh', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  let server: ChildProcess | undefined;
  const running: NatsServer = {
    url: `nats://127.0.0.1:${port}`,
    port,
    async start() {
      server = spawn(binary, ['-c', join(folder, 'nats.conf'), '-P', join(folder, 'pid')], { stdio: 'ignore' });
      await waitUntilReady(port, server);
    },
    async crash() {
      if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
    },
    wipe: () => rm(join(folder, 'store'), { recursive: true, force: true }),
    async close() {
      await running.crash();
      guard.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
  await running.start();
  return running;
}

async function waitUntilReady(port: number, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + startMsMax;
  while (Date.now() < deadline) {
    if (server.exitCode !== null || server.signalCode !== null) throw new Error('nats-server ended at its start');
    if (await answers(port)) return;
    await pause(20);
  }
  throw new Error(`nats-server did not answer within ${startMsMax} ms`);
}

/** The server's first word is INFO. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data) => end(data.toString('utf8').startsWith('INFO')));
    socket.once('error', () => end(false));
    socket.setTimeout(1_000, () => end(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

function installed(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/opt/homebrew/bin'];
  return folders
    .map((folder) => join(folder, 'nats-server'))
    .find((path) => existsSync(path) && spawnSync(path, ['--version'], { timeout: 60_000 }).status === 0);
}

function installedByApt(): string | undefined {
  installWithApt('nats-server');
  return installed();
}

function installCommand(): string {
  if (process.platform === 'darwin') return 'brew install nats-server';
  if (existsSync('/etc/debian_version')) return 'sudo apt-get install -y nats-server';
  return 'go install github.com/nats-io/nats-server/v2@latest';
}
