import type { Json } from '../manifest/json.ts';
import type { ModelMessage, RawToolCall } from '../models/model.ts';
import { answerForModel } from '../policy/neutral.ts';
import { agentOf } from './ask.ts';
import { StepFailure, valuesOf } from './halt.ts';
import { isRead, offered } from './offered.ts';
import type { CallResult } from './replay.ts';
import type { Scope } from './scope.ts';
import { step } from './step.ts';
import type { AgentTurns } from './conversation.ts';

/** What the tool calls of one answer came to: messages for the next turn, or the node's output. */
export type Called =
  | { readonly kind: 'answered'; readonly messages: readonly ModelMessage[] }
  | { readonly kind: 'ended'; readonly output: Json };

/** In parallel where all of them only read; else in the order in which the model asked. */
export async function callTools(agent: AgentTurns, scope: Scope, calls: readonly RawToolCall[]): Promise<Called> {
  const results: CallResult[] = [];
  if (calls.every((call) => isRead(offered(agent, call.name, scope)))) {
    results.push(...valuesOf(await Promise.allSettled(calls.map((call) => make(agent, scope, call)))));
    for (const [index, call] of calls.entries())
      failWhereDenied(agent, scope, { result: results[index], path: pathOf(agent, call) });
  } else {
    for (const call of calls) {
      const result = await make(agent, scope, call);
      // Before the next one: where a denial ends the node, what was asked for after it is not done.
      failWhereDenied(agent, scope, { result, path: pathOf(agent, call) });
      results.push(result);
    }
  }
  const messages = calls.map((call, index): ModelMessage => {
    return { role: 'tool', callId: call.id, tool: call.name, result: resultFor(results[index]) };
  });
  return { kind: 'answered', messages };
}

/** One call that a model asked for, by what stands behind its name. A name behind which nothing stands is the gate's. */
function make(agent: AgentTurns, scope: Scope, call: RawToolCall): Promise<CallResult> {
  const { node, caller, signal } = agent;
  const path = pathOf(agent, call);
  const target = offered(agent, call.name, scope);
  switch (target?.kind) {
    case 'tool':
    case undefined:
      return step({ kind: 'tool', node, caller, signal, name: call.name, arguments: call.arguments, path }, scope);
  }
}

function pathOf({ node }: AgentTurns, call: RawToolCall): string {
  return `${node}/${call.id}`;
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
