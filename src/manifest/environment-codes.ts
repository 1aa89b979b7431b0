import type { CodeDoc } from './problem.ts';

/** What an environment's paths, patches and owners can have wrong. */
export const environmentCodes = {
  'patch.strategy': {
    title: 'Not a way to patch',
    cause: 'The annotation `pawl/patch` has a value other than `merge`.',
    cure: 'Write `pawl/patch: merge`.',
  },
  'patch.identity': {
    title: 'Patch of the identity',
    cause: 'A patch removes or changes the name or namespace by which it is found.',
    cure: 'Rename the manifest that is patched, and write its identity here.',
  },
  'patch.no_base': {
    title: 'Patch of nothing',
    cause: 'No document without `pawl/patch` declares this kind, namespace and name.',
    cure: 'Correct the identity, or declare the resource in an earlier path of the environment.',
  },
  'patch.order': {
    title: 'Patch beside or before what it patches',
    cause: 'A patch is merged into a document of an earlier path of the environment, and this one is not earlier.',
    cure: 'Order `paths` in pawl.yaml so that the base comes first, or change the manifest itself.',
  },
  'patch.twice': {
    title: 'Two patches in one path',
    cause: 'Which of the two would win depends on nothing that an author can see.',
    cure: 'Join them in one patch.',
  },
} as const satisfies Record<string, CodeDoc>;
