import type { CodeDoc } from '../manifest/problem.ts';

/** What goes wrong around alerts, as `pawl explain` prints it. */
export const alertCodes = {
  'alert.receiver_unknown': {
    title: 'There is no such receiver',
    cause: 'The revision that is live has no AlertReceiver of that name.',
    cure: 'Look at `pawl get alertreceivers`; without a namespace the name is of `default`.',
  },
  'alert.not_sent': {
    title: 'Nothing can be sent from here',
    cause: 'The process that was asked does not send messages, as where it only replays runs.',
    cure: 'Ask the pawl that serves the environment.',
  },
} as const satisfies Record<string, CodeDoc>;
