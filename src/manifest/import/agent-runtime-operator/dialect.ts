import type { Dialect } from '../dialect.ts';

/** The Agent Runtime Operator of the Agentic Layer. */
export const agentRuntimeOperator: Dialect = {
  name: 'agent-runtime-operator',
  title: 'Agent Runtime Operator',
  kinds: [],
};
