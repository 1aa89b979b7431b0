import type { CodeDoc } from '../../manifest/problem.ts';

/** What can go wrong with an agent elsewhere, besides what can with any tool. */
export const externalAgentCodes = {
  'agent.remote_refused': {
    title: 'An agent elsewhere did not take the work',
    cause:
      'It rejected the task, answered with an error of the protocol, did not let pawl in, or led to another address.',
    cure: 'The message holds what it said. Check `url` and `auth` of the agent.',
  },
  'agent.remote_failed': {
    title: 'An agent elsewhere failed',
    cause: 'Its task ended as failed, or as cancelled by somebody else.',
    cure: 'The message holds what it said; its own record says more.',
  },
  'agent.remote_input': {
    title: 'An agent elsewhere asked back',
    cause:
      'Its task waits for more input, or for somebody to sign in. Nobody can answer it there, so it was cancelled.',
    cure: 'Give it what it needs in the input of the node, and its credentials in `auth`.',
  },
} as const satisfies Record<string, CodeDoc>;
