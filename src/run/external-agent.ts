import type { Json } from '../manifest/json.ts';
import { userText } from '../models/model.ts';
import { transferredOutput } from './agent-output.ts';
import { agentOf } from './ask.ts';
import type { AgentTurns } from './conversation.ts';
import { earlierMessages, textOf } from './earlier.ts';
import { StepFailure } from './halt.ts';
import type { Scope } from './scope.ts';
import { step } from './step.ts';

/** An agent that runs elsewhere is one call: the gate decides on it, the journal holds it, and its answer is the output. */
export async function runExternalAgent(agent: AgentTurns, scope: Scope): Promise<Json> {
  const { node, caller, signal } = agent;
  const { external: name = '' } = agentOf(agent, scope);
  const path = `${node}/1.1`;
  const text = JSON.stringify({ task: taskOf(agent) });
  const result = await step({ kind: 'tool', node, caller, signal, name, arguments: text, path }, scope);
  switch (result.kind) {
    case 'done':
      return transferredOutput(result.output, agent, scope);
    case 'denied':
      throw new StepFailure({ code: result.reason, message: result.message, node, path });
    case 'failed':
      throw new StepFailure({ code: result.error.code, message: result.error.message, node, path });
  }
}

/** Its input as it is; after something was said of it before, the whole conversation. */
function taskOf({ input, before = [], earlier }: AgentTurns): Json {
  const said = [...before, { role: 'user', text: textOf(input) } as const, ...earlierMessages(earlier)];
  if (said.length === 1) return input;
  return {
    conversation: said.flatMap((one) =>
      one.role === 'tool' ? [] : [{ role: one.role, text: one.role === 'user' ? userText(one) : one.text }],
    ),
  };
}
