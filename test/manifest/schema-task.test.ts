import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';
import { task } from './task-template.ts';

describe('a Task', () => {
  testSchema({
    kind: 'Task',
    accepted: { 'with everything': task, 'with its system alone': { systemRef: 'report' } },
    refused: {
      'no system': [{}, 'manifest.required spec Add `systemRef`.'],
      'a priority of 10': [{ systemRef: 's', priority: 10 }, 'manifest.limit spec.priority From 0 to 9'],
      'a deadline of nothing': [{ systemRef: 's', deadline: '0s' }, 'manifest.format spec.deadline'],
      'an expression as input': [
        { systemRef: 's', input: { a: ['${ payload.x }'] } },
        'manifest.contradiction spec.input.a.0 Write the value itself.',
      ],
      'a pause that shrinks': [
        { systemRef: 's', retry: { backoff: { initial: '2m', max: '1m' } } },
        'manifest.contradiction spec.retry.backoff.initial Lower it, or raise `max`.',
      ],
    },
  });
});
