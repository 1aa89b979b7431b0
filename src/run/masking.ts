import type { ModelMessage, ModelResponse, RawToolCall } from '../models/model.ts';
import { argumentBounds, parseStrictJson } from '../policy/strict-json.ts';
import { collectTexts, replaceTexts } from './json-texts.ts';

/** Where texts stand in what models are asked and answer, for guards that look at them and mask them. */
type Answer = Pick<ModelResponse, 'text' | 'toolCalls' | 'thoughts'>;

export function collectMessage(message: ModelMessage, into: Set<string>): void {
  switch (message.role) {
    case 'user':
      for (const text of [message.text, message.frame?.before, message.frame?.after])
        if (text !== undefined && text !== '') into.add(text);
      return;
    case 'assistant':
      return collectAnswer(message, into);
    case 'tool':
      return collectTexts(message.result, into);
  }
}

export function maskMessage(message: ModelMessage, changed: ReadonlyMap<string, string>): ModelMessage {
  switch (message.role) {
    case 'user':
      return maskUser(message, changed);
    case 'assistant':
      return maskAnswer(message, changed);
    case 'tool':
      return { ...message, result: replaceTexts(message.result, changed) };
  }
}

type User = Extract<ModelMessage, { readonly role: 'user' }>;

function maskUser({ frame, ...message }: User, changed: ReadonlyMap<string, string>): User {
  const masked = (text: string): string => changed.get(text) ?? text;
  const said = { ...message, text: masked(message.text) };
  return frame === undefined ? said : { ...said, frame: { before: masked(frame.before), after: masked(frame.after) } };
}

/** Text, thoughts, and the arguments of tool calls: what a model wrote. */
export function collectAnswer({ text, toolCalls, thoughts = [] }: Answer, into: Set<string>): void {
  into.add(text);
  for (const thought of thoughts) if (thought.text !== undefined) into.add(thought.text);
  for (const call of toolCalls) {
    const parsed = parseStrictJson(call.arguments, argumentBounds);
    // What is no strict JSON is a text like others: the gate will refuse it, and the conversation holds it.
    if (parsed.kind === 'parsed') collectTexts(parsed.value, into);
    else into.add(call.arguments);
  }
}

/** A thought goes back to its provider as it came or not at all: it may be signed. */
export function maskAnswer<A extends Answer>(answer: A, changed: ReadonlyMap<string, string>): A {
  const { text, toolCalls, thoughts = [] } = answer;
  const isThoughtOf = thoughts.some((thought) => thought.text !== undefined && changed.has(thought.text));
  return {
    ...answer,
    text: changed.get(text) ?? text,
    toolCalls: toolCalls.map((call) => maskCall(call, changed)),
    ...(isThoughtOf ? { thoughts: [] } : {}),
  };
}

function maskCall(call: RawToolCall, changed: ReadonlyMap<string, string>): RawToolCall {
  const parsed = parseStrictJson(call.arguments, argumentBounds);
  if (parsed.kind !== 'parsed') return { ...call, arguments: changed.get(call.arguments) ?? call.arguments };
  const masked = replaceTexts(parsed.value, changed);
  return masked === parsed.value ? call : { ...call, arguments: JSON.stringify(masked) };
}
