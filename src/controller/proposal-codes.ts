import type { CodeDoc } from '../manifest/problem.ts';

/** What goes wrong where pawl is to open a pull request, as `pawl explain` prints it. */
export const proposalCodes = {
  'proposal.no_forge': {
    title: 'There is no forge to open a pull request at',
    cause: 'The process that was asked has no way to GitHub, so that nothing would carry the pull request out.',
    cure: 'Set PAWL_GITHUB_APP_ID and PAWL_GITHUB_APP_KEY_FILE, or PAWL_GITHUB_TOKEN_FILE; or leave --pull-request out and commit the files yourself.',
  },
  'proposal.pointless': {
    title: 'A pull request would change nothing',
    cause: 'The branch already says what it was to say, or what it was about is over.',
    cure: 'Nothing has to be done.',
  },
  'proposal.refused': {
    title: 'No edit of the files comes out as what is wanted',
    cause:
      'A value is sensitive, a file cannot be edited without a risk to what else it says, or later changes build on it.',
    cure: 'Make the change by hand, in a pull request of your own.',
  },
  'proposal.too_large': {
    title: 'A pull request would be too large',
    cause: 'It would have more files, or more text, than pawl writes in one pull request.',
    cure: 'Ask for fewer resources at a time.',
  },
  'proposal.path_refused': {
    title: 'A file is not one that pawl writes to',
    cause:
      'The change needs a file outside of the paths of the environment, or one that rules others: pawl.yaml, CODEOWNERS, a folder that begins with a dot.',
    cure: 'Make that change in a pull request of your own.',
  },
  'proposal.dismissed': {
    title: 'A person closed the same pull request',
    cause: 'pawl opened this before, with the same content, and somebody closed it. pawl does not open it again.',
    cure: 'Reopen the pull request yourself, or ask again once something has changed.',
  },
  'proposal.not_seen': {
    title: 'No worker has asked the MCP server',
    cause:
      'A pull request pins what workers found, and none has had the server’s list of tools since it is declared as it is: no worker runs, or the server does not answer.',
    cure: 'Wait a minute after an apply, look at pawl drift, or pin the server from a working copy with pawl mcp pin.',
  },
  'promotion.same': {
    title: 'An environment cannot be promoted to itself',
    cause: 'Both names are the same.',
    cure: 'Name the environment that is promoted first, then the one that it is promoted to.',
  },
  'promotion.nothing_live': {
    title: 'There is nothing to promote',
    cause: 'Nothing was ever applied to the environment that is to be promoted.',
    cure: 'Apply it first: what is promoted is what is live there.',
  },
  'promotion.unknown': {
    title: 'What is to be promoted is not there',
    cause: 'A name after --only is of no resource that is live in the environment that is promoted.',
    cure: 'Take the addresses from `pawl get`.',
  },
  'promotion.unproved': {
    title: 'What is to be promoted has not run',
    cause: 'No run of a system that uses it has ended in the environment that is promoted, since it is as it is there.',
    cure: 'Run it there first, or pass --without-proof: the pull request then says so.',
  },
  'promotion.not_whole': {
    title: 'The other environment would be wrong with it',
    cause: 'Something that the promoted resources name is not there, or their names are taken.',
    cure: 'Promote what they need along with them.',
  },
  'promotion.entangled': {
    title: 'More would be promoted than was named',
    cause: 'What was named stands in one file with other resources that differ too.',
    cure: 'Name the others with --only too, or give each a file of its own.',
  },
  'promotion.no_paths': {
    title: 'The other environment has no files of its own',
    cause: 'All paths of the environment that is promoted to are shared, so that there is nowhere to write to.',
    cure: 'Add a folder of its own to its paths in pawl.yaml.',
  },
} as const satisfies Record<string, CodeDoc>;
