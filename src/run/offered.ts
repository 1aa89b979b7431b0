import type { BundleTool } from '../manifest/bundle.ts';
import { toolOf } from './ask.ts';
import type { Scope } from './scope.ts';
import type { AgentTurns } from './conversation.ts';

/** What stands behind a name that a model is offered. Each kind has its own way to be made in agent-tools.ts. */
export type Offered = { readonly kind: 'tool'; readonly id: string; readonly tool: BundleTool };

/** Undefined: the agent has nothing of that name, and the gate will refuse the call. */
export function offered(agent: AgentTurns, name: string, scope: Scope): Offered | undefined {
  const found = toolOf(agent.caller, name, scope);
  return found === undefined ? undefined : { kind: 'tool', ...found };
}

/** Whether a call has no effect, so that its order among others does not matter. One to nothing has none: it is refused. */
export function isRead(target: Offered | undefined): boolean {
  switch (target?.kind) {
    case 'tool':
      return target.tool.operations.every((operation) => operation === 'read');
    case undefined:
      return true;
  }
}
