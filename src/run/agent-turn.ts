import type { ModelMessage, ModelResponse } from '../models/model.ts';
import { agentOf } from './ask.ts';
import type { AgentTurns, Conversation } from './conversation.ts';
import { StepFailure } from './halt.ts';
import type { CallResult } from './replay.ts';
import type { Scope } from './scope.ts';
import { step } from './step.ts';

/** What the loop needs of a model's answer. */
export interface Answer extends Pick<ModelResponse, 'text' | 'toolCalls' | 'finish'> {
  /** What stands of it in the conversation. */
  readonly message: ModelMessage;
}

export interface Turn extends Conversation {
  /** From 1. */
  readonly turn: number;
}

/** One model call of an agent. What the gate refuses and what fails ends the node. */
export async function askModel(agent: AgentTurns, scope: Scope, turn: Turn): Promise<Answer> {
  const { node, caller, signal } = agent;
  const path = `${node}/${turn.turn}`;
  const { model, fallback = [] } = agentOf(agent, scope);
  const { system, asked, messages } = turn;
  const said = { system, asked, messages: [...messages], turn: turn.turn, purpose: 'answer' } as const;
  const call = { kind: 'model', node, caller, path, signal, models: [model, ...fallback], ...said } as const;
  const { text, finish, thoughts, ...answer } = answerOf(await step(call, scope), { node, path });
  const toolCalls = answer.toolCalls.map((one, index) => ({ ...one, id: `${turn.turn}.${index + 1}` }));
  const message = { role: 'assistant', text, toolCalls, ...(thoughts === undefined ? {} : { thoughts }) } as const;
  return { text, toolCalls, finish, message };
}

/** The answer of a finished model call; what else became of it ends the node. */
export function answerOf(
  result: CallResult,
  at: { readonly node: string; readonly path: string },
): Pick<ModelResponse, 'text' | 'toolCalls' | 'finish' | 'thoughts'> {
  switch (result.kind) {
    case 'done':
      // Written by the door, now or by an earlier owner.
      return result.output as unknown as ModelResponse;
    case 'denied':
      throw new StepFailure({ code: result.reason, message: result.message, ...at });
    case 'failed':
      throw new StepFailure({ code: result.error.code, message: result.error.message, ...at });
  }
}
