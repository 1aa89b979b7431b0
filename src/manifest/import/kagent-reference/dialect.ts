import type { Dialect } from '../dialect.ts';
import { agent } from './agent.ts';
import { memory } from './memory.ts';
import { tool } from './tool.ts';
import { workflow } from './workflow.ts';
import { workflowRun } from './workflow-run.ts';

/** The "Kagent reference architecture" as it was published: a concept that no controller implements. */
export const kagentReference: Dialect = {
  name: 'kagent-reference',
  title: 'Kagent reference architecture',
  kinds: [agent, tool, memory, workflow, workflowRun],
};
