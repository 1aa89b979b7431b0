import type { CodeDoc } from '../manifest/problem.ts';

/** Why a job of GitHub Actions gets no plan. */
export const actionsCodes = {
  'actions.refused': {
    title: 'The token of the job is not one that is taken here',
    cause:
      'It is not of the configured issuer, audience, repository or event, not in its time, or was used before; the server’s log says which.',
    cure: 'Compare the workflow with docs/github-action.md, and PAWL_ACTIONS_AUDIENCE and PAWL_ACTIONS_REPOSITORY_ID of the server.',
  },
  'actions.other_commit': {
    title: 'The job asks for another commit than its own',
    cause: 'The token says which commit the workflow runs for, and the request names another.',
    cure: 'Leave GITHUB_SHA as the runner sets it.',
  },
  'actions.commit_gone': {
    title: 'The commit of the job is no longer where it was',
    cause:
      'The branch was force-pushed or deleted, the pull request got new commits, or its head is not a branch of this repository.',
    cure: 'Nothing, if a newer run is on its way; else run the workflow again.',
  },
  'actions.flood': {
    title: 'Too many requests for plans',
    cause: 'The address asked for more plans than a repository’s jobs need.',
    cure: 'Wait; the action tries again.',
  },
} as const satisfies Record<string, CodeDoc>;
