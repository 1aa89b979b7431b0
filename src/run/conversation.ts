import type { Json } from '../manifest/json.ts';
import type { ModelMessage } from '../models/model.ts';
import type { Caller } from './caller.ts';
import type { Earlier } from './earlier.ts';

/** An agent node in execution. */
export interface AgentTurns {
  /** The place of its calls. */
  readonly node: string;
  readonly caller: Extract<Caller, { readonly kind: 'agent' }>;
  readonly input: Json;
  /** Git says it: it came of no expression. */
  readonly isOwnInput?: boolean;
  /** What was said before its input: calls of the same step that it remembers. */
  readonly before?: readonly ModelMessage[] | undefined;
  /** What was said of its executions before this one. */
  readonly earlier?: readonly Earlier[] | undefined;
  /** Aborts when the run or the agent's own time is over. */
  readonly signal: AbortSignal;
}

/** What is said in one step, in order; it grows with each turn. */
export interface Conversation {
  readonly system: string;
  /** The step's own input, as the model reads it. */
  readonly asked: string;
  readonly messages: ModelMessage[];
}
