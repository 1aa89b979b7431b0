import type { CodeDoc } from '../manifest/problem.ts';

/** What can be wrong with what a person asks of a rollout. */
export const rolloutCodes = {
  'rollout.none': {
    title: 'No rollout of that system is under way',
    cause:
      'The system never had one, or its last one is over. A system has one from an apply that changes it while its `spec.rollout` is `canary` or `blueGreen`.',
    cure: 'Look at `pawl rollout status`.',
  },
  'rollout.ambiguous': {
    title: 'Several namespaces have a rollout of a system of that name',
    cause: 'A system was named without its namespace, and more than one system of that name has a rollout under way.',
    cure: 'Write `namespace/name`.',
  },
  'rollout.state': {
    title: 'The rollout is not in a state for that',
    cause:
      'A rollout is paused while it progresses, resumed while it is paused, and aborted once. One that was aborted goes to no further step.',
    cure: 'Look at `pawl rollout status`. An aborted one goes live with `pawl rollout promote --full`, or a newer revision takes its place.',
  },
  'rollout.changed': {
    title: 'The rollout changed in the same moment',
    cause: 'Its analysis, another person or an apply changed it between reading and writing.',
    cure: 'Look at `pawl rollout status`, and decide again.',
  },
} as const satisfies Record<string, CodeDoc>;
