import type { ModelMessage, ModelResponse } from '../models/model.ts';
import { StepFailure } from './halt.ts';
import type { Scope } from './scope.ts';
import { step } from './step.ts';
import type { AgentTurns } from './conversation.ts';

/** What the loop needs of a model's answer. */
export type Answer = Pick<ModelResponse, 'text' | 'toolCalls' | 'finish'>;

export interface Turn {
  /** From 1. */
  readonly turn: number;
  readonly system: string;
  readonly messages: readonly ModelMessage[];
}

/** One model call of an agent. What the gate refuses and what fails ends the node. */
export async function askModel(
  { node, caller, signal }: AgentTurns,
  scope: Scope,
  { turn, system, messages }: Turn,
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
