import type { CodeDoc } from '../manifest/problem.ts';

/** What can go wrong where somebody follows what becomes of runs. */
export const eventCodes = {
  'event.off': {
    title: 'No events of runs are kept here',
    cause: 'Nobody has switched them on in this database: they cost a little of each run.',
    cure: 'Run `pawl migrate --events on` with the account that owns the tables; they begin from there.',
  },
  'event.removed': {
    title: 'Events that were asked for are kept no longer',
    cause: 'Events are kept for seven days, and the position that was asked for is older.',
    cure: 'Look at the runs as they are now (`pawl get runs`), and go on from the position that the message names.',
  },
  'event.not_owner': {
    title: 'This account may not switch events on or off',
    cause: 'It takes the account that owns the tables, as `pawl migrate` does.',
    cure: 'Run `pawl migrate --events on` with that account’s DATABASE_URL.',
  },
} as const satisfies Record<string, CodeDoc>;
