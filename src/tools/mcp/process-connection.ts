import type { Network } from '../connect.ts';
import { localOf, tierOf } from '../../policy/tier.ts';
import type { IsolatedExit, IsolatedProcess, Isolation } from '../isolation/isolated.ts';
import { startIsolated } from '../isolation/start-isolated.ts';
import type { Secrets } from '../secrets.ts';
import type { Connection, ConnectionEvents, RequestTerms } from './connection.ts';
import { environmentOf } from '../program-environment.ts';
import type { LocalServer } from './credentials.ts';
import { McpFault, refusal } from './fault.ts';
import { pageBytesMax } from './listing.ts';
import { ProcessTransport } from './process-transport.ts';
import { wireBytesMax } from './result.ts';

export interface LocalPlace {
  /** `namespace/name` of the server. */
  readonly name: string;
  readonly isolation: Isolation;
  readonly network?: Network | undefined;
}

interface Starting extends LocalPlace {
  readonly egress: RequestTerms['egress'];
}

/** How long a server may take to end by itself once nothing more comes from the worker. */
const farewellMs = 2_000;
const heldWordsMax = 64 * 1024;
const lastWordsMax = 500;

/** A server that this worker starts, and that dies with it. It finds nothing but what its manifest declares. */
export async function connectProcess(
  server: LocalServer,
  { secrets, egress, ...events }: Pick<RequestTerms, 'secrets' | 'egress'> & ConnectionEvents,
  place: LocalPlace,
): Promise<Connection> {
  const { JSONRPCMessageSchema } = await import('@modelcontextprotocol/sdk/types.js');
  const process = await start(server, secrets, { ...place, egress });
  const words = new LastWords(process);
  let isClosing = false;
  let asks = 0;
  const transport = new ProcessTransport(process, {
    ...events,
    lineBytesMax: Math.max(pageBytesMax, wireBytesMax(server.maxResultBytes)),
    parse: (value) => JSONRPCMessageSchema.parse(value),
  });
  void process.exited.then((exit) => {
    if (isClosing) return;
    const said = words.text(secrets);
    // The first is the greeting. After it calls of many runs share the server: what it wrote about one is not told to all.
    if (asks <= 1) return events.broken(exitFault(exit, said));
    if (said !== '') events.died(said);
    events.broken(exitFault(exit, ''));
  });
  return {
    transport,
    ask: async (_terms, send) => {
      asks += 1;
      return await send();
    },
    told: new Set(),
    close: async () => {
      isClosing = true;
      await transport.close();
      await farewell(process);
    },
  };
}

async function start(server: LocalServer, secrets: Secrets, { isolation, name, ...options }: Starting) {
  const local = localOf({ impl: { type: 'mcp', server: name, tool: '' } }, { [name]: server });
  const tier = local && tierOf(local, isolation.tiers);
  if (tier === undefined)
    throw refusal(
      'isolation.unavailable',
      `This worker has no tier for McpServer/${name}, which needs ${server.isolation.min}.`,
    );
  // A tag can come to mean another image after it was reviewed.
  if (server.transport === 'container' && !server.image.includes('@sha256:'))
    throw refusal(
      'isolation.unavailable',
      `The image of McpServer/${name} is named by a tag, and the lock file holds no digest of it. Write \`name@sha256:…\`.`,
    );
  const { env, files } = await environmentOf(server.env, secrets);
  const argv = server.command === undefined ? server.args : [server.command, ...server.args];
  const command = { argv, env, files, isolation: server.isolation, tier };
  const { host, reached } = isolation;
  if (server.transport === 'stdio') return await startIsolated(command, { host, reached, ...options });
  const container = { image: server.image, ...(server.command === undefined ? {} : { ownEntryPoint: false }) };
  return await startIsolated({ ...command, container }, { host, reached, ...options });
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
