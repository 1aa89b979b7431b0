import type { Json } from '../manifest/json.ts';
import { type ModelMessage, userText } from '../models/model.ts';
import { assertWhole, outputOf, OutputChecks } from './agent-output.ts';
import { StepTools } from './agent-tools.ts';
import { askModel } from './agent-turn.ts';
import { agentOf } from './ask.ts';
import { compact } from './compaction.ts';
import type { AgentTurns, Conversation } from './conversation.ts';
import { recall, recordedNote, remember } from './history.ts';
import { earlierMessages, textOf } from './earlier.ts';
import { runExternalAgent } from './external-agent.ts';
import { tagOf } from './marking.ts';
import { promptFor } from './prompt.ts';
import type { Scope } from './scope.ts';

/**
 * The loop of an agent: a model call, then the tool calls that it asks for, until it asks for none. How long it may go
 * on is the gate's business: a model call that a limit or a budget refuses ends the node with the gate's reason.
 */
export async function runAgent(agent: AgentTurns, scope: Scope): Promise<Json> {
  if (agentOf(agent, scope).external !== undefined) return runExternalAgent(agent, scope);
  const tag = tagOf({ run: scope.run.id, place: agent.node });
  const prompt = promptFor(agentOf(agent, scope), agent.input, { node: agent.node, tag });
  const asked = textOf(agent.input);
  const recalled = await recall(agent, scope);
  const system = recalled.length === 0 ? prompt : `${prompt}\n\n${recordedNote}`;
  const before = [...recalled, ...(agent.before ?? [])];
  const input: ModelMessage = { role: 'user', text: asked, ...(agent.isOwnInput === true ? { own: true } : {}) };
  const messages: ModelMessage[] = [...before, input, ...earlierMessages(agent.earlier)];
  const told = [asked, ...(agent.earlier ?? []).map(({ remark }) => userText(remark))].join('\n\n');
  const output = await converse(agent, scope, { system, asked: told, messages });
  await remember(agent, scope, { asked, output });
  return output;
}

async function converse(agent: AgentTurns, scope: Scope, conversation: Conversation): Promise<Json> {
  const { messages } = conversation;
  const checks = new OutputChecks();
  const tools = new StepTools(agent, scope, runAgent);
  for (let turn = 1; ; turn += 1) {
    await compact(agent, scope, { turn, ...conversation });
    const answer = await askModel(agent, scope, { turn, ...conversation });
    assertWhole(answer, agent);
    messages.push(answer.message);
    if (answer.toolCalls.length > 0) {
      const called = await tools.call(answer.toolCalls);
      if (called.kind === 'ended') return called.output;
      messages.push(...called.messages);
      continue;
    }
    const output = outputOf(answer, agent, { scope, missing: tools.missing() });
    if (output.kind === 'fits') return output.value;
    // Once: a model that was told what is wrong and does it again will go on doing it.
    messages.push({ role: 'user', text: checks.remark(output, agent), own: true });
  }
}
