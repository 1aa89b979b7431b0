import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Secrets } from '../secrets.ts';
import type { McpFault } from './fault.ts';

/** On what terms one request is made of a server. */
export interface RequestTerms {
  readonly signal: AbortSignal;
  readonly answerBytesMax: number;
  readonly secrets: Secrets;
  /** Asked right before the request is sent; absent: it may be. */
  readonly mayStart?: (() => boolean) | undefined;
  /** Lists of hosts of policies that reach the caller: a server elsewhere than each of them says is not asked. */
  readonly egress?: readonly (readonly string[])[] | undefined;
}

/** What a session speaks through: an endpoint, or a process with its pipes. */
export interface Connection {
  readonly transport: Transport;
  /**
   * Sends what `send` sends on these terms. `lost` hears that the answer can no longer come, from whatever is still
   * readable: the SDK does not say so by itself.
   */
  readonly ask: <T>(terms: RequestTerms, send: () => Promise<T>, lost: (fault: McpFault) => void) => Promise<T>;
  /** What was got with secrets and sent, such as tokens: a later answer may repeat it. */
  readonly told: ReadonlySet<string>;
  /** Ends it at once, for good; resolves when nothing of it is left. */
  readonly close: () => Promise<void>;
}

export interface ConnectionEvents {
  /** Something that is no answer was refused: a constant sentence. */
  readonly noticed: (what: string) => void;
  /** What the server last wrote to stderr, scrubbed, when it died while calls of any run may have been under way. */
  readonly died: (words: string) => void;
  /** The server is gone, or is to be: `fault` says why. */
  readonly broken: (fault: McpFault) => void;
}
