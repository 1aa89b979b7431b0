import type { CodeDoc } from '../manifest/problem.ts';

export const planCodes = {
  'plan.conflict': {
    title: 'Git and live both moved a resource, to different things',
    cause:
      'Somebody changed the row behind pawl after the last apply, and the commit changes the same resource to something else. Applying the commit would lose what was changed by hand without anybody having decided so.',
    cure: 'Write the value that live holds into the manifest, or put the row back to what the last revision says (apply the commit of that revision again), then plan again.',
  },
  'plan.body_missing': {
    title: 'The stored content of a resource is gone',
    cause: 'A plan compares contents by digest, and the content of one digest could not be read from the store.',
    cure: 'Restore the database from a backup, or put the row right by hand and plan again.',
  },
} as const satisfies Record<string, CodeDoc>;
