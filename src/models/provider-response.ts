import type { LanguageModelV3GenerateResult } from '@ai-sdk/provider';
import { TerminalError } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../manifest/json.ts';
import { parseStrictJson } from '../policy/strict-json.ts';
import type { ModelRequest, ModelResponse, RawToolCall, Thought } from './model.ts';
import type { Provider } from './provider.ts';
import { invalidResponse } from './provider-failure.ts';

const toolCallsMax = 128;
const textBytesMax = 1024 * 1024;

/** Refuses an answer of another model, and one that holds what the provider did past the gate. */
export function assertOwnAnswer(
  provider: Pick<Provider, 'wire' | 'answersUnderOtherNames'>,
  asked: string,
  body: Uint8Array,
): void {
  const answer = parsed(body);
  const answered = provider.wire.model(answer);
  if (provider.answersUnderOtherNames !== true && answered !== undefined && !isSameModel(asked, answered)) {
    throw new TerminalError(`The endpoint asked for the model ${asked}, and ${answered.slice(0, 128)} answered.`, {
      code: 'model.response_mismatch',
      help: 'Name the model that you mean in the ModelEndpoint, or take the alias away at the provider.',
    });
  }
  if (!provider.wire.holdsServerTool(answer)) return;
  throw new TerminalError(`The provider of ${asked} ran a tool of its own.`, {
    code: 'model.server_tool_denied',
    help: 'Switch the provider’s built-in tools off for this key or model.',
  });
}

/** The answer as an object; an empty one where it is none. */
export function parsed(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return isJsonObject(value) ? value : {};
  } catch {
    return {}; // What is not JSON is refused by the protocol's own parser, with its own code.
  }
}

/** What a dated release or a registry adds to the name that was asked for. */
const releaseSuffix = /^(?:[-@](?:\d{4}|\d{8}|\d{4}-\d{2}-\d{2})|:latest)$/;

function isSameModel(asked: string, answered: string): boolean {
  const base = asked.replace(/-latest$/, '');
  return asked === answered || (answered.startsWith(base) && releaseSuffix.test(answered.slice(base.length)));
}

export interface Answered {
  readonly provider: Pick<Provider, 'wire' | 'thoughts'>;
  readonly request: ModelRequest;
  readonly body: Uint8Array;
}

/** The SDK's result in pawl's form: own call ids, arguments as they came, capped. */
export function readResponse(result: LanguageModelV3GenerateResult, answered: Answered): ModelResponse {
  const { provider, request, body } = answered;
  const turn = request.turn ?? request.messages.filter((message) => message.role === 'assistant').length + 1;
  const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const calls = result.content.filter((part) => part.type === 'tool-call');
  if (calls.length > toolCallsMax) throw tooLarge(`${calls.length} tool calls, more than ${toolCallsMax}`);
  if (Buffer.byteLength(text) > textBytesMax) throw tooLarge(`more than ${textBytesMax} bytes of text`);
  if (calls.length > 0 && provider.wire.argumentsAs === 'object') assertStrict(body);
  const toolCalls = calls.map((call, at): RawToolCall => {
    // Several servers send no text at all for a tool without arguments.
    return { id: `${turn}.${at + 1}`, name: call.toolName, arguments: call.input === '' ? '{}' : call.input };
  });
  const thoughts = provider.thoughts === undefined ? [] : thoughtsOf(result.content, turn);
  if (Buffer.byteLength(JSON.stringify(thoughts)) > textBytesMax)
    throw tooLarge(`more than ${textBytesMax} bytes of thoughts`);
  const usage = provider.wire.usage(parsed(body));
  const isAnswered = text !== '' || toolCalls.length > 0;
  return {
    text: storable(text),
    toolCalls,
    ...(thoughts.length === 0 ? {} : { thoughts }),
    // No answer is free of output: a zero is no report, and budgets would never fill.
    usage: isAnswered && usage?.outputTokens === 0 ? undefined : usage,
    model: provider.wire.model(parsed(body)),
    finish: finishOf(result.finishReason.unified),
  };
}

/** The arguments are a part of the answer: what its parser forgives would be gone before the gate could refuse it. */
function assertStrict(body: Uint8Array): void {
  const text = new TextDecoder().decode(body);
  const strict = parseStrictJson(text, { bytes: body.byteLength, depth: 128, values: 1_000_000 });
  if (strict.kind === 'parsed') return;
  throw invalidResponse(`The provider’s answer holds tool calls and is not strict JSON. ${strict.message}`);
}

function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').replace(/\p{Surrogate}/gu, '\ufffd');
}

/** What the provider wants back with the next turn: thoughts, and the signatures of calls. */
function thoughtsOf(content: LanguageModelV3GenerateResult['content'], turn: number): readonly Thought[] {
  let calls = 0;
  return content.flatMap((part): Thought[] => {
    if (part.type === 'tool-call') calls += 1;
    if ((part.type !== 'tool-call' && part.type !== 'reasoning') || part.providerMetadata === undefined) return [];
    // Read from JSON by the SDK, and JSON still.
    const metadata = part.providerMetadata as JsonObject;
    return [
      part.type === 'reasoning' ? { text: storable(part.text), metadata } : { callId: `${turn}.${calls}`, metadata },
    ];
  });
}

function tooLarge(what: string): TerminalError {
  return new TerminalError(`The model’s answer holds ${what}.`, {
    code: 'model.response_too_large',
    help: 'Lower `maxOutputTokens` of the ModelEndpoint.',
  });
}

function finishOf(reason: LanguageModelV3GenerateResult['finishReason']['unified']): ModelResponse['finish'] {
  switch (reason) {
    case 'stop':
    case 'length':
      return reason;
    case 'tool-calls':
      return 'toolCalls';
    case 'content-filter':
      return 'filtered';
    default:
      return 'other';
  }
}
