import type { CodeDoc } from '../manifest/problem.ts';

export const controllerCodes = {
  'environment.unknown': {
    title: 'There is no such environment',
    cause: 'pawl.yaml on the branch in question does not declare an environment of that name.',
    cure: 'Check the name against pawl.yaml, or add it there.',
  },
  'environment.none': {
    title: 'No environment is declared',
    cause: 'pawl.yaml has an empty list of environments.',
    cure: 'Declare one under `environments`.',
  },
  'environment.settings_invalid': {
    title: 'pawl.yaml cannot be used',
    cause: 'pawl.yaml is missing from the commit or has errors, so nobody knows what belongs to which environment.',
    cure: 'Run `pawl validate`, correct pawl.yaml and commit it.',
  },
  'git.non_fast_forward': {
    title: 'The branch was rewritten',
    cause: 'The head of the branch does not contain the commit that is live, as after a forced push.',
    cure: 'If the new history is meant, run `pawl plan` and `pawl apply`; the controller goes on from there.',
  },
} as const satisfies Record<string, CodeDoc>;
