import type { CodeDoc } from '../manifest/problem.ts';

export const planCodes = {
  'plan.body_missing': {
    title: 'The stored content of a resource is gone',
    cause: 'A plan compares contents by digest, and the content of one digest could not be read from the store.',
    cure: 'Restore the database from a backup, or put the row right by hand and plan again.',
  },
} as const satisfies Record<string, CodeDoc>;
