import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { mapped } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { durationText } from '../go-duration.ts';
import { orlojMetadata, orlojVersions } from './orloj-metadata.ts';
import { taskFields } from './task-fields.ts';
import { startedTask, startedTaskRules } from './started-task.ts';
import { refuseExpressions } from './task-template.ts';

/** Starts a task at set times. */
export const taskSchedule: ForeignKind = {
  kind: 'TaskSchedule',
  apiVersions: orlojVersions,
  fields: {
    ...orlojMetadata,
    'spec.task_ref': mapped('string', '`TaskSchedule.spec.taskRef`'),
    ...taskFields('spec.task_template', 'TaskSchedule.spec.task'),
    'spec.schedule': mapped({ type: 'string', required: true, minLength: 1 }, '`TaskSchedule.spec.cron`'),
    'spec.time_zone': mapped('string', '`TaskSchedule.spec.timeZone`'),
    'spec.suspend': mapped('boolean', '`TaskSchedule.spec.suspend`'),
    'spec.starting_deadline_seconds': mapped({ type: 'integer', min: 0 }, '`TaskSchedule.spec.startingDeadline`'),
    'spec.concurrency_policy': mapped({ type: 'string', enum: ['forbid'] }, '`TaskSchedule.spec.concurrency`'),
    'spec.successful_history_limit': mapped({ type: 'integer', min: 0 }, '`TaskSchedule.spec.historyLimits.succeeded`'),
    'spec.failed_history_limit': mapped({ type: 'integer', min: 0 }, '`TaskSchedule.spec.historyLimits.failed`'),
  },
  rules: startedTaskRules,
  fate: { fate: 'mapped', becomes: 'TaskSchedule', convert },
};

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const cron = spec.get('schedule').text()?.trim().split(/\s+/).join(' ');
  spec.get('concurrency_policy').text();
  refuseExpressions(spec.get('task_template'));
  conversion.become(
    document,
    given({
      ...startedTask(document, conversion),
      cron,
      timeZone: spec.get('time_zone').text(),
      suspend: spec.get('suspend').boolean(),
      startingDeadline: deadlineOf(spec.get('starting_deadline_seconds')),
      concurrency: 'forbid',
      historyLimits: {
        succeeded: historyOf(spec.get('successful_history_limit'), 10),
        failed: historyOf(spec.get('failed_history_limit'), 3),
      },
    }),
  );
}

const deadlineDefault = '5m';
const daysMax = 7;

function deadlineOf(node: ForeignNode): string {
  const seconds = node.number() ?? 0;
  if (seconds === 0) return deadlineDefault;
  if (seconds > daysMax * 86_400) node.flag('import.stricter', `A time is made up for ${daysMax} days later at most.`);
  return durationText(Math.min(seconds, daysMax * 86_400) * 1000) ?? deadlineDefault;
}

const historyMax = 1_000;

function historyOf(node: ForeignNode, absent: number): number {
  return Math.min(node.number() ?? absent, historyMax);
}
