import type { CodeDoc } from '../manifest/problem.ts';

export const planCodes = {
  'plan.body_missing': {
    title: 'The stored content of a resource is gone',
    cause: 'A plan compares contents by digest, and the content of one digest could not be read from the store.',
    cure: 'Restore the database from a backup, or put the row right by hand and plan again.',
  },
  'rename.occupied': {
    title: 'Renamed onto a name that is live',
    cause: '`renamedFrom` asks for a move, and live holds a resource under the new name as well as under the old one.',
    cure: 'Remove the one that is live in a commit of its own, or remove `renamedFrom`.',
  },
} as const satisfies Record<string, CodeDoc>;
