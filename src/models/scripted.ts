import { setTimeout as wait } from 'node:timers/promises';
import { RetryableError, TerminalError } from '../errors.ts';
import type { BundleModel } from '../manifest/bundle.ts';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { estimateInputTokens } from './estimate.ts';
import type { ModelRequest, ModelResponse, RawToolCall } from './model.ts';

/** Answers from the script in Git: the same request gets the same answer, offline. */
export async function answerFromScript(
  model: BundleModel,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<ModelResponse> {
  const turn = turnOf(model, request);
  if (typeof turn.latencyMs === 'number') await pause(turn.latencyMs, signal);
  const number = turnsSoFar(request) + 1;
  const text = textOf(turn);
  const toolCalls = list(turn.toolCalls).map((call, at) => toolCall(call, `${number}.${at + 1}`));
  return {
    text,
    toolCalls,
    usage: usageOf(turn, { request, text, toolCalls }),
    model: model.model,
    finish: toolCalls.length > 0 ? 'toolCalls' : 'stop',
  };
}

/** The turn counts the answers of the step, so that a resumed run reads on where it was. */
function turnsSoFar(request: ModelRequest): number {
  if (request.turn !== undefined) return request.turn - 1;
  return request.messages.filter((message) => message.role === 'assistant').length;
}

function turnOf(model: BundleModel, request: ModelRequest): JsonObject {
  if (model.script === undefined) throw invalid('has no script');
  const input = request.asked ?? request.messages.find((message) => message.role === 'user')?.text ?? '';
  const reply = list(model.script.replies).find((candidate) => answers(candidate, request.agent, input));
  if (!isJsonObject(reply)) throw exhausted(`no reply for the agent ${request.agent} that matches its input`);
  const turns = list(reply.turns);
  const turn = turns[turnsSoFar(request)];
  if (turn === undefined)
    throw exhausted(`only ${turns.length} ${turns.length === 1 ? 'turn' : 'turns'} for the agent ${request.agent}`);
  if (!isJsonObject(turn)) throw invalid('holds a turn that is not an object');
  return turn;
}

function answers(reply: Json, agent: string, input: string): boolean {
  if (!isJsonObject(reply)) throw invalid('holds a reply that is not an object');
  if (reply.agent !== agent && reply.agent !== agent.slice(agent.indexOf('/') + 1)) return false;
  return reply.match === undefined || (typeof reply.match === 'string' && input.includes(reply.match));
}

function textOf(turn: JsonObject): string {
  if (typeof turn.text === 'string') return turn.text;
  return turn.json === undefined ? '' : JSON.stringify(turn.json);
}

function toolCall(call: Json, id: string): RawToolCall {
  if (!isJsonObject(call) || typeof call.tool !== 'string') throw invalid('holds a tool call without a tool');
  const given = call.arguments ?? {};
  // Text is passed on as it is, so that a script can send what only a model would: malformed arguments.
  return { id, name: call.tool, arguments: typeof given === 'string' ? given : JSON.stringify(given) };
}

function usageOf(
  turn: JsonObject,
  answer: { request: ModelRequest; text: string; toolCalls: readonly RawToolCall[] },
): NonNullable<ModelResponse['usage']> {
  const said = isJsonObject(turn.usage) ? turn.usage : {};
  const bytes = Buffer.byteLength(answer.text) + Buffer.byteLength(JSON.stringify(answer.toolCalls));
  return {
    inputTokens: typeof said.inputTokens === 'number' ? said.inputTokens : estimateInputTokens(answer.request),
    outputTokens: typeof said.outputTokens === 'number' ? said.outputTokens : Math.ceil(bytes / 3),
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (cause) {
    throw new RetryableError('The model call was given up by its worker.', { code: 'model.aborted', cause });
  }
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function invalid(what: string): TerminalError {
  return new TerminalError(`The script of the model ${what}.`, {
    code: 'model.script_invalid',
    help: 'Mend the `.script.yaml` file and apply again.',
  });
}

function exhausted(what: string): TerminalError {
  return new TerminalError(`The script has ${what}.`, {
    code: 'model.script_exhausted',
    help: 'Add a reply or a turn to the `.script.yaml` file.',
  });
}
