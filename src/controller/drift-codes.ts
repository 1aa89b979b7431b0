import type { CodeDoc } from '../manifest/problem.ts';

/** What goes wrong where live is not what its revision says, as `pawl explain` prints it. */
export const driftCodes = {
  'drift.moved': {
    title: 'The rows moved while they were being put back',
    cause: 'Somebody changed a row, or applied a revision, after the drift was looked at.',
    cure: 'Look at `pawl drift` again, and heal what it shows then.',
  },
  'drift.fight': {
    title: 'Something keeps undoing what pawl puts back',
    cause: 'The controllers put rows back five times within a minute, and each time they were changed again.',
    cure: 'Find out who writes there (`pawl drift` names them) and stop that, then run `pawl drift heal --resume`.',
  },
  'drift.unknown': {
    title: 'That resource has not drifted',
    cause: 'A command about drift named a resource whose row is what the revision says, or that there is none of.',
    cure: 'Look at `pawl drift`: it lists the addresses.',
  },
  'drift.uncommitted': {
    title: 'The file has uncommitted changes',
    cause:
      'Accepting drift would edit a file that is not as it was committed, so that nobody could tell the two edits apart.',
    cure: 'Commit or stash the file first, or pass `--allow-dirty`.',
  },
  'drift.not_written': {
    title: 'Drift could not be accepted into a file',
    cause: 'The file lies behind a link, outside the repository, or was changed while it was being edited.',
    cure: 'Write the live value into the manifest by hand; `pawl drift` shows it.',
  },
  'drift.no_working_copy': {
    title: 'There are no files to write to',
    cause: 'Drift is accepted into manifests of a working copy, and the command was typed outside of one.',
    cure: 'Run the command inside a clone of the repository.',
  },
  'override.refused': {
    title: 'The override cannot be set',
    cause:
      'It lacks a reason, lasts too long, touches what is secret, changes nothing, or does not fit what is live: an override is checked as a commit would be.',
    cure: 'Do what the message asks for; what is needed for longer than seven days is a commit.',
  },
  'override.unknown': {
    title: 'There is no such override',
    cause: 'No override of that id is in force in the environment: it has ended, or there never was one.',
    cure: 'Look at `pawl override list`.',
  },
} as const satisfies Record<string, CodeDoc>;
