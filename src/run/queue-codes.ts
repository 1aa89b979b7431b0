import type { CodeDoc } from '../manifest/problem.ts';

/** What can go wrong between the submission of a run and its first step. */
export const queueCodes = {
  'pool.none': {
    title: 'No pool has what the run asks for',
    cause:
      'The run requires a region, a GPU, a model, labels or isolation tiers, and no live WorkerPool that its namespace may use has all of it.',
    cure: 'Declare a WorkerPool that has it and start `pawl worker --pool` for it, share the one that has, or ask for less.',
  },
  'pool.unknown': {
    title: 'There is no such pool',
    cause: 'No live WorkerPool of any environment in this database has that name.',
    cure: 'Look at `pawl get workerpools`; the pool of runs that ask for nothing is called `default`.',
  },
  'pool.ambiguous': {
    title: 'Several namespaces have a pool of that name',
    cause: 'A pool was named without its namespace, and more than one namespace has a WorkerPool of that name.',
    cure: 'Write `namespace/name`.',
  },
  'queue.full': {
    title: 'The queue is full',
    cause: 'As many runs wait for the pool, or for the concurrency key, as its `maxQueued` allows.',
    cure: 'Try again later; start more workers, or raise `maxQueued` if the wait is acceptable.',
  },
  'concurrency.rejected': {
    title: 'Too many runs of this key are under way',
    cause:
      '`concurrency.policy` of the AgentSystem is `reject`, and `concurrency.limit` runs of the key have not ended.',
    cure: 'Try again when one of them has ended, or use the policy `queue`.',
  },
  'concurrency.key': {
    title: 'The concurrency key could not be computed',
    cause: '`concurrency.key` of the AgentSystem failed on the input of the run.',
    cure: 'Guard what may be missing with `has(…)` in the expression, or give the run what it reads.',
  },
  'run.replaced': {
    title: 'A newer run took the place of this one',
    cause: '`concurrency.policy` of the AgentSystem is `replace`, and a later run of the same key was submitted.',
    cure: 'Nothing: the later run does the work. Use the policy `queue` where each run must come to its end.',
  },
  'run.not_retryable': {
    title: 'The run cannot be started again',
    cause: 'Only a run that failed, timed out, was cancelled or is a dead letter can be.',
    cure: 'Wait for its end, or submit a new run.',
  },
} as const satisfies Record<string, CodeDoc>;
