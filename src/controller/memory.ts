import type { Standing } from '../store/sync.ts';
import type { Outcome, PassResult } from './reconcile.ts';

/** What was looked at when a pass last settled; while none of it moves, there is nothing to do. */
interface Settled
  extends Pick<Standing, 'revision' | 'writes' | 'quarantineWrites' | 'isSuspended' | 'isOverrideDue' | 'repository'> {
  readonly commit: string;
  /** The last acknowledgement that was given, where one more may let it go on. */
  readonly acknowledgement?: number;
}

/** What a controller remembers of an environment between two ticks; losing it costs a pass. */
export interface Memory {
  settled: Settled | undefined;
  /** When every body is looked at again. Times are of the controller's clock. */
  deepAt: number;
  /** When something begins that nobody tells of: a window opens. */
  wakeAt: number | undefined;
  /** Passes in a row that failed and may succeed another time. */
  failures: number;
  /** Until then a failure is left alone, unless something moves. */
  retryAt: number;
  /** Passes in a row that a newer commit overtook. */
  overtaken: number;
  /** The head of the branch that was last looked at. */
  commit: string | undefined;
  /** When a head was found of which it is not clear yet whether the forge told. */
  foundAt: number | undefined;
  /** Of the last commit that was found, the forge told nothing. */
  isUnheard: boolean;
  /** Fingerprints of what was said last, so that it is said once. */
  drift: string | undefined;
  failure: string | undefined;
  override: string | undefined;
  isHealingStopped: boolean;
  /** The repository did not answer when it was last asked: that is said, and nothing else has moved for it. */
  isAway: boolean;
}

export function freshMemory(): Memory {
  return {
    settled: undefined,
    deepAt: 0,
    wakeAt: undefined,
    failures: 0,
    retryAt: 0,
    overtaken: 0,
    commit: undefined,
    foundAt: undefined,
    isUnheard: false,
    drift: undefined,
    failure: undefined,
    override: undefined,
    isHealingStopped: false,
    isAway: false,
  };
}

/** Whether there is any reason to look. What was asked for and a new commit also end the wait after a failure. */
export function isDue(memory: Memory, standing: Standing, { commit, now }: { commit: string; now: number }): boolean {
  if (standing.wanted > standing.handled || memory.commit !== commit) return true;
  if (now < memory.retryAt) return false;
  if (now >= memory.deepAt || (memory.wakeAt !== undefined && now >= memory.wakeAt)) return true;
  const { settled } = memory;
  return settled === undefined || !isSame(settled, { ...standing, commit });
}

function isSame(settled: Settled, now: Settled): boolean {
  return (
    settled.commit === now.commit &&
    settled.repository === now.repository &&
    settled.revision === now.revision &&
    settled.writes === now.writes &&
    settled.quarantineWrites === now.quarantineWrites &&
    settled.isSuspended === now.isSuspended &&
    settled.isOverrideDue === now.isOverrideDue &&
    (settled.acknowledgement === undefined || settled.acknowledgement === now.acknowledgement)
  );
}

/** What the pass came to, for the next tick. Everything of `standing` was read before the pass began. */
export function settle(memory: Memory, standing: Standing, { outcome, commit, plan }: PassResult): void {
  memory.commit = commit;
  memory.overtaken = outcome.kind === 'superseded' ? memory.overtaken + 1 : 0;
  // What a forge answers moves no row of the environment.
  const isUnanswered = plan?.guards.some(({ id }) => id === 'review.unanswered') === true;
  if (isOpen(outcome) || isUnanswered) {
    memory.settled = undefined;
    return;
  }
  const { environment: _environment, wanted: _wanted, handled: _handled, nowMs: _nowMs, ...facts } = standing;
  const { isUnready: _isUnready, ...seen } = facts;
  const { acknowledgement, ...same } = { ...seen, commit };
  // An override that could not be taken back waits, as a risk does, for somebody's word, or for the end of a suspension.
  const isOverrideDue = memory.override !== undefined || (same.isSuspended && same.isOverrideDue);
  const waits = outcome.kind === 'unacknowledged' || isOverrideDue;
  memory.settled = {
    ...same,
    isOverrideDue,
    revision: outcome.kind === 'applied' ? outcome.revision : same.revision,
    ...(waits ? { acknowledgement } : {}),
  };
}

/** The next tick looks again, whatever moved. */
function isOpen(outcome: Outcome): boolean {
  if (outcome.kind === 'failed') return outcome.retryable;
  return outcome.kind === 'superseded' || outcome.kind === 'elsewhere';
}
