import type { CodeDoc } from '../manifest/problem.ts';

/** What can go wrong in a step of GitHub Actions. */
export const actionCodes = {
  'action.base_missing': {
    title: 'The checkout does not hold the commit that the plan compares with',
    cause: 'actions/checkout fetches one commit unless it is told otherwise, and the base is not it.',
    cure: 'Set `fetch-depth: 2` for pull requests, or `fetch-depth: 0`, on the actions/checkout step.',
  },
  'action.base_unknown': {
    title: 'Nothing says which commit to compare with',
    cause: 'The event that started the workflow has no base, and the step named none.',
    cure: 'Set the input `base`, or the input `server` to compare with what is live.',
  },
  'action.event_refused': {
    title: 'The event is one that pawl does not ask a server for',
    cause: 'With pull_request_target a workflow has the rights of the base while it looks at what a stranger wrote.',
    cure: 'Run the workflow on `pull_request`; a fork is then planned by Git alone.',
  },
  'action.event_unreadable': {
    title: 'The event of the workflow cannot be read',
    cause: 'The file that GITHUB_EVENT_PATH names is missing, too large or not JSON.',
    cure: 'Run the step on a runner of GitHub Actions, or unset GITHUB_EVENT_PATH.',
  },
  'action.identity_missing': {
    title: 'The job may not prove what it is',
    cause: 'The server wants an OIDC token of the job, and the job has no permission to ask for one.',
    cure: 'Add `permissions: { id-token: write, contents: read }` to the job.',
  },
  'action.identity_failed': {
    title: 'GitHub gave no OIDC token',
    cause: 'The runner’s token service did not answer as it should.',
    cure: 'Run the job again; if it stays, look at https://www.githubstatus.com.',
  },
  'action.output_failed': {
    title: 'An answer could not be written for the steps that follow',
    cause: 'A file that the runner named, or its temporary folder, cannot be written.',
    cure: 'Look at the free space and the permissions of the runner.',
  },
  'action.server_failed': {
    title: 'The server gave no plan',
    cause: 'The pawl at the input `server` cannot be reached or did not answer as it should.',
    cure: 'Check the address and that `pawl serve` runs there.',
  },
} as const satisfies Record<string, CodeDoc>;
