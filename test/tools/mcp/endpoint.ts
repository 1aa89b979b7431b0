import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf } from '../../support/loopback.ts';
import { serve } from '../fixture.ts';

export interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly cursor?: string };
}

interface Seen {
  readonly request: IncomingMessage;
  readonly message: Message;
}

export type Answer = (seen: Seen, response: ServerResponse) => void | Promise<void>;

export const tools = [{ name: 'ask', inputSchema: { type: 'object' } }];
export const answering = (response: ServerResponse, id: number | undefined, result: unknown) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));

/** A server of the protocol whose calls are answered by `call`; `others` sees everything before. */
export async function endpoint(call: Answer, others: (seen: Seen, response: ServerResponse) => boolean = () => false) {
  const seen: Seen[] = [];
  const server = await serve(async (request, response) => {
    const body = await bodyOf(request);
    const message = (body === '' ? {} : JSON.parse(body)) as Message;
    const one = { request, message };
    seen.push(one);
    if (others(one, response)) return;
    if (request.method !== 'POST') return void response.writeHead(405).end();
    switch (message.method) {
      case 'initialize': {
        const serverInfo = { name: 'x', version: '1' };
        response.setHeader('mcp-session-id', `session-${seen.length}`);
        return void answering(response, message.id, {
          protocolVersion: '2025-06-18',
          capabilities: { tools: { listChanged: true } },
          serverInfo,
        });
      }
      case 'tools/list':
        return void answering(response, message.id, { tools });
      case 'tools/call':
        return await call(one, response);
      default:
        return void response.writeHead(202).end();
    }
  });
  return { ...server, mcp: `${server.url}/mcp`, seen };
}

export const text = (value: string) => ({ content: [{ type: 'text', text: value }] });
