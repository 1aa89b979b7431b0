import type { CodeDoc } from '../manifest/problem.ts';

/** Why a plan was not applied, as `pawl explain` prints it. */
export const applyCodes = {
  'plan.stale': {
    title: 'Live has moved since the plan was made',
    cause: 'Another apply, or a hand, changed what this plan was compared with.',
    cure: 'Run `pawl plan` again, look at it, and apply that.',
  },
  'sync.suspended': {
    title: 'Sync is suspended',
    cause: 'Somebody suspended the environment, so that no controller changes anything of it.',
    cure: 'Run `pawl sync resume` when it may go on; people apply and roll back all the same.',
  },
  'plan.conflict': {
    title: 'Git and a hand changed the same resource apart',
    cause: 'A row was edited behind pawl, and the commit changes the same resource to something else.',
    cure: 'Put the row back, or bring the manifest and the row to the same content, and plan again.',
  },
  'plan.invalid': {
    title: 'The plan has errors',
    cause: 'The commit that the plan was made for holds mistakes, so nothing of it is applied.',
    cure: 'Correct what `pawl validate` reports, commit, and plan again.',
  },
  'plan.unsupported': {
    title: 'The plan needs what this build lacks',
    cause: 'The manifests are right, and a kind, a field or a value in them belongs to a part that this build lacks.',
    cure: 'Remove what `pawl validate` marks `manifest.unsupported`, or apply with a build that has the part.',
  },
  'plan.uncommitted': {
    title: 'Uncommitted files cannot be applied',
    cause: 'The plan was made for a working copy, and only commits go live.',
    cure: 'Commit the files and plan the commit.',
  },
  'plan.unacknowledged': {
    title: 'What the plan newly permits, spends or reaches waits for somebody to agree',
    cause:
      'The plan has risks, or a guard refuses it, and not everybody has acknowledged them who must. Approving the apply, with --auto-approve too, acknowledges nothing.',
    cure: 'Look at `pawl plan`; whoever may acknowledge runs `pawl ack <id> --plan <digest>`, or applies with `--ack <id>`.',
  },
  'plan.quarantined': {
    title: 'The commit holds what a rollback withdrew',
    cause: 'A rollback took these contents out, and the commit, or the revision that is asked for, holds them still.',
    cure: 'Revert them in Git; or look at `pawl quarantine list`, and lift it with `pawl quarantine release` and a reason.',
  },
  'ack.unknown': {
    title: 'The plan has no such risk or guard',
    cause: 'An id was acknowledged that the plan does not show, or that is a notice and needs nobody.',
    cure: 'Take the ids from `pawl plan`.',
  },
  'ack.not_allowed': {
    title: 'It is not for this person to acknowledge',
    cause:
      'The rules that are live name groups or users for this risk, and whoever asks is not provably one of them; or nothing can be acknowledged there.',
    cure: 'Ask one of those whom the message names. On the command line only names count, not teams or claims.',
  },
  'ack.four_eyes': {
    title: 'Whoever brought a change does not acknowledge it',
    cause:
      'Whoever asks has opened the pull request that brings this, has pushed to it, or has merged it before they asked, as GitHub says.',
    cure: 'Ask somebody else of those who may acknowledge it.',
  },
  'apply.root_mismatch': {
    title: 'The rows do not add up to what was planned',
    cause:
      'A row beside those of the plan was changed, added or removed behind pawl, so the result would not be the commit.',
    cure: 'Look at `pawl drift`, then run `pawl plan` again: it shows that row too.',
  },
} as const satisfies Record<string, CodeDoc>;
