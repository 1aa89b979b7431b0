import type { CodeDoc } from '../manifest/problem.ts';

export const auditCodes = {
  'audit.anchor_remote': {
    title: 'The anchor cannot be pushed to a remote repository',
    cause: 'An anchor is a commit under `refs/pawl/audit/`, and this build writes it to local repositories alone.',
    cure: 'Print it with `pawl audit anchor --print`, keep it out of the database’s reach, and verify with `--anchor FILE`.',
  },
  'audit.anchor_missing': {
    title: 'There is no anchor to hold the record against',
    cause: 'The repository has no commit under `refs/pawl/audit/` for the environment.',
    cure: 'Write one with `pawl audit anchor`, or name a file with `--anchor FILE`.',
  },
  'audit.anchor_invalid': {
    title: 'This is no anchor',
    cause: 'The text is not the JSON that `pawl audit anchor` wrote.',
    cure: 'Give the file or the ref as it was written.',
  },
  'audit.empty': {
    title: 'There is nothing to anchor yet',
    cause: 'The environment’s chain has no link: no run was recorded in it, and nobody did anything.',
    cure: 'Run something, and anchor then.',
  },
  'audit.cursor_invalid': {
    title: 'The export cannot go on from there',
    cause: 'A cursor is the number that an exported line has under `cursor`.',
    cure: 'Take it from the last line that arrived, or leave it out to begin anew.',
  },
  'why.unknown_call': {
    title: 'The run has no such call',
    cause: 'Neither the journal nor the record of the run holds a decision on a call of that path.',
    cure: 'Take the path from `pawl trace`; a further attempt has `~2` behind it.',
  },
} as const satisfies Record<string, CodeDoc>;
