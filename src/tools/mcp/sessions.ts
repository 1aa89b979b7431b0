import type { BundleServer } from '../../manifest/bundle-world.ts';
import { canonicalText, sha256 } from '../../manifest/digest.ts';
import type { JsonObject } from '../../manifest/json.ts';
import { Breaker } from './breaker.ts';
import type { RequestTerms } from './connection.ts';
import { credentialsDigest } from './credentials.ts';
import { McpFault, refusal, SessionGone, unsent } from './fault.ts';
import { waited } from './limit.ts';
import { openSession, type SessionPlace } from './open-session.ts';
import type { McpSession } from './session.ts';

/** Who wants to call which server. */
export interface SessionWanted {
  readonly environment: string;
  /** `namespace/name` of the McpServer. */
  readonly name: string;
  readonly server: BundleServer;
  readonly terms: Pick<RequestTerms, 'secrets' | 'egress' | 'signal'>;
}

export interface SessionsOptions extends SessionPlace {
  /** Milliseconds that only grow. */
  readonly now?: () => number;
}

/** Sessions at once; one that nobody uses makes room for another. */
const sessionsMax = 64;

interface Entry {
  readonly name: string;
  readonly opening: Promise<McpSession>;
  session: McpSession | undefined;
  users: number;
  idle: NodeJS.Timeout | undefined;
  /** Order of use, for who makes room. */
  used: number;
}

/**
 * The sessions of a worker: one for each environment, server and set of credentials, shared by all runs, opened when it
 * is needed and closed when nobody used it for the server's `idleTimeout`.
 */
export class McpSessions {
  readonly #options: SessionsOptions;
  readonly #breaker: Breaker;
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new Set<Promise<void>>();
  #uses = 0;
  #isClosed = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#breaker = new Breaker(options.now ?? (() => performance.now()));
  }

  /** Works in a session, which stays open meanwhile. A session that the server forgot is begun anew, once. */
  async use<T>(wanted: SessionWanted, work: (session: McpSession) => Promise<T>): Promise<T> {
    try {
      return await this.#useOnce(wanted, work);
    } catch (cause) {
      if (!(cause instanceof SessionGone)) throw cause;
      return await this.#useOnce(wanted, work);
    }
  }

  /** Ends every session and process, for good; resolves when none is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const key of this.#entries.keys()) this.#drop(key);
    await Promise.all(this.#closing);
  }

  async #useOnce<T>(wanted: SessionWanted, work: (session: McpSession) => Promise<T>): Promise<T> {
    const key = await keyOf(wanted);
    const entry = this.#entry(key, wanted);
    entry.users += 1;
    entry.used = this.#uses += 1;
    clearTimeout(entry.idle);
    try {
      return await work(await opened(entry, wanted.terms.signal));
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.#rest(key, entry, wanted.server.idleTimeoutMs);
    }
  }

  #entry(key: string, wanted: SessionWanted): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined && known.session?.isOver !== true) return known;
    if (this.#isClosed)
      throw new McpFault('The worker is stopping.', { code: 'tool.aborted', sent: false, retryable: true });
    if (known !== undefined) this.#drop(key);
    const { name, server } = wanted;
    const pauseMs = this.#breaker.closedAgainInMs(key, server.maxRestarts);
    if (pauseMs !== undefined) throw broken(name, server.maxRestarts, pauseMs);
    this.#makeRoom();
    return this.#open(key, wanted);
  }

  #open(key: string, { name, server, terms }: SessionWanted): Entry {
    const isLocal = server.transport !== 'http';
    const died = (fault: McpFault) => {
      this.#options.log.warn({ server: name, code: fault.code }, 'an MCP server died');
      // A result that is too large is what was asked for, and no sign that the server is broken.
      if (isLocal && fault.code !== 'result.too_large') this.#breaker.died(key);
      if (this.#entries.get(key) === entry) this.#drop(key);
    };
    const opening = openSession({ name, server, terms, died }, this.#options);
    const entry: Entry = { name, opening, session: undefined, users: 0, idle: undefined, used: 0 };
    this.#entries.set(key, entry);
    opening.then(
      (session) => void (entry.session = session),
      (cause: unknown) => {
        const isServers = cause instanceof McpFault && cause.code !== 'isolation.unavailable';
        if (isServers && isLocal) this.#breaker.died(key);
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    return entry;
  }

  /** Nobody uses it now: it is kept for a while, unless it is over. */
  #rest(key: string, entry: Entry, idleMs: number): void {
    if (this.#entries.get(key) !== entry) return this.#finish(entry);
    if (entry.session?.isOver === true) return this.#drop(key);
    entry.idle = setTimeout(() => this.#drop(key), Math.min(idleMs, 2 ** 31 - 1));
    entry.idle.unref();
  }

  #makeRoom(): void {
    if (this.#entries.size < sessionsMax) return;
    const resting = [...this.#entries].filter(([, { users }]) => users === 0);
    const [oldest] = resting.sort(([, one], [, other]) => one.used - other.used);
    if (oldest !== undefined) return this.#drop(oldest[0]);
    const message = `The worker has ${sessionsMax} MCP sessions in use, and opens no more.`;
    throw new McpFault(message, { code: 'tool.unavailable', sent: false, retryable: true });
  }

  /** Nobody gets it any more. A session that is over by choice lets calls under way end: the last of them closes it. */
  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    clearTimeout(entry.idle);
    if (entry.users === 0 || this.#isClosed || entry.session?.isDead === true) this.#finish(entry);
  }

  #finish({ opening }: Entry): void {
    // What never opened left nothing behind, and whoever waited for it was told.
    const closing = opening.then((session) => session.close()).catch(() => undefined);
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }
}

/** Whoever gives up waiting has sent nothing. */
async function opened({ opening }: Entry, signal: AbortSignal): Promise<McpSession> {
  try {
    return await waited(opening, signal);
  } catch (cause) {
    throw unsent(cause);
  }
}

/** What makes two sessions one: not what is expected of tools, nor how long is waited. */
async function keyOf({ environment, name, server, terms }: SessionWanted): Promise<string> {
  const { pins: _pins, startTimeoutMs: _start, callTimeoutMs: _call, idleTimeoutMs: _idle, ...rest } = server;
  const { maxRestarts: _restarts, ...place } = rest;
  const credentials = await credentialsDigest(server, terms.secrets);
  return sha256(canonicalText({ environment, name, place, credentials } as unknown as JsonObject));
}

function broken(name: string, restartsMax: number, pauseMs: number): McpFault {
  const minutes = Math.max(1, Math.ceil(pauseMs / 60_000));
  const often = restartsMax === 0 ? 'died' : `died more than ${restartsMax} times within an hour`;
  return refusal('tool.failed', `McpServer/${name} ${often}. It is not started again for ${minutes} minutes.`);
}
