import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf, listen } from './loopback.ts';

/** What the server does with one request. Several failures in a row are several answers. */
export type ModelAnswer =
  | {
      readonly text?: string;
      /** Arguments are sent as they are: JSON text, or text that only claims to be. */
      readonly toolCalls?: readonly { readonly name: string; readonly arguments: string; readonly id?: string }[];
      /** Absent: 10 in, 5 out. `none`: the answer says nothing of usage. */
      readonly usage?: { readonly inputTokens: number; readonly outputTokens: number } | 'none';
      /** Model id in the answer; absent: the one that was asked for. */
      readonly model?: string;
      readonly finish?: string;
    }
  | { readonly status: number; readonly retryAfter?: string; readonly body?: string }
  /** The body ends in its middle, with its length announced in full. */
  | { readonly cut: true }
  /** An answer that begins at once and goes on, a space at a time, until the client goes. */
  | { readonly drip: true }
  /** No answer until the client goes. */
  | { readonly hang: true }
  /** Status 200 with this text as the body. */
  | { readonly raw: string };

export interface ModelCall {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: ChatRequest;
}

/** The part of the chat completions request that tests look at. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly {
    readonly role: string;
    readonly content: unknown;
    readonly tool_calls?: readonly unknown[];
  }[];
  readonly tools?: readonly {
    readonly type: string;
    readonly function: { readonly name: string; readonly parameters: unknown };
  }[];
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly response_format?: unknown;
}

export interface ModelServer {
  /** Base URL, with `/v1`. */
  readonly url: string;
  readonly calls: readonly ModelCall[];
  close(): Promise<void>;
}

/** A list answers each request with its next entry and then with 500; a function answers by what was asked. */
export type ModelScript = readonly ModelAnswer[] | ((request: ChatRequest, index: number) => ModelAnswer);

/** Starts a server on the loopback interface that speaks OpenAI's chat completions and answers by the script. */
export async function startModelServer(script: ModelScript): Promise<ModelServer> {
  const calls: ModelCall[] = [];
  const server = await listen(async (request, response) => {
    const index = calls.length;
    const call = await callOf(request);
    calls.push(call);
    if (request.method !== 'POST' || call.path !== '/v1/chat/completions') return fail(response, 404, 'unknown path');
    const answer = typeof script === 'function' ? script(call.body, index) : script[index];
    if (answer === undefined) return fail(response, 500, `the script has no answer ${index + 1}`);
    respond(response, call.body, answer);
  });
  return { url: `${server.url}/v1`, calls, close: () => server.close() };
}

async function callOf(request: IncomingMessage): Promise<ModelCall> {
  const body: ChatRequest = JSON.parse(await bodyOf(request));
  return { path: request.url ?? '', authorization: request.headers.authorization, body };
}

function respond(response: ServerResponse, request: ChatRequest, answer: ModelAnswer): void {
  if ('hang' in answer) return;
  if ('drip' in answer) return drip(response);
  if ('status' in answer) {
    if (answer.retryAfter !== undefined) response.setHeader('retry-after', answer.retryAfter);
    return fail(response, answer.status, answer.body ?? `status ${answer.status}`);
  }
  const text = 'raw' in answer ? answer.raw : JSON.stringify(completion(request, 'cut' in answer ? {} : answer));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  if (!('cut' in answer)) return void response.end(text);
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
}

function completion(request: ChatRequest, answer: Extract<ModelAnswer, { text?: string }>): unknown {
  const toolCalls = (answer.toolCalls ?? []).map((call, index) => ({
    id: call.id ?? `call_${index}`,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  }));
  const usage = answer.usage ?? { inputTokens: 10, outputTokens: 5 };
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: answer.model ?? request.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: answer.text ?? null,
          ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
        },
        finish_reason: answer.finish ?? (toolCalls.length > 0 ? 'tool_calls' : 'stop'),
      },
    ],
    ...(usage !== 'none' && { usage: wireUsage(usage) }),
  };
}

function wireUsage(usage: { readonly inputTokens: number; readonly outputTokens: number }): unknown {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

function fail(response: ServerResponse, status: number, message: string): void {
  const body = JSON.stringify({ error: { message, type: 'error', code: null, param: null } });
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}
