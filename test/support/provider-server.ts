import type { BundleModel } from '../../src/manifest/bundle.ts';
import { bodyOf, listen } from './loopback.ts';

export type Protocol = Exclude<BundleModel['provider'], 'scripted'>;

/** What the server does with one request, whatever the protocol. */
export type ProviderAnswer =
  | {
      readonly text?: string;
      /** JSON text: within a string or as part of the body, as the protocol has it. */
      readonly toolCalls?: readonly { readonly name: string; readonly arguments: string }[];
      readonly usage?: { readonly input: number; readonly cached?: number; readonly output: number } | 'none';
      readonly model?: string;
      readonly finish?: 'stop' | 'length' | 'filtered';
    }
  | { readonly status: number; readonly retryAfter?: string; readonly body?: string }
  | { readonly cut: true }
  /** A part of the answer as the protocol writes it, beside a text. */
  | { readonly part: string };

export interface ProviderCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ProviderServer {
  readonly url: string;
  readonly calls: readonly ProviderCall[];
  close(): Promise<void>;
}

/** Speaks a provider's protocol on the loopback interface; each request gets the next answer, and then 500. */
export async function startProviderServer(
  protocol: Protocol,
  answers: readonly ProviderAnswer[],
): Promise<ProviderServer> {
  const calls: ProviderCall[] = [];
  const server = await listen(async (request, response) => {
    const answer = answers[calls.length] ?? { status: 500 };
    const body: ProviderCall['body'] = JSON.parse(await bodyOf(request));
    calls.push({ path: request.url ?? '', headers: request.headers, body });
    if ('status' in answer) {
      const headers = answer.retryAfter === undefined ? {} : { 'retry-after': answer.retryAfter };
      const text = answer.body ?? JSON.stringify({ error: { message: `status ${answer.status}` } });
      return void response.writeHead(answer.status, { 'content-type': 'application/json', ...headers }).end(text);
    }
    const text = bodies[protocol](
      'cut' in answer ? {} : answer,
      typeof body['model'] === 'string' ? body['model'] : 'm-1',
    );
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    if (!('cut' in answer)) return void response.end(text);
    return void response.write(text.slice(0, text.length / 2), () => response.destroy());
  });
  return { url: server.url, calls, close: () => server.close() };
}

type Said = Extract<ProviderAnswer, { text?: string }> | { readonly part: string };

/** Written as text, because arguments may hold what no object can. */
type Writer = (answer: Said, asked: string) => string;

function fields(answer: Said) {
  if ('part' in answer)
    return { text: 'So.', calls: [], part: answer.part, usage: { input: 10, output: 5 }, finish: 'stop' };
  const { text, toolCalls: calls = [], usage = { input: 10, output: 5 }, finish = 'stop' } = answer;
  return { text, calls, part: undefined, usage, finish, model: answer.model };
}

const chat: Writer = (answer, asked) => {
  const { text, calls, part, usage, finish, model } = { model: undefined, ...fields(answer) };
  const message = [
    `"role":"assistant","content":${JSON.stringify(text ?? null)}`,
    ...(calls.length === 0
      ? []
      : [
          `"tool_calls":[${calls.map((call, at) => `{"id":"c${at}","type":"function","function":{"name":${JSON.stringify(call.name)},"arguments":${JSON.stringify(call.arguments)}}}`).join(',')}]`,
        ]),
    ...(part === undefined ? [] : [part]),
  ].join(',');
  const reason = { stop: calls.length > 0 ? 'tool_calls' : 'stop', length: 'length', filtered: 'content_filter' }[
    finish
  ];
  const used =
    usage === 'none'
      ? ''
      : `,"usage":${JSON.stringify({ prompt_tokens: usage.input, completion_tokens: usage.output, total_tokens: usage.input + usage.output, ...('cached' in usage ? { prompt_tokens_details: { cached_tokens: usage.cached } } : {}) })}`;
  return `{"id":"1","object":"chat.completion","created":1700000000,"model":${JSON.stringify(model ?? asked)},"choices":[{"index":0,"message":{${message}},"finish_reason":"${reason}"}]${used}}`;
};

const messages: Writer = (answer, asked) => {
  const { text, calls, part, usage, finish, model } = { model: undefined, ...fields(answer) };
  const content = [
    ...(text === undefined ? [] : [`{"type":"text","text":${JSON.stringify(text)}}`]),
    ...calls.map(
      (call, at) => `{"type":"tool_use","id":"t${at}","name":${JSON.stringify(call.name)},"input":${call.arguments}}`,
    ),
    ...(part === undefined ? [] : [part]),
  ].join(',');
  const reason = { stop: calls.length > 0 ? 'tool_use' : 'end_turn', length: 'max_tokens', filtered: 'refusal' }[
    finish
  ];
  const cached = usage !== 'none' && 'cached' in usage ? (usage.cached ?? 0) : 0;
  const used =
    usage === 'none'
      ? {}
      : { input_tokens: usage.input - cached, output_tokens: usage.output, cache_read_input_tokens: cached };
  return `{"id":"m","type":"message","role":"assistant","model":${JSON.stringify(model ?? asked)},"content":[${content}],"stop_reason":"${reason}","stop_sequence":null,"usage":${JSON.stringify(usage === 'none' ? { input_tokens: 0, output_tokens: 0 } : used)}}`;
};

const gemini: Writer = (answer) => {
  const { text, calls, part, usage, finish, model } = { model: undefined, ...fields(answer) };
  const parts = [
    ...(text === undefined ? [] : [`{"text":${JSON.stringify(text)}}`]),
    ...calls.map(
      (call) =>
        `{"functionCall":{"name":${JSON.stringify(call.name)},"args":${call.arguments}},"thoughtSignature":"sig-1"}`,
    ),
    ...(part === undefined ? [] : [part]),
  ].join(',');
  const reason = { stop: 'STOP', length: 'MAX_TOKENS', filtered: 'SAFETY' }[finish];
  const used =
    usage === 'none'
      ? ''
      : `,"usageMetadata":${JSON.stringify({ promptTokenCount: usage.input, candidatesTokenCount: usage.output, totalTokenCount: usage.input + usage.output, ...('cached' in usage ? { cachedContentTokenCount: usage.cached } : {}) })}`;
  return `{"candidates":[{"content":{"role":"model","parts":[${parts}]},"finishReason":"${reason}"}],"modelVersion":${JSON.stringify(model ?? 'm-1')}${used}}`;
};

const converse: Writer = (answer) => {
  const { text, calls, part, usage, finish } = fields(answer);
  const content = [
    ...(text === undefined ? [] : [`{"text":${JSON.stringify(text)}}`]),
    ...calls.map(
      (call, at) => `{"toolUse":{"toolUseId":"t${at}","name":${JSON.stringify(call.name)},"input":${call.arguments}}}`,
    ),
    ...(part === undefined ? [] : [part]),
  ].join(',');
  const reason = {
    stop: calls.length > 0 ? 'tool_use' : 'end_turn',
    length: 'max_tokens',
    filtered: 'content_filtered',
  }[finish];
  const cached = usage !== 'none' && 'cached' in usage ? (usage.cached ?? 0) : 0;
  const used =
    usage === 'none'
      ? { inputTokens: 0, outputTokens: 0, totalTokens: 0 }
      : {
          inputTokens: usage.input - cached,
          outputTokens: usage.output,
          totalTokens: usage.input + usage.output,
          cacheReadInputTokens: cached,
        };
  return `{"output":{"message":{"role":"assistant","content":[${content}]}},"stopReason":"${reason}","usage":${JSON.stringify(used)},"metrics":{"latencyMs":1}}`;
};

const bodies: Readonly<Record<Protocol, Writer>> = {
  openai: chat,
  azureOpenai: chat,
  ollama: chat,
  openaiCompatible: chat,
  anthropic: messages,
  google: gemini,
  bedrock: converse,
};
