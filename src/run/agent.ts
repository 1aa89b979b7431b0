import { canonicalText } from '../manifest/digest.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import type { ModelMessage, ModelResponse, RawToolCall } from '../models/model.ts';
import { answerForModel } from '../policy/neutral.ts';
import { type SchemaCheck, schemaCompiler } from '../policy/schema.ts';
import { agentOf, toolOf } from './ask.ts';
import type { Caller } from './caller.ts';
import { StepFailure, valuesOf } from './halt.ts';
import { promptFor } from './prompt.ts';
import type { CallResult } from './replay.ts';
import type { Scope } from './scope.ts';
import { step } from './step.ts';

/** An agent node in execution. */
export interface AgentTurns {
  /** The place of its calls. */
  readonly node: string;
  readonly caller: Extract<Caller, { readonly kind: 'agent' }>;
  readonly input: Json;
  /** Aborts when the run or the agent's own time is over. */
  readonly signal: AbortSignal;
}

type Answer = Pick<ModelResponse, 'text' | 'toolCalls' | 'finish'>;

/**
 * The loop of an agent: a model call, then the tool calls that it asks for, until it asks for none. How long it may go
 * on is the gate's business: a model call that a limit or a budget refuses ends the node with the gate's reason.
 */
export async function runAgent(agent: AgentTurns, scope: Scope): Promise<Json> {
  const system = promptFor(agentOf(agent, scope), agent.input, agent.node);
  const messages: ModelMessage[] = [{ role: 'user', text: textOf(agent.input) }];
  let repaired = false;
  for (let turn = 1; ; turn += 1) {
    const answer = await askModel(agent, scope, { turn, system, messages });
    messages.push({ role: 'assistant', text: answer.text, toolCalls: answer.toolCalls });
    if (answer.toolCalls.length > 0) {
      messages.push(...(await callTools(agent, scope, answer.toolCalls)));
      continue;
    }
    const output = outputOf(answer, agent, scope);
    if (output.kind === 'fits') return output.value;
    if (repaired) throw new StepFailure({ code: 'agent.output_invalid', message: output.message, node: agent.node });
    repaired = true;
    messages.push({ role: 'user', text: `${output.message} Answer again with nothing but JSON that fits the schema.` });
  }
}

/** What the model reads of a node's input: text as it is, anything else as JSON. */
function textOf(input: Json): string {
  return typeof input === 'string' ? input : canonicalText(input);
}

async function askModel(
  { node, caller, signal }: AgentTurns,
  scope: Scope,
  {
    turn,
    system,
    messages,
  }: { readonly turn: number; readonly system: string; readonly messages: readonly ModelMessage[] },
): Promise<Answer> {
  const path = `${node}/${turn}`;
  const result = await step({ kind: 'model', node, caller, path, signal, system, messages: [...messages] }, scope);
  switch (result.kind) {
    case 'done': {
      // Written by the door, now or by an earlier owner.
      const answer = result.output as unknown as Answer;
      return { ...answer, toolCalls: answer.toolCalls.map((call, index) => ({ ...call, id: `${turn}.${index + 1}` })) };
    }
    case 'denied':
      throw new StepFailure({ code: result.reason, message: result.message, node, path });
    case 'failed':
      throw new StepFailure({ code: result.error.code, message: result.error.message, node, path });
  }
}

/** In parallel where all of them only read; else in the order in which the model asked. */
async function callTools(
  agent: AgentTurns,
  scope: Scope,
  calls: readonly RawToolCall[],
): Promise<readonly ModelMessage[]> {
  const pathOf = (call: RawToolCall) => `${agent.node}/${call.id}`;
  const make = (call: RawToolCall): Promise<CallResult> =>
    step({ kind: 'tool', ...toolStep(agent, call), path: pathOf(call) }, scope);
  const results: CallResult[] = [];
  if (calls.every((call) => isRead(agent, call, scope))) {
    results.push(...valuesOf(await Promise.allSettled(calls.map(make))));
    for (const [index, call] of calls.entries())
      failWhereDenied(agent, scope, { result: results[index], path: pathOf(call) });
  } else {
    for (const call of calls) {
      const result = await make(call);
      // Before the next one: where a denial ends the node, what was asked for after it is not done.
      failWhereDenied(agent, scope, { result, path: pathOf(call) });
      results.push(result);
    }
  }
  return calls.map((call, index) => ({
    role: 'tool',
    callId: call.id,
    tool: call.name,
    result: resultFor(results[index]),
  }));
}

function toolStep({ node, caller, signal }: AgentTurns, call: RawToolCall) {
  return { node, caller, signal, name: call.name, arguments: call.arguments };
}

function isRead(agent: AgentTurns, call: RawToolCall, scope: Scope): boolean {
  const tool = toolOf(agent.caller, call.name, scope)?.tool;
  // A call to no tool has no effect: the gate refuses it.
  return tool === undefined || tool.operations.every((operation) => operation === 'read');
}

/** A limit that is reached ends the node under its own code; another denial does if the author says so. */
function failWhereDenied(
  { node, caller }: AgentTurns,
  scope: Scope,
  { result, path }: { readonly result: CallResult | undefined; readonly path: string },
): void {
  if (result?.kind !== 'denied') return;
  if (result.reason.startsWith('limit.'))
    throw new StepFailure({ code: result.reason, message: result.message, node, path });
  if (agentOf({ node, caller }, scope).execution.onDeny !== 'fail') return;
  const message = `A call was denied (${result.reason}), and the agent says onDeny: fail. ${result.message}`;
  throw new StepFailure({ code: 'agent.denied', message, node, path });
}

/** What the model is told: the output, or a neutral word that a call failed or was refused. */
function resultFor(result: CallResult | undefined): Json {
  if (result === undefined) throw new TypeError('a tool call has no result');
  switch (result.kind) {
    case 'done':
      return result.output;
    case 'denied':
      return answerForModel(result.reason);
    case 'failed':
      return { error: result.error.code, message: result.error.message, retryable: result.error.retryable === true };
  }
}

type Output = { readonly kind: 'fits'; readonly value: Json } | { readonly kind: 'wrong'; readonly message: string };

function outputOf(answer: Answer, { node, caller }: AgentTurns, scope: Scope): Output {
  if (answer.finish === 'length') {
    const message = 'The answer reached the cap on output tokens before it was complete.';
    throw new StepFailure({ code: 'agent.output_cut', message, node });
  }
  const schema = agentOf({ node, caller }, scope).output?.schema;
  if (schema === undefined) return { kind: 'fits', value: answer.text };
  const parsed = parse(answer.text);
  if (parsed === undefined) return { kind: 'wrong', message: 'The answer is not JSON.' };
  const verdict = checkOf(schema)(parsed.value);
  if (verdict.kind === 'valid') return { kind: 'fits', value: parsed.value };
  const place =
    verdict.kind === 'invalid' && verdict.pointer !== '' ? `The answer at ${verdict.pointer}` : 'The answer';
  return { kind: 'wrong', message: `${place} ${verdict.message}.` };
}

/** Models like to put JSON into a fence; nothing else around it is forgiven. */
function parse(text: string): { readonly value: Json } | undefined {
  const fenced = /^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$/.exec(text);
  try {
    return { value: JSON.parse(fenced?.[1] ?? text) as Json };
  } catch {
    // Not JSON is an answer, not a fault: the model is told.
    return undefined;
  }
}

const checks = new WeakMap<JsonObject, SchemaCheck>();

function checkOf(schema: JsonObject): SchemaCheck {
  let check = checks.get(schema);
  if (check === undefined) {
    check = schemaCompiler().compile(schema);
    checks.set(schema, check);
  }
  return check;
}
