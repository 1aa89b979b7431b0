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
  'environment.claimed': {
    title: 'The environment is another repository’s',
    cause: 'Another repository declared an environment of this name first, and one database holds both.',
    cure: 'Give it another name, or run `pawl sync claim` where it has moved to this repository.',
  },
  'sync.timed_out': {
    title: 'A pass over the environment took too long',
    cause: 'Reading the repository, planning or the database took longer than a pass may.',
    cure: 'Look at what the environment holds and at the load of the machine; the controller tries again by itself.',
  },
  'revision.unknown': {
    title: 'There is no such revision',
    cause: 'The environment has no revision of that number, or none was applied by that time.',
    cure: 'Take a number from `pawl history`.',
  },
  'revision.incomplete': {
    title: 'The store no longer holds all of the revision',
    cause: 'What the history says that the revision held does not add up to the root that was recorded with it.',
    cure: 'Choose a newer revision, restore the database from a backup, or revert the commit in Git.',
  },
  'quarantine.empty': {
    title: 'There is nothing of it in the quarantine',
    cause: 'What was named was never withdrawn by a rollback, or is released by now.',
    cure: 'Look at `pawl quarantine list`.',
  },
  'diff.invalid': {
    title: 'One side of the comparison has errors',
    cause: 'With less in it than its files hold, what is missing would look removed.',
    cure: 'Correct what `pawl validate` reports, and compare again.',
  },
  'git.signature': {
    title: 'A commit is not signed by somebody whose signature counts',
    cause:
      'The environment requires signatures, and a commit after the one that is live has none, or one that is bad, expired, revoked or of a stranger; or nothing is here to verify it with.',
    cure: 'Do what the message says: sign the commit and push again, or install what is missing. Nothing else lets it through.',
  },
  'git.non_fast_forward': {
    title: 'The branch was rewritten',
    cause: 'The head of the branch does not contain the commit that is live, as after a forced push.',
    cure: 'If the new history is meant, run `pawl plan` and `pawl apply`; the controller goes on from there.',
  },
} as const satisfies Record<string, CodeDoc>;
