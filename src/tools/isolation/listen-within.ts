import { spawn } from 'node:child_process';
import { Server } from 'node:net';
import { TerminalError } from '../../errors.ts';

/** The namespaces of a program that has no network but its own loopback. */
export interface NetworkPlace {
  /** A process in its namespace of networks. */
  readonly process: number;
  /** A process in a namespace of users that this one's user made and whose rights reach there; absent: they do already. */
  readonly owner?: number;
  /** Whom to be when entering: who made the namespaces; absent: who this process is. */
  readonly user?: string;
}

/** Of the loopback within, where nobody else listens: what every program of pawl finds in `HTTPS_PROXY`. */
export const proxyPort = 3128;

const withinMs = 15_000;

/** A socket belongs to the namespace that it was made in, and whoever is handed it need not be there. */
const script = `
const server = require('node:net').createServer();
server.on('error', () => process.exit(1));
server.listen(${proxyPort}, '127.0.0.1', () => process.send('', server, () => process.exit(0)));`;

/**
 * Listens within a program's own network, from outside of it: nothing of pawl runs beside the program, and no file leads
 * out. Rejects with `isolation.unavailable` where this worker may not enter there.
 */
export async function listenWithin({ process: pid, owner, user }: NetworkPlace): Promise<Server> {
  const as = user === undefined ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--'];
  const into = [
    ...(owner === undefined ? [] : [`--user=/proc/${owner}/ns/user`, '--preserve-credentials']),
    `--net=/proc/${pid}/ns/net`,
  ];
  const child = spawn('env', [...as, 'nsenter', ...into, '--', process.execPath, '--eval', script], {
    // Nothing of the worker's: not the options of its own node either.
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(0, 300)));
  const late = setTimeout(() => child.kill('SIGKILL'), withinMs);
  try {
    return await new Promise((resolve, reject) => {
      const failed = (cause?: unknown) => reject(unavailable(words, cause));
      child.once('error', failed);
      child.once('message', (_message, handle) => (handle instanceof Server ? resolve(handle) : failed()));
      // What was sent before the end is read before the end is told.
      child.once('disconnect', () => setImmediate(failed));
    });
  } finally {
    clearTimeout(late);
  }
}

function unavailable(words: string, cause: unknown): TerminalError {
  const why = words.trim() === '' ? '' : ` (${words.trim()})`;
  return new TerminalError(`The worker cannot enter the network of the program${why}.`, {
    code: 'isolation.unavailable',
    help: 'Programs with `network: declared` need `nsenter` of util-linux and a worker that may enter namespaces.',
    cause,
  });
}
