import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { bodyOf, listen } from './loopback.ts';

export interface RpcRequest {
  /** `send`, `get` or `cancel`, whatever the version calls it. */
  readonly verb: string;
  readonly method: string;
  readonly id: unknown;
  readonly params: Readonly<Record<string, unknown>>;
  readonly headers: IncomingHttpHeaders;
  /** From 1: which request of its verb it is. */
  readonly nth: number;
}

/** What an agent says; `raw` answers over HTTP as no agent should. */
export type A2aAnswer =
  | { readonly task: string; readonly id?: string; readonly parts?: readonly Part[]; readonly words?: string }
  | { readonly message: readonly Part[] }
  | { readonly error: number; readonly words?: string }
  | { readonly raw: (response: ServerResponse, request: RpcRequest) => void };

export type Part =
  | { readonly text: string }
  | { readonly data: unknown }
  | { readonly url: string; readonly name: string; readonly type: string }
  | { readonly bytes: string; readonly name: string; readonly type: string };

export interface A2aServer {
  /** Of the endpoint. */
  readonly url: string;
  readonly seen: readonly RpcRequest[];
  close(): Promise<void>;
}

export type Version = '1.0' | '0.3';

const verbs: Readonly<Record<Version, Readonly<Record<string, string>>>> = {
  '1.0': { SendMessage: 'send', GetTask: 'get', CancelTask: 'cancel' },
  '0.3': { 'message/send': 'send', 'tasks/get': 'get', 'tasks/cancel': 'cancel' },
};

/** An agent that is asked by A2A over JSON-RPC, and answers as it is told to. */
export async function startA2aServer(
  answer: (request: RpcRequest) => A2aAnswer | Promise<A2aAnswer>,
  version: Version = '1.0',
  card?: (url: string) => unknown,
): Promise<A2aServer> {
  const seen: RpcRequest[] = [];
  const server = await listen(async (request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(card?.(`${server.url}/a2a`)));
      return;
    }
    const { id, method, params } = JSON.parse(await bodyOf(request)) as Pick<RpcRequest, 'id' | 'method' | 'params'>;
    const verb = verbs[version][method];
    if (verb === undefined) return reply(response, { id, error: { code: -32_601, message: 'Method not found' } });
    const nth = seen.filter((one) => one.verb === verb).length + 1;
    const asked: RpcRequest = { verb, method, id, params, headers: request.headers, nth };
    seen.push(asked);
    const given = await answer(asked);
    if ('raw' in given) return given.raw(response, asked);
    reply(response, { id, ...resultOf(given, verb, version) });
  });
  return { url: `${server.url}/a2a`, seen, close: () => server.close() };
}

export function reply(response: ServerResponse, body: Readonly<Record<string, unknown>>): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', ...body }));
}

function resultOf(given: Exclude<A2aAnswer, { raw: unknown }>, verb: string, version: Version) {
  if ('error' in given) return { error: { code: given.error, message: given.words ?? 'No.' } };
  const parts = (list: readonly Part[]) => list.map((part) => (version === '1.0' ? part10(part) : part03(part)));
  const role = version === '1.0' ? 'ROLE_AGENT' : 'agent';
  const kind = (name: string) => (version === '1.0' ? {} : { kind: name });
  if ('message' in given) {
    const message = { ...kind('message'), messageId: 'm-1', role, parts: parts(given.message) };
    return { result: version === '1.0' ? { message } : message };
  }
  const { task: state, id = 'task-1', parts: made, words } = given;
  const said =
    words === undefined
      ? {}
      : { message: { ...kind('message'), messageId: 'm-2', role, parts: parts([{ text: words }]) } };
  const task = {
    ...kind('task'),
    id,
    contextId: 'context-1',
    status: { state: version === '1.0' ? `TASK_STATE_${state.toUpperCase().replaceAll('-', '_')}` : state, ...said },
    ...(made === undefined
      ? {}
      : { artifacts: made.map((part, at) => ({ artifactId: `a-${at}`, parts: parts([part]) })) }),
  };
  return { result: version === '1.0' && verb === 'send' ? { task } : task };
}

function part10(part: Part): unknown {
  if ('text' in part || 'data' in part) return part;
  const about = { filename: part.name, mediaType: part.type };
  return 'url' in part ? { url: part.url, ...about } : { raw: part.bytes, ...about };
}

function part03(part: Part): unknown {
  if ('text' in part) return { kind: 'text', ...part };
  if ('data' in part) return { kind: 'data', ...part };
  const about = { name: part.name, mimeType: part.type };
  return { kind: 'file', file: 'url' in part ? { uri: part.url, ...about } : { bytes: part.bytes, ...about } };
}
