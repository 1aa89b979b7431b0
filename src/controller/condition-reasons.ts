import type { ConditionType } from '../store/condition.ts';

/** Why a condition is as it is, each with what it means: words that scripts and alerts may rely on. */
export const conditionReasons = {
  SourceReady: {
    Ready: 'The branch, its pawl.yaml and its files were read.',
    Unheard: 'They were read, and webhooks of the repository do not arrive: commits are found by polls alone.',
    BranchMissing: 'The branch that pawl.yaml names is not in the repository.',
    SettingsInvalid: 'pawl.yaml is missing, has errors, or does not name the environment.',
    Claimed: 'Another repository declared an environment of this name first.',
    Unreachable: 'The repository does not answer; it is asked again.',
    Refused: 'The repository holds something that is never read, or refuses to be read.',
  },
  Planned: {
    Planned: 'The commit was compared with live.',
    Invalid: 'The commit has errors, so that nothing of it is applied.',
    Conflict: 'Git and a hand changed the same resource apart.',
    Unsupported: 'The commit needs a part that this build lacks.',
    TimedOut: 'Planning took too long and was given up; it is tried again.',
    Superseded: 'A newer commit came while this one was planned.',
    Failed: 'Planning failed; it is tried again, less and less often.',
  },
  Gated: {
    Passed: 'Nothing holds the commit back, or everybody has agreed who must.',
    Unacknowledged: 'Risks or guards wait for somebody to acknowledge them.',
    NotAsReviewed: 'What would be applied is not what the pull requests showed; somebody has to acknowledge it.',
    NonFastForward: 'The branch does not contain the commit that is live, as after a forced push.',
    Quarantined: 'The commit holds what a rollback withdrew.',
    SignatureMissing: 'A commit since the one that is live is not signed by an allowed signer.',
    Held: 'A rule holds the commit back; the message says which.',
  },
  Applied: {
    Applied: 'What the commit says is live.',
    ManualApply: 'The environment is applied by people; somebody runs pawl apply.',
    Suspended: 'Sync is suspended; it goes on when somebody resumes it, or its time is over.',
    OutsideWindow: 'No window is open; it is applied when the next one opens.',
    Blocked: 'An earlier stage did not pass.',
    Failed: 'Applying failed, and what was live stayed.',
  },
  Healthy: {
    Healthy: 'Workers have the revision, and its runs fail no more often than they may.',
    Observing: 'The time of observation after the apply is not over.',
    NoRuns: 'Too few runs ended since the apply to say more than that workers are there.',
    NoWorkers: 'A pool that systems of the environment need has no worker.',
    ErrorRate: 'More runs of the revision failed than may.',
    RolledBack: 'More runs of the revision failed than may, and the environment was rolled back.',
    NothingApplied: 'Nothing was ever applied.',
  },
  Drifted: {
    InSync: 'Live is what the revision says.',
    OutOfBand: 'Live is not what the revision says; look at pawl drift.',
    HealingStopped: 'Something keeps undoing what is healed; a person has to look.',
    PinsMoved: 'An MCP server offers other tools than were pinned; those are not called.',
    OutsideFailing: 'Workers cannot reach or read something that runs need.',
  },
} as const satisfies Record<ConditionType, Readonly<Record<string, string>>>;

export type ReasonOf<Type extends ConditionType> = keyof (typeof conditionReasons)[Type] & string;
