import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { IsolatedProcess } from '../isolation/isolated.ts';
import type { ConnectionEvents } from './connection.ts';
import { McpFault, misconduct } from './fault.ts';
import { LineReader, type ReadLine } from './line-reader.ts';

export interface ProcessTransportOptions extends ConnectionEvents {
  readonly lineBytesMax: number;
  /** The SDK's own reading of a message; throws for what is none. */
  readonly parse: (value: unknown) => JSONRPCMessage;
}

/** Lines on stdout that are no messages: a server that greets is forgiven, one that streams logs there is not. */
const noiseLinesMax = 100;
/** Messages since the last request of ours. An answer does not start the count anew: one to nothing looks the same. */
const unaskedMax = 10_000;
/** What is written and not yet read by the server. */
const unreadBytesMax = 16 * 1024 * 1024;

/** One JSON text a line, over the pipes of a process, as the protocol's stdio transport has it. */
export class ProcessTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #process: IsolatedProcess;
  readonly #options: ProcessTransportOptions;
  #noise = 0;
  #unasked = 0;
  #isClosed = false;

  constructor(process: IsolatedProcess, options: ProcessTransportOptions) {
    this.#process = process;
    this.#options = options;
  }

  start(): Promise<void> {
    const reader = new LineReader(this.#options.lineBytesMax);
    const { stdout } = this.#process;
    stdout.on('data', (chunk: Buffer) => {
      for (const line of reader.read(chunk)) if (!this.#isClosed) this.#take(line);
    });
    stdout.on('error', () => undefined);
    return Promise.resolve();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const { stdin } = this.#process;
    if (this.#isClosed || !stdin.writable) throw new Error('the process reads no more');
    if (stdin.writableLength > unreadBytesMax)
      return this.#break(misconduct('The MCP server does not read what it is sent.'));
    if ('method' in message && 'id' in message) this.#unasked = 0;
    stdin.write(`${JSON.stringify(message)}\n`);
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.onclose?.();
    }
    return Promise.resolve();
  }

  #take(line: ReadLine): void {
    if (line.kind === 'tooLong') return this.#break(tooLong(this.#options.lineBytesMax));
    if (line.kind === 'notUtf8') return this.#break(misconduct('The MCP server wrote a line that is not UTF-8.'));
    if (line.text.trim() === '') return;
    const message = this.#parsed(line.text);
    if (message === undefined) return this.#hear();
    this.#unasked += 1;
    if (this.#unasked > unaskedMax)
      return this.#break(misconduct(`The MCP server sent more than ${unaskedMax} messages that nobody asked for.`));
    try {
      this.onmessage?.(message);
    } catch {
      this.#hear(); // The SDK throws for an answer to nothing that it cannot even name.
    }
  }

  #hear(): void {
    this.#noise += 1;
    if (this.#noise === 1) this.#options.noticed('a line that is no message was ignored');
    if (this.#noise > noiseLinesMax)
      this.#break(misconduct(`The MCP server wrote more than ${noiseLinesMax} lines to stdout that are no messages.`));
  }

  /** Only the envelope is looked at: what it holds is read strictly where it is used. */
  #parsed(line: string): JSONRPCMessage | undefined {
    try {
      return this.#options.parse(JSON.parse(line));
    } catch {
      return undefined;
    }
  }

  #break(fault: McpFault): void {
    this.#options.broken(fault);
  }
}

function tooLong(bytesMax: number): McpFault {
  return new McpFault(`The MCP server wrote a line longer than ${bytesMax} bytes.`, {
    code: 'result.too_large',
    sent: true,
    retryable: false,
  });
}
