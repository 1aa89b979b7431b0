import type { LanguageModelV3Message, LanguageModelV3Prompt } from '@ai-sdk/provider';
import type { ModelMessage, ModelRequest, RawToolCall } from './model.ts';

/** A request's messages in the SDK's form. */
export function promptOf(request: ModelRequest): LanguageModelV3Prompt {
  return [{ role: 'system', content: request.system }, ...request.messages.map(messageOf)];
}

function messageOf(message: ModelMessage): LanguageModelV3Message {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: message.text }] };
    case 'assistant':
      return {
        role: 'assistant',
        content: [
          ...(message.text === '' ? [] : [{ type: 'text' as const, text: message.text }]),
          ...message.toolCalls.map((call) => ({
            type: 'tool-call' as const,
            toolCallId: call.id,
            toolName: call.name,
            input: inputOf(call),
          })),
        ],
      };
    case 'tool':
      return {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: message.callId,
            toolName: message.tool,
            output: {
              type: 'text',
              value: typeof message.result === 'string' ? message.result : JSON.stringify(message.result),
            },
          },
        ],
      };
  }
}

/** The SDK writes the input as JSON again; what was malformed goes back as a string, because it must be some JSON. */
function inputOf(call: RawToolCall): unknown {
  try {
    return JSON.parse(call.arguments);
  } catch {
    return call.arguments;
  }
}
