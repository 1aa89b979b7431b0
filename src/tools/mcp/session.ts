import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { JsonObject } from '../../manifest/json.ts';
import type { Connection, RequestTerms } from './connection.ts';
import { doubtful, McpFault, notStarted, refusal, SessionGone, unsent } from './fault.ts';
import { limit, waited } from './limit.ts';
import { type ListedTool, listed, type Listing, pageBytesMax } from './listing.ts';
import { requestFault } from './request-fault.ts';

/** After this a server that says nothing of changes is asked anew what its tools are. */
const lookMsMax = 5 * 60_000;
const lookDeadlineMs = 30_000;
/** After this long without an answer a server may have been started anew, and know nothing of the session. */
const quietMsMax = 10_000;

/** A tool as a manifest has pinned it. */
export interface Pinned {
  readonly tool: string;
  /** `sha256:…` of its definition. */
  readonly digest: string;
}

export interface CallTerms extends RequestTerms {
  /** Whether the call may be made a second time without doing something a second time. */
  readonly isRepeatable: boolean;
}

/** One connection to one server, over which any number of calls go at once. */
export class McpSession {
  readonly #client: Client;
  readonly #connection: Connection;
  readonly #pending = new Set<(fault: McpFault) => void>();
  readonly #verified = new Map<string, Pinned>();
  readonly #quarantined = new Set<string>();
  #listing: Listing | undefined;
  #lookedAtMs = 0;
  /** Raised by each word of the server that its tools changed. */
  #changes = 0;
  #listedChanges = -1;
  #looking: Promise<Listing> | undefined;
  #over: McpFault | undefined;
  #isRetired = false;
  #heardAtMs = performance.now();

  constructor(client: Client, connection: Connection) {
    this.#client = client;
    this.#connection = connection;
  }

  /** No new call is made in it; those under way go on. */
  get isOver(): boolean {
    return this.#over !== undefined || this.#isRetired;
  }

  /** Nothing of it goes on. */
  get isDead(): boolean {
    return this.#over !== undefined;
  }

  /** What the server says that it is. */
  get server(): { readonly name?: string; readonly version?: string } {
    const { name, version } = this.#client.getServerVersion() ?? {};
    return {
      ...(typeof name === 'string' ? { name } : {}),
      ...(typeof version === 'string' ? { version } : {}),
    };
  }

  /** What was got with secrets and told to the server. */
  get told(): ReadonlySet<string> {
    return this.#connection.told;
  }

  /** The server says that its tools are others: they are looked at before the next call. */
  changed(): void {
    this.#changes += 1;
  }

  /** Every call under way comes to this end, and no other is made. */
  end(fault: McpFault): void {
    if (this.#over !== undefined) return;
    this.#over = fault;
    const isAnswer = fault.code === 'result.too_large' && this.#pending.size === 1;
    const { code, sent, retryable } = fault;
    for (const lost of this.#pending)
      lost(isAnswer ? new McpFault(fault.message, { code, sent, retryable, isAnswer }) : fault);
  }

  async close(): Promise<void> {
    this.end(new McpFault('The session is over.', { code: 'tool.aborted', sent: true, retryable: true }));
    await this.#connection.close();
  }

  /**
   * Calls a tool whose definition is the pinned one at this moment. Throws a fault for any other, and remembers it: what
   * was once another definition is not called in this session, whatever the server says later.
   */
  async call(pinned: Pinned, args: JsonObject, terms: CallTerms): Promise<unknown> {
    await this.#verify(pinned, terms);
    if (!terms.isRepeatable) await this.#assertKnown(terms);
    try {
      return await this.#ask({ method: 'tools/call', params: { name: pinned.tool, arguments: args } }, terms);
    } catch (cause) {
      throw cause instanceof SessionGone && !terms.isRepeatable ? doubtful() : cause;
    }
  }

  /** Asked before what must not be made twice: a session that is gone is found out by a question that does nothing. */
  async #assertKnown(terms: RequestTerms): Promise<void> {
    const isQuiet = performance.now() - this.#heardAtMs > quietMsMax;
    if (this.#client.transport?.sessionId === undefined || !isQuiet) return;
    try {
      await this.#ask({ method: 'ping' }, terms);
    } catch (cause) {
      // A server that has no such method has the session all the same.
      if (cause instanceof McpFault && cause.isAnswer) return;
      throw unsent(cause);
    }
  }

  /** What the server offers: as it was found, where nothing says that it is otherwise by now. Nothing is called by it. */
  async list(terms: RequestTerms): Promise<Listing> {
    const isFresh = this.#listedChanges === this.#changes && performance.now() - this.#lookedAtMs < lookMsMax;
    if (this.#listing !== undefined && isFresh) return this.#listing;
    try {
      const looking = (this.#looking ??= this.#look(terms).finally(() => (this.#looking = undefined)));
      return await waited(looking, terms.signal);
    } catch (cause) {
      throw unsent(cause);
    }
  }

  async #verify(pinned: Pinned, terms: RequestTerms): Promise<void> {
    const listing = await this.list(terms);
    if (this.#quarantined.has(keyOf(pinned))) throw mismatch(pinned);
    const found = listing.tools.get(pinned.tool);
    if (found === undefined) throw missing(pinned, listing.unusable.get(pinned.tool));
    if (this.#isOther(pinned, found)) throw mismatch(pinned);
    this.#verified.set(keyOf(pinned), pinned);
  }

  #isOther(pinned: Pinned, found: ListedTool | undefined): boolean {
    if (found === undefined || found.digest === pinned.digest) return false;
    this.#quarantined.add(keyOf(pinned));
    return true;
  }

  /** For all who wait for it, so that one who gives up does not end it. */
  async #look(terms: RequestTerms): Promise<Listing> {
    const changes = this.#changes;
    const { signal, end } = limit(
      new AbortController().signal,
      lookDeadlineMs,
      'The MCP server did not list its tools in time.',
    );
    try {
      if (this.#client.getServerCapabilities()?.tools === undefined) return this.#looked(noTools, changes);
      // A list has no effect, and is everybody's who waits for it.
      const pages = { ...terms, mayStart: undefined, signal, answerBytesMax: pageBytesMax };
      const listing = await listed((cursor) =>
        this.#ask({ method: 'tools/list', ...(cursor === undefined ? {} : { params: { cursor } }) }, pages),
      );
      return this.#looked(listing, changes);
    } finally {
      end();
    }
  }

  /** What was found to be pinned earlier is held against every list, so that a change that is taken back is seen too. */
  #looked(listing: Listing, changes: number): Listing {
    this.#listing = listing;
    this.#listedChanges = changes;
    this.#lookedAtMs = performance.now();
    for (const pinned of this.#verified.values()) this.#isOther(pinned, listing.tools.get(pinned.tool));
    return listing;
  }

  async #ask(
    request: { readonly method: string; readonly params?: JsonObject },
    terms: RequestTerms,
  ): Promise<unknown> {
    const { z } = await import('zod');
    if (this.#over !== undefined) throw this.#over;
    if (terms.signal.aborted) throw givenUp(terms.signal);
    if (terms.mayStart?.() === false) throw notStarted(false);
    // Its own for each request: the SDK never lets go of a signal, and would withdraw what is long answered.
    const control = new AbortController();
    const withdraw = () => control.abort();
    terms.signal.addEventListener('abort', withdraw, { once: true });
    let lost: (fault: McpFault) => void = () => undefined;
    const fault = new Promise<never>((_resolve, reject) => {
      lost = reject;
    });
    this.#pending.add(lost);
    try {
      const options = { signal: control.signal, timeout: timerMsMax };
      const send = () => this.#client.request(request, z.looseObject({}), options);
      const answer = await Promise.race([this.#connection.ask(terms, send, lost), fault]);
      this.#heardAtMs = performance.now();
      return answer;
    } catch (cause) {
      throw cause instanceof McpFault ? cause : (this.#over ?? (await this.#faultOf(cause, terms.signal)));
    } finally {
      this.#pending.delete(lost);
      terms.signal.removeEventListener('abort', withdraw);
      // What was given up is told to be; of what is answered nothing is left to tell.
      if (terms.signal.aborted) control.abort();
    }
  }

  /** What a server refuses it may refuse because it knows the session no more: the next call begins another. */
  async #faultOf(cause: unknown, signal: AbortSignal): Promise<Error> {
    const hasSession = this.#client.transport?.sessionId !== undefined;
    const fault = await requestFault(cause, { signal, hasSession });
    this.#isRetired ||= fault instanceof SessionGone || (hasSession && isStatus(cause));
    return fault;
  }
}

/** A client's error of HTTP, other than that it should slow down. */
function isStatus(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'number' && code >= 400 && code < 500 && code !== 429;
}

const timerMsMax = 2 ** 31 - 1;

/** Before anything was sent. */
function givenUp({ reason }: AbortSignal): McpFault {
  const { code, message } = reason instanceof McpFault ? reason : { code: 'tool.aborted', message: 'It was given up.' };
  return new McpFault(message, { code, sent: false, retryable: true });
}

const noTools: Listing = { tools: new Map(), unusable: new Map() };

function keyOf({ tool, digest }: Pinned): string {
  return `${digest} ${tool}`;
}

function mismatch({ tool }: Pinned): McpFault {
  return refusal(
    'tool.pin_mismatch',
    `The MCP server’s tool ${tool} is not as it was pinned. It is not called in this session. Look at \`pawl mcp diff\`.`,
  );
}

function missing({ tool }: Pinned, why: string | undefined): McpFault {
  return refusal(
    'tool.unavailable',
    `The MCP server’s tool ${tool} ${why === undefined ? 'is not there any more' : `cannot be used: ${why}`}.`,
  );
}
