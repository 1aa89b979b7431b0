import type { BundleHandOff, BundleTool } from '../manifest/bundle.ts';
import { handOffOf, toolOf } from './ask.ts';
import type { Scope } from './scope.ts';
import type { AgentTurns } from './conversation.ts';

/** What stands behind a name that a model is offered. Each kind has its own way to be made in agent-tools.ts. */
export type Offered =
  | { readonly kind: 'tool'; readonly id: string; readonly tool: BundleTool }
  | { readonly kind: 'agent'; readonly to: BundleHandOff };

/** Undefined: the agent has nothing of that name, and the gate will refuse the call. */
export function offered(agent: AgentTurns, name: string, scope: Scope): Offered | undefined {
  const found = toolOf(agent.caller, name, scope);
  if (found !== undefined) return { kind: 'tool', ...found };
  const to = handOffOf({ caller: agent.caller, name }, scope);
  return to && { kind: 'agent', to };
}

/** Whether what answers the call answers in the place of who makes it. */
export function isTransfer(target: Offered | undefined): boolean {
  switch (target?.kind) {
    case 'tool':
      return target.tool.impl.type === 'a2a' && target.tool.impl.transfers === true;
    case 'agent':
      return target.to.interaction === 'transfer';
    case undefined:
      return false;
  }
}

/** Whether a call has no effect, so that its order among others does not matter. One to nothing has none: it is refused. */
export function isRead(target: Offered | undefined): boolean {
  switch (target?.kind) {
    case 'tool':
      return target.tool.operations.every((operation) => operation === 'read');
    case 'agent':
      return false;
    case undefined:
      return true;
  }
}
