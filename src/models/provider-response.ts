import type { LanguageModelV3GenerateResult } from '@ai-sdk/provider';
import { TerminalError } from '../errors.ts';
import { isJsonObject } from '../manifest/json.ts';
import type { ModelRequest, ModelResponse, RawToolCall } from './model.ts';

const toolCallsMax = 128;
const textBytesMax = 1024 * 1024;

/** Refuses an answer of another model, and one that holds what the provider did past the gate. */
export function assertOwnAnswer(asked: string, body: Uint8Array): void {
  const answer = parsed(body);
  if (typeof answer.model === 'string' && !isSameModel(asked, answer.model)) {
    throw new TerminalError(`The endpoint asked for the model ${asked}, and ${answer.model.slice(0, 128)} answered.`, {
      code: 'model.response_mismatch',
      help: 'Name the model that you mean in the ModelEndpoint, or take the alias away at the provider.',
    });
  }
  for (const choice of Array.isArray(answer.choices) ? answer.choices : []) {
    if (isJsonObject(choice) && isJsonObject(choice.message) && holdsServerTool(choice.message)) {
      throw new TerminalError(`The provider of ${asked} ran a tool of its own.`, {
        code: 'model.server_tool_denied',
        help: 'Switch the provider’s built-in tools off for this key or model.',
      });
    }
  }
}

function parsed(body: Uint8Array): Readonly<Record<string, unknown>> {
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

/** Where servers report tools that they ran themselves, beside a call whose type is not `function`. */
const serverToolFields = ['executed_tools', 'server_tool_use', 'mcp_calls', 'tool_results'];

function holdsServerTool(message: Readonly<Record<string, unknown>>): boolean {
  if (serverToolFields.some((field) => Array.isArray(message[field]) && message[field].length > 0)) return true;
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  return calls.some((call: unknown) => isJsonObject(call) && typeof call.type === 'string' && call.type !== 'function');
}

/** The SDK's result in pawl's form: own call ids, raw arguments, capped. */
export function readResponse(
  result: LanguageModelV3GenerateResult,
  request: ModelRequest,
  body: Uint8Array,
): ModelResponse {
  const turn = request.turn ?? request.messages.filter((message) => message.role === 'assistant').length + 1;
  const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const calls = result.content.filter((part) => part.type === 'tool-call');
  if (calls.length > toolCallsMax) throw tooLarge(`${calls.length} tool calls, more than ${toolCallsMax}`);
  if (Buffer.byteLength(text) > textBytesMax) throw tooLarge(`more than ${textBytesMax} bytes of text`);
  const toolCalls = calls.map((call, at): RawToolCall => {
    // Several servers send no text at all for a tool without arguments.
    return { id: `${turn}.${at + 1}`, name: call.toolName, arguments: call.input === '' ? '{}' : call.input };
  });
  return {
    text: text.replaceAll('\0', '\ufffd').replace(/\p{Surrogate}/gu, '\ufffd'),
    toolCalls,
    usage: usageOf(body, text !== '' || toolCalls.length > 0),
    model: result.response?.modelId,
    finish: finishOf(result.finishReason.unified),
  };
}

function tooLarge(what: string): TerminalError {
  return new TerminalError(`The model’s answer holds ${what}.`, {
    code: 'model.response_too_large',
    help: 'Lower `maxOutputTokens` of the ModelEndpoint.',
  });
}

/**
 * Both figures as whole numbers, or nothing: half a report would be half a bill. No question is free of input and no
 * answer free of output, so a zero there is no report either: budgets would never fill.
 */
function usageOf(body: Uint8Array, isAnswered: boolean): ModelResponse['usage'] {
  const { usage } = parsed(body);
  if (!isJsonObject(usage)) return undefined;
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = usage;
  if (!isCount(inputTokens) || !isCount(outputTokens)) return undefined;
  return inputTokens === 0 || (isAnswered && outputTokens === 0) ? undefined : { inputTokens, outputTokens };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= 1_000_000_000;
}

function finishOf(reason: LanguageModelV3GenerateResult['finishReason']['unified']): ModelResponse['finish'] {
  switch (reason) {
    case 'stop':
    case 'length':
      return reason;
    case 'tool-calls':
      return 'toolCalls';
    default:
      return 'other';
  }
}
