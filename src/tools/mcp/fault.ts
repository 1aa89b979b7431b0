import type { BundleTool } from '../../manifest/bundle.ts';
import { NotStarted } from '../egress-exchange.ts';
import type { ToolOutcome } from '../tool.ts';

interface FaultDetails {
  readonly code: string;
  /** The request may have reached the server. */
  readonly sent: boolean;
  /** Trying again may help. */
  readonly retryable: boolean;
  /** The server answered: what it did is over, and known as far as it ever will be. */
  readonly isAnswer?: boolean;
}

/** Why a call of an MCP server came to nothing. The message may repeat the server: it is scrubbed before it is told. */
export class McpFault extends Error {
  readonly code: string;
  readonly sent: boolean;
  readonly retryable: boolean;
  readonly isAnswer: boolean;

  constructor(message: string, { code, sent, retryable, isAnswer = false }: FaultDetails) {
    super(message);
    this.code = code;
    this.sent = sent;
    this.retryable = retryable;
    this.isAnswer = isAnswer;
  }
}

/** The server knows nothing of the session any more: it did nothing of what it was asked, and another session may. */
export class SessionGone extends McpFault {
  constructor() {
    super('The MCP server knows the session no more.', { code: 'tool.unavailable', sent: false, retryable: true });
  }
}

/** The server says so of a call: most servers did nothing then, and none can prove it. */
export function doubtful(): McpFault {
  const message = 'The MCP server says that it knows the session no more. Whether it made the call first nobody knows.';
  return new McpFault(message, { code: 'tool.unavailable', sent: true, retryable: true });
}

/** The same of a fault that came before anything was sent that could have an effect. */
export function unsent(cause: unknown): unknown {
  if (!(cause instanceof McpFault) || cause instanceof SessionGone) return cause;
  return new McpFault(cause.message, { code: cause.code, sent: false, retryable: cause.retryable });
}

/** What no second attempt changes, and what had no effect: nothing was sent. */
export function refusal(code: string, message: string): McpFault {
  return new McpFault(message, { code, sent: false, retryable: false });
}

/** The lease ran out between the gate and the moment of sending. */
export function notStarted(sent: boolean): McpFault {
  const { message } = new NotStarted();
  return new McpFault(`The call was given up: ${message}.`, { code: 'tool.aborted', sent, retryable: true });
}

/** The server does what no server may: its session ends. */
export function misconduct(message: string): McpFault {
  return new McpFault(message, { code: 'tool.server_refused', sent: true, retryable: false });
}

/** May the call be made a second time without doing something a second time? */
export function isRepeatable(tool: BundleTool): boolean {
  return tool.idempotent || tool.operations.every((operation) => operation === 'read');
}

/** What may have had its effect is unknown, unless the call may simply be made again. */
export function outcomeOf(tool: BundleTool, { code, message, sent, retryable, isAnswer }: McpFault): ToolOutcome {
  if (isAnswer) return { kind: 'failed', code, message, retryable: retryable && isRepeatable(tool) };
  if (sent && !isRepeatable(tool)) return { kind: 'unknown', code, message };
  return { kind: 'failed', code, message, retryable };
}
