import type { Network } from '../connect.ts';
import type { Tier } from '../../manifest/bundle-world.ts';
import type { IsolatedExit, IsolatedProcess, Isolation } from '../isolation/isolated.ts';
import { startIsolated } from '../isolation/start-isolated.ts';
import type { Secrets } from '../secrets.ts';
import type { Connection, ConnectionEvents, RequestTerms } from './connection.ts';
import { environmentOf, type LocalServer } from './credentials.ts';
import { McpFault } from './fault.ts';
import { pageBytesMax } from './listing.ts';
import { ProcessTransport } from './process-transport.ts';
import { wireBytesMax } from './result.ts';

export interface LocalPlace {
  readonly isolation: Isolation;
  readonly network?: Network | undefined;
}

/** How long a server may take to end by itself once nothing more comes from the worker. */
const farewellMs = 2_000;
const heldWordsMax = 64 * 1024;
const lastWordsMax = 500;

/** A server that this worker starts, and that dies with it. It finds nothing but what its manifest declares. */
export async function connectProcess(
  server: LocalServer,
  { secrets, egress, ...events }: Pick<RequestTerms, 'secrets' | 'egress'> & ConnectionEvents,
  { isolation: { host, tiers }, network }: LocalPlace,
): Promise<Connection> {
  const { JSONRPCMessageSchema } = await import('@modelcontextprotocol/sdk/types.js');
  const command = {
    ...(await environmentOf(server, secrets)),
    isolation: server.isolation,
    tier: tierOf(server, tiers),
  };
  const process = await startIsolated({ ...command, argv: argvOf(server) }, { host, egress, network });
  const words = new LastWords(process);
  let isClosing = false;
  const transport = new ProcessTransport(process, {
    ...events,
    lineBytesMax: Math.max(pageBytesMax, wireBytesMax(server.maxResultBytes)),
    parse: (value) => JSONRPCMessageSchema.parse(value),
  });
  void process.exited.then((exit) => {
    if (!isClosing) events.broken(exitFault(exit, words.text(secrets)));
  });
  return {
    transport,
    ask: async (_terms, send) => await send(),
    told: new Set(),
    close: async () => {
      isClosing = true;
      await transport.close();
      await farewell(process);
    },
  };
}

/** The strongest that the worker has for a program of its own; an image runs as one. */
function tierOf({ transport, isolation: { min } }: LocalServer, tiers: readonly Tier[]): Tier {
  if (transport === 'container') return 'container';
  return tiers.includes('sandbox') || min !== 'process' ? 'sandbox' : 'process';
}

function argvOf(server: LocalServer): readonly string[] {
  return server.command === undefined ? server.args : [server.command, ...server.args];
}

/** Closing its input asks a server to end, as the protocol says; what has not ended then is ended. */
async function farewell(process: IsolatedProcess): Promise<void> {
  process.stdin.end();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, farewellMs);
  });
  await Promise.race([process.exited, late]);
  clearTimeout(timer);
  // Also where it ended by itself: what it started may live on.
  await process.kill();
}

/** The end of what a server writes to stderr: it is read so that the pipe never fills, and told when the server dies. */
class LastWords {
  #text = '';

  constructor({ stderr }: IsolatedProcess) {
    stderr.setEncoding('utf8');
    stderr.on('data', (chunk: string) => {
      this.#text = (this.#text + chunk).slice(-heldWordsMax);
    });
    stderr.on('error', () => undefined);
  }

  /** Scrubbed before it is cut: the second half of a secret is not the secret, and would pass. */
  text(secrets: Secrets): string {
    return secrets.scrubText(this.#text).trim().slice(-lastWordsMax);
  }
}

function exitFault({ code, signal, cause }: IsolatedExit, words: string): McpFault {
  const how =
    cause === 'memory'
      ? 'was ended: it took more memory than it may'
      : cause === 'cpu'
        ? 'was ended: it took more processor time than it may'
        : cause === 'start'
          ? 'could not be started'
          : `exited with ${signal ?? `code ${code ?? 'unknown'}`}`;
  const message = `The MCP server ${how}${words === '' ? '.' : `. It last said: ${words}`}`;
  return new McpFault(message, { code: 'tool.failed', sent: true, retryable: true });
}
