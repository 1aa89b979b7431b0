import { isPawlError } from '../../errors.ts';
import type { BundleServer } from '../../manifest/bundle-world.ts';
import type { Log } from '../../log.ts';
import { schemaCompiler } from '../../policy/schema.ts';
import { packageVersion } from '../../version.ts';
import type { Network } from '../connect.ts';
import type { Isolation } from '../isolation/isolated.ts';
import type { Connection, ConnectionEvents, RequestTerms } from './connection.ts';
import { McpFault, misconduct, refusal } from './fault.ts';
import { connectHttp } from './http-connection.ts';
import { limit } from './limit.ts';
import { requestFault } from './request-fault.ts';
import { connectProcess } from './process-connection.ts';
import { McpSession } from './session.ts';

/** Where sessions are opened: what a worker has. */
export interface SessionPlace {
  readonly log: Pick<Log, 'warn'>;
  /** What servers run in; absent: this process starts none. */
  readonly isolation?: (() => Promise<Isolation>) | undefined;
  /** Absent: the machine's own resolver and roots. */
  readonly network?: Network | undefined;
}

export interface SessionRequest {
  /** `namespace/name` of the McpServer. */
  readonly name: string;
  readonly server: BundleServer;
  readonly terms: Pick<RequestTerms, 'secrets' | 'egress'>;
  /** Whoever waits for this session alone; absent: others go on waiting for it when one gives up. */
  readonly signal?: AbortSignal;
  /** The server is gone by itself, or did what ends a session. */
  readonly died: (fault: McpFault) => void;
}

/** How often a session may ask for what it is not given, before it is ended. */
const refusedRequestsMax = 100;

/** Connects, and greets as the protocol says, all within `startTimeout`. Throws a fault; nothing is left behind then. */
export async function openSession(request: SessionRequest, place: SessionPlace): Promise<McpSession> {
  const { name, server } = request;
  const late = `McpServer/${name} did not start and answer within ${server.startTimeoutMs} ms.`;
  const { signal, end } = limit(request.signal ?? new AbortController().signal, server.startTimeoutMs, late);
  const life = new Life(request, place.log);
  let connection: Connection | undefined;
  try {
    const terms: RequestTerms = { ...request.terms, signal, answerBytesMax: greetingBytesMax };
    connection = await connect(server, { name, terms, events: life, place });
    return await life.begin(connection, terms);
  } catch (cause) {
    await connection?.close();
    throw startFault(life.fault ?? cause, signal);
  } finally {
    end();
  }
}

const greetingBytesMax = 1024 * 1024;

interface Connecting {
  readonly name: string;
  readonly terms: RequestTerms;
  readonly events: ConnectionEvents;
  readonly place: SessionPlace;
}

async function connect(server: BundleServer, { name, terms, events, place }: Connecting): Promise<Connection> {
  const { network, isolation } = place;
  if (server.transport === 'http') return await connectHttp(server, terms, network);
  if (isolation === undefined) throw refusal('isolation.unavailable', 'This process starts no MCP servers.');
  const { noticed, broken, died } = events;
  return await connectProcess(
    server,
    { ...terms, noticed, broken, died },
    { name, isolation: await isolation(), network },
  );
}

/** What happens to a session besides its calls. */
class Life implements ConnectionEvents {
  readonly #request: SessionRequest;
  readonly #log: Pick<Log, 'warn'>;
  readonly #noticed = new Set<string>();
  #session: McpSession | undefined;
  #refused = 0;
  /** Why it is over before it began. */
  fault: McpFault | undefined;
  #stop: (fault: McpFault) => void = () => undefined;

  constructor(request: SessionRequest, log: Pick<Log, 'warn'>) {
    this.#request = request;
    this.#log = log;
  }

  /** Once a session: a server that does it for ever fills no log. */
  readonly noticed = (what: string): void => {
    if (this.#noticed.has(what)) return;
    this.#noticed.add(what);
    this.#log.warn({ server: this.#request.name, what }, 'an MCP server did what was refused');
  };

  /** For whoever reads the log: no call is told. */
  readonly died = (words: string): void =>
    this.#log.warn({ server: this.#request.name, words }, 'an MCP server said this before it died');

  readonly broken = (fault: McpFault): void => {
    if (this.fault !== undefined) return;
    this.fault = fault;
    this.#stop(fault);
    if (this.#session === undefined) return;
    this.#session.end(fault);
    this.#request.died(fault);
  };

  async begin(connection: Connection, terms: RequestTerms): Promise<McpSession> {
    const client = await this.#client();
    const stopped = new Promise<never>((_resolve, reject) => {
      this.#stop = reject;
      if (this.fault !== undefined) reject(this.fault);
    });
    // Heard by the race alone, which may be over by then.
    stopped.catch(() => undefined);
    const control = new AbortController();
    const withdraw = () => control.abort(terms.signal.reason);
    terms.signal.addEventListener('abort', withdraw, { once: true });
    const { transport } = connection;
    const greet = () =>
      client.connect(transport, { signal: control.signal, timeout: timerMsMax }).catch(async (cause: unknown) => {
        throw greetingFault(await requestFault(cause, { signal: terms.signal, hasSession: false }));
      });
    // A greeting has two parts: that the first one's answer came to its end means nothing once it is known.
    const lost = (fault: McpFault) => void (client.getServerCapabilities() ?? this.#stop(fault));
    try {
      await Promise.race([connection.ask(terms, greet, lost), stopped]);
    } finally {
      terms.signal.removeEventListener('abort', withdraw);
    }
    const session = new McpSession(client, connection);
    this.#session = session;
    return session;
  }

  async #client() {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { ErrorCode, McpError } = await import('@modelcontextprotocol/sdk/types.js');
    const client = new Client(
      { name: 'pawl', version: packageVersion() },
      // Neither sampling, nor roots, nor elicitation: a server asks this worker for nothing.
      { capabilities: {}, jsonSchemaValidator: { getValidator: linearValidator } },
    );
    client.fallbackRequestHandler = ({ method }) => {
      this.noticed(`a request of the server was refused: ${knownMethods.has(method) ? method : 'another method'}`);
      this.#refused += 1;
      if (this.#refused > refusedRequestsMax)
        this.broken(misconduct(`The MCP server asked more than ${refusedRequestsMax} times for what it is not given.`));
      return Promise.reject(new McpError(ErrorCode.MethodNotFound, 'Method not found'));
    };
    client.fallbackNotificationHandler = ({ method }) => {
      if (method === 'notifications/tools/list_changed') this.#session?.changed();
      return Promise.resolve();
    };
    // The message holds what the server sent.
    client.onerror = () => this.noticed('a message was dropped: it answers nothing, or is none');
    return client;
  }
}

const timerMsMax = 2 ** 31 - 1;
const knownMethods: ReadonlySet<string> = new Set(['sampling/createMessage', 'roots/list', 'elicitation/create']);

type GetValidator = <T>(
  schema: object,
) => (
  input: unknown,
) => { valid: true; data: T; errorMessage: undefined } | { valid: false; data: undefined; errorMessage: string };

/**
 * The SDK's own compiles a server's patterns with the engine of JavaScript, where one can take for ever. Results are
 * held against the pinned schema elsewhere; this is there so that nothing else can be.
 */
const linearValidator: GetValidator = <T>(schema: object) => {
  const check = schemaCompiler().compile(schema as Readonly<Record<string, never>>);
  return (input) => {
    const verdict = check(input);
    if (verdict.kind === 'valid') return { valid: true, data: input as T, errorMessage: undefined };
    return { valid: false, data: undefined, errorMessage: verdict.message };
  };
};

/** What the SDK refuses in a greeting, such as a version of the protocol that it does not know. */
function greetingFault(cause: Error): Error {
  if (cause instanceof McpFault || isPawlError(cause)) return cause;
  return misconduct(`The MCP server’s greeting is refused: ${cause.message}`);
}

/** Nothing was called yet. */
function startFault(cause: unknown, signal: AbortSignal): Error {
  const reason = signal.aborted && signal.reason instanceof McpFault ? signal.reason : cause;
  if (!(reason instanceof Error)) return new Error(String(reason));
  if (!(reason instanceof McpFault)) return reason;
  return new McpFault(reason.message, { code: reason.code, sent: false, retryable: reason.retryable });
}
