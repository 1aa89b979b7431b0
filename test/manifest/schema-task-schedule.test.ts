import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';
import { task } from './task-template.ts';

const daily = { taskRef: 'report', cron: '0 9 * * MON-FRI' };

describe('a TaskSchedule', () => {
  testSchema({
    kind: 'TaskSchedule',
    accepted: {
      'of a Task': {
        description: 'Every morning',
        ...daily,
        timeZone: 'Europe/Berlin',
        suspend: true,
        startingDeadline: '10m',
        concurrency: 'replace',
        jitter: '30s',
        historyLimits: { succeeded: 3, failed: 0 },
      },
      'of a task of its own': { task, cron: '*/15 * * * *' },
      'on leap days': { ...daily, cron: '0 0 29 2 *' },
      'in a zone by its newer name': { ...daily, timeZone: 'Asia/Kolkata' },
      'with lists and steps': { ...daily, cron: '0,30 8-18/2 1,15 JAN-MAR,12 *' },
    },
    refused: {
      'no task': [{ cron: '* * * * *' }, 'manifest.exactly_one spec Add one of them.'],
      'two tasks': [{ ...daily, task: { systemRef: 's' } }, 'manifest.exactly_one spec Remove one of them.'],
      'four fields': [{ ...daily, cron: '0 9 * *' }, 'manifest.format spec.cron'],
      'six fields': [{ ...daily, cron: '0 0 9 * * *' }, 'manifest.format spec.cron'],
      'a nickname': [{ ...daily, cron: '@daily' }, 'manifest.format spec.cron'],
      'a minute that is none': [{ ...daily, cron: '60 * * * *' }, 'manifest.cron spec.cron 0 to 59'],
      'an hour that is none': [{ ...daily, cron: '0 24 * * *' }, 'manifest.cron spec.cron 0 to 23'],
      'a day of the month that is none': [{ ...daily, cron: '0 0 0 * *' }, 'manifest.cron spec.cron 1 to 31'],
      'a month that is none': [{ ...daily, cron: '0 0 1 MAI *' }, 'manifest.cron spec.cron 1 to 12, or JAN to DEC'],
      'a day of the week that is none': [{ ...daily, cron: '0 0 * * 8' }, 'manifest.cron spec.cron 0 to 7'],
      'a range the wrong way round': [{ ...daily, cron: '0 18-8 * * *' }, 'manifest.cron spec.cron 0 to 23'],
      'a step of nothing': [{ ...daily, cron: '*/0 * * * *' }, 'manifest.cron spec.cron'],
      'the last day, as some write it': [{ ...daily, cron: '0 0 L * *' }, 'manifest.cron spec.cron'],
      'the 31st of February': [
        { ...daily, cron: '0 0 31 2 *' },
        'manifest.cron_never spec.cron Correct the day of the month, or the month.',
      ],
      'the 31st of short months': [{ ...daily, cron: '0 0 31 4,6,9,11 *' }, 'manifest.cron_never spec.cron'],
      'a zone that is none': [
        { ...daily, timeZone: 'Europe/Berlni' },
        'manifest.time_zone spec.timeZone Did you mean `Europe/Berlin`?',
      ],
      'a zone in small letters': [
        { ...daily, timeZone: 'europe/berlin' },
        'manifest.time_zone spec.timeZone Did you mean `Europe/Berlin`?',
      ],
      'an offset': [{ ...daily, timeZone: '+02:00' }, 'manifest.time_zone spec.timeZone'],
      'jitter beyond the next start': [
        { ...daily, cron: '*/5 * * * *', jitter: '5m' },
        'manifest.limit spec.jitter Shorten it, so that starts stay in their order.',
      ],
    },
  });
});
