import type { CodeDoc } from '../manifest/problem.ts';

const cure = 'Read why with `pawl get halts`, and lift it with `pawl resume` when the cause is gone.';

/** Reasons of T1 and M1: one for each sort of thing that can be halted. */
export const haltReasons = {
  'halt.unreadable': {
    title: 'The halts in force cannot be read',
    cause:
      'The rows that hold them are damaged, or a newer version of pawl wrote a sort that this worker does not know.',
    cure: 'Nothing passes until they can be read: look at the worker’s log, and give all workers one version.',
  },
  'halt.global': { title: 'Everything is halted', cause: 'Somebody ran `pawl halt global`.', cure },
  'halt.environment': {
    title: 'The environment is halted',
    cause: 'Somebody ran `pawl halt environment/…` for the environment of the run.',
    cure,
  },
  'halt.namespace': {
    title: 'A namespace is halted',
    cause: 'The run’s system, the agent that calls, or what it calls is in a namespace that somebody halted.',
    cure,
  },
  'halt.system': {
    title: 'The system is halted',
    cause: 'Somebody halted the run’s AgentSystem, or one that the call is made inside of.',
    cure,
  },
  'halt.agent': {
    title: 'The agent is halted',
    cause: 'Somebody halted the agent that calls, one that handed the work to it, or the one that it hands work to.',
    cure,
  },
  'halt.server': {
    title: 'The MCP server is halted',
    cause: 'Somebody halted the McpServer whose tool is called, by its own name or by a Tool that stands for it.',
    cure,
  },
  'halt.tool': { title: 'The tool is halted', cause: 'Somebody halted the tool that is called.', cure },
  'halt.model': { title: 'The model endpoint is halted', cause: 'Somebody halted the ModelEndpoint.', cure },
  'halt.provider': {
    title: 'The provider is halted',
    cause: 'Somebody halted every ModelEndpoint of the provider.',
    cure,
  },
} as const satisfies Record<string, CodeDoc>;
