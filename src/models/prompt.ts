import type { LanguageModelV3Message, LanguageModelV3Prompt, SharedV3ProviderOptions } from '@ai-sdk/provider';
import { type ModelMessage, type ModelRequest, type RawToolCall, userText } from './model.ts';

/** A request's messages in the SDK's form. */
export function promptOf(request: ModelRequest, thoughts?: string): LanguageModelV3Prompt {
  return [
    { role: 'system', content: request.system },
    ...request.messages.map((message) => messageOf(message, thoughts)),
  ];
}

function messageOf(message: ModelMessage, thoughts: string | undefined): LanguageModelV3Message {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: userText(message) }] };
    case 'assistant':
      return {
        role: 'assistant',
        content: [
          ...thoughtsOf(message, thoughts),
          ...(message.text === '' ? [] : [{ type: 'text' as const, text: message.text }]),
          ...message.toolCalls.map((call) => ({
            type: 'tool-call' as const,
            toolCallId: call.id,
            toolName: call.name,
            input: inputOf(call),
            ...signatureOf(message, call.id, thoughts),
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

type Said = Extract<ModelMessage, { readonly role: 'assistant' }>;

/** Only to the provider that they came from: another one could read nothing from them. */
function thoughtsOf({ thoughts = [] }: Said, key: string | undefined) {
  return thoughts.flatMap(({ callId, text, metadata }) =>
    callId === undefined && key !== undefined && Object.hasOwn(metadata, key)
      ? [{ type: 'reasoning' as const, text: text ?? '', providerOptions: metadata as SharedV3ProviderOptions }]
      : [],
  );
}

function signatureOf({ thoughts = [] }: Said, id: string, key: string | undefined) {
  const found = thoughts.find(
    ({ callId, metadata }) => callId === id && key !== undefined && Object.hasOwn(metadata, key),
  );
  return found === undefined ? {} : { providerOptions: found.metadata as SharedV3ProviderOptions };
}

/** The SDK writes the input as JSON again; what was malformed goes back as a string, because it must be some JSON. */
function inputOf(call: RawToolCall): unknown {
  try {
    return JSON.parse(call.arguments);
  } catch {
    return call.arguments;
  }
}
