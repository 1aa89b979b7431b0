import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf, listen, type LoopbackServer } from './loopback.ts';

/** What a double of a service does with one request: an object is its JSON, a text the body as it stands. */
export type ServiceAnswer =
  | { readonly json: unknown }
  | { readonly raw: string | Uint8Array; readonly status?: number; readonly location?: string }
  /** Nothing until the client goes. */
  | { readonly hang: true }
  /** A byte now and then, for ever. */
  | { readonly drip: true };

export interface ServiceCall {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ServiceDouble extends LoopbackServer {
  readonly calls: readonly ServiceCall[];
}

/** A service that guards ask: it writes down what reached it, and answers by what was asked. */
export async function startService(answer: (call: ServiceCall) => ServiceAnswer): Promise<ServiceDouble> {
  const calls: ServiceCall[] = [];
  const server = await listen(async (request, response) => {
    const call = await callOf(request);
    calls.push(call);
    respond(response, answer(call));
  });
  return { ...server, calls };
}

async function callOf(request: IncomingMessage): Promise<ServiceCall> {
  const body: ServiceCall['body'] = JSON.parse(await bodyOf(request));
  return { path: request.url ?? '', authorization: request.headers.authorization, body };
}

function respond(response: ServerResponse, answer: ServiceAnswer): void {
  if ('hang' in answer) return;
  if ('drip' in answer) {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
    return;
  }
  if ('json' in answer) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer.json));
    return;
  }
  const location = answer.location === undefined ? {} : { location: answer.location };
  response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...location }).end(answer.raw);
}

const entities: readonly (readonly [string, RegExp, number])[] = [
  ['CREDIT_CARD', /\b\d{4}(?: ?\d{4}){3}\b/g, 1],
  ['EMAIL_ADDRESS', /[\w.]+@[\w.]+\.[a-z]{2,}/g, 1],
  ['URL', /[\w]+\.(?:example|com)\b/g, 0.5],
  ['PERSON', /\bAda Lovelace\b/g, 0.85],
];

/** A Presidio analyzer: `/analyze` gives spans in code points, as Python counts, overlapping where two recognizers agree. */
export function startPresidio(): Promise<ServiceDouble> {
  return startService(({ path, body }) => {
    const { text, language, entities: wanted, score_threshold: least = 0 } = body;
    if (path !== '/analyze') return { raw: '{"error":"Not Found"}', status: 404 };
    if (typeof text !== 'string' || text === '' || language !== 'en')
      return { raw: '{"error":"No text or language provided"}', status: 500 };
    const found = entities.flatMap(([entity, pattern, score]) =>
      (Array.isArray(wanted) && !wanted.includes(entity)) || score < Number(least)
        ? []
        : Array.from(text.matchAll(pattern), (match) => ({
            analysis_explanation: null,
            entity_type: entity,
            start: Array.from(text.slice(0, match.index)).length,
            end: Array.from(text.slice(0, match.index + match[0].length)).length,
            score,
            recognition_metadata: { recognizer_identifier: 'R_1', recognizer_name: 'R' },
          })),
    );
    return { json: found };
  });
}

/** OpenAI's moderation endpoint: a text that holds the name of a category is flagged for it. */
export function startModeration(): Promise<ServiceDouble> {
  const categories = ['violence', 'violence/graphic', 'self-harm/intent', 'hate'];
  return startService(({ path, body }) => {
    const { input } = body;
    if (path !== '/v1/moderations' || !Array.isArray(input))
      return { raw: '{"error":{"message":"bad request"}}', status: 400 };
    const results = input.map((text) => {
      const flags = Object.fromEntries(categories.map((name) => [name, String(text).includes(name)]));
      const scores = Object.fromEntries(categories.map((name) => [name, String(text).includes(name) ? 0.9 : 0.01]));
      return { flagged: Object.values(flags).includes(true), categories: flags, category_scores: scores };
    });
    return { json: { id: 'modr-1', model: 'omni-moderation-latest', results } };
  });
}
