import type { Json } from '../manifest/json.ts';
import type { ModelMessage } from '../models/model.ts';
import type { Scope } from './scope.ts';
import type { AgentTurns } from './conversation.ts';

/** What was said to the agent before this step, the oldest first: it stands before the step's own input. */
export function recall(_agent: AgentTurns, _scope: Scope): Promise<readonly ModelMessage[]> {
  return Promise.resolve([]);
}

/** Keeps what was asked and answered for the steps that come after. */
export function remember(
  _agent: AgentTurns,
  _scope: Scope,
  _said: { readonly asked: string; readonly output: Json },
): Promise<void> {
  return Promise.resolve();
}
