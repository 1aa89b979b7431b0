import { apply } from '../apply/apply.ts';
import { isPawlError, RetryableError } from '../errors.ts';
import { digest } from '../manifest/digest.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import type { Change, Live, Plan } from '../plan/change.ts';
import { isErrored, isUnchanged } from '../plan/plan.ts';
import { heldBecause, type Withdrawn } from '../plan/quarantine.ts';
import { lastAcknowledgement } from '../store/acknowledgement.ts';
import { recordAttemptOnce } from '../store/attempt.ts';
import { withdrawnCommit } from '../store/quarantine.ts';
import { liveOf, planCommit } from './planning.ts';
import type { ControlPlane } from './planning.ts';

/** What one pass over one environment came to. */
export type Outcome =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'applied'; readonly revision: number; readonly commit: string }
  /** `apply: manual`, or only live moved: a person applies. */
  | { readonly kind: 'waiting'; readonly commit: string; readonly changes: number }
  /** Somebody has to agree to what it newly permits first; it goes on by itself then. */
  | { readonly kind: 'unacknowledged'; readonly commit: string; readonly code: string; readonly message: string }
  | { readonly kind: 'held'; readonly commit: string; readonly code: string; readonly message: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly retryable: boolean };

export interface Pass {
  readonly outcome: Outcome;
  readonly drift: readonly Change[];
}

/** What was looked at when a pass last settled; while none of it moves, there is nothing to do. */
export interface Settled {
  readonly commit: string;
  readonly writes: number;
  readonly revision: number;
  readonly quarantine: number | undefined;
  /** The last acknowledgement that was given, where one more may let it go on. */
  readonly acknowledgement?: number;
}

export interface PassOptions {
  readonly actor: string;
  readonly settled: Settled | undefined;
  /** Looks at every body, whatever the counter of writes says. */
  readonly deep: boolean;
}

export interface PassResult extends Pass {
  /** Undefined: the next tick looks again. */
  readonly settled: Settled | undefined;
}

/**
 * One level-triggered pass: whatever the reason for it, it compares Git with live and makes live what Git says, when
 * it may. What cannot be made live is recorded, and what was live stays.
 */
export async function reconcile(
  plane: ControlPlane,
  settings: EnvironmentSettings,
  options: PassOptions,
): Promise<PassResult> {
  const { repository } = plane;
  const commit = await repository.resolve(settings.branch);
  const live = await liveOf(plane, settings.name, options.deep);
  const { acknowledgement } = options.settled ?? {};
  const now: Settled = {
    commit,
    writes: live.writes,
    revision: live.revision,
    quarantine: live.quarantineWrites,
    // Read before the plan is judged: what is given meanwhile is seen by the next tick.
    ...(acknowledgement === undefined
      ? {}
      : { acknowledgement: await lastAcknowledgement(plane.database.db, settings.name) }),
  };
  if (!options.deep && isSame(options.settled, now)) {
    return { outcome: { kind: 'unchanged' }, drift: [], settled: now };
  }
  if (live.commit !== undefined && !(await isForward(plane, live, commit))) {
    const outcome = held(settings, { live: live.commit, commit });
    await recordRefusal(plane, settings.name, outcome);
    return { outcome, drift: [], settled: now };
  }
  const acknowledged = await lastAcknowledgement(plane.database.db, settings.name);
  const planned = await planCommit(plane, { settings, commit });
  const [first, ...others] = planned.quarantined ?? [];
  if (first !== undefined) {
    const outcome = heldBack(settings, commit, [first, ...others]);
    await recordRefusal(plane, settings.name, outcome);
    return { outcome, drift: planned.drift, settled: now };
  }
  const outcome = await act(plane, { settings, planned, options });
  const after = settledAfter(outcome, now, acknowledged);
  return { outcome, drift: planned.drift, settled: after };
}

export function isSame(settled: Settled | undefined, now: Settled): boolean {
  return (
    settled?.commit === now.commit &&
    settled.writes === now.writes &&
    settled.revision === now.revision &&
    settled.quarantine === now.quarantine &&
    settled.acknowledgement === now.acknowledgement
  );
}

function settledAfter(outcome: Outcome, now: Settled, acknowledgement: number): Settled | undefined {
  if (outcome.kind === 'applied') return undefined;
  const { acknowledgement: _before, ...same } = now;
  return outcome.kind === 'unacknowledged' ? { ...same, acknowledgement } : same;
}

interface Acting {
  readonly settings: EnvironmentSettings;
  readonly planned: Plan;
  readonly options: PassOptions;
}

async function act(plane: ControlPlane, { settings, planned, options }: Acting): Promise<Outcome> {
  const { commit } = planned.target;
  // Recorded by apply, which refuses it; here it would only be refused in other words.
  const mayApply = settings.apply === 'auto' && (isErrored(planned) || movedByGit(planned));
  if (!isUnchanged(planned) && !mayApply) return { kind: 'waiting', commit, changes: planned.changes.length };
  try {
    const applied = await apply(plane.database, planned, options.actor);
    if (applied.outcome === 'unchanged') return { kind: 'unchanged' };
    return { kind: 'applied', revision: applied.revision, commit };
  } catch (error) {
    if (isPawlError(error) && error.code === 'plan.unacknowledged') {
      return { kind: 'unacknowledged', commit, code: error.code, message: firstLine(error.message) };
    }
    return failed(error);
  }
}

/** Drift alone is for a person: the controller alerts, and undoes a hand's edit only along with a new commit. */
function movedByGit(planned: Plan): boolean {
  if (planned.changes.length === 0) return true;
  return planned.changes.some(({ class: kind }) => kind === 'pending' || kind === 'converged' || kind === 'recompiled');
}

function held(
  settings: EnvironmentSettings,
  moved: { readonly live: string; readonly commit: string },
): Outcome & { kind: 'held' } {
  const { live, commit } = moved;
  return {
    kind: 'held',
    commit,
    code: 'git.non_fast_forward',
    message: `${settings.branch} @ ${commit.slice(0, 7)} does not contain ${live.slice(0, 7)}, which is live. Run pawl plan and pawl apply if that is meant.`,
  };
}

/** A rollback withdrew something that the branch still holds: a later commit on top of the bad one does too. */
function heldBack(
  settings: EnvironmentSettings,
  commit: string,
  held: readonly [Withdrawn, ...Withdrawn[]],
): Outcome & { kind: 'held' } {
  return {
    kind: 'held',
    commit,
    code: 'plan.quarantined',
    message: `${settings.branch} @ ${commit.slice(0, 7)} is held: ${heldBecause(held)}. Revert it in Git, or lift it with pawl quarantine release.`,
  };
}

/** Live's own commit; after a rollback the one that was withdrawn will do too, as history may have been rewritten between. */
async function isForward({ repository, database }: ControlPlane, live: Live, commit: string): Promise<boolean> {
  if (live.commit === undefined || (await repository.isAncestor(live.commit, commit))) return true;
  const withdrawn = await withdrawnCommit(database.db, live.environment);
  return withdrawn !== undefined && (await repository.isAncestor(withdrawn, commit));
}

async function recordRefusal(
  plane: ControlPlane,
  environment: string,
  outcome: Outcome & { kind: 'held' },
): Promise<void> {
  const { commit, code, message } = outcome;
  await recordAttemptOnce(plane.database.db, {
    environment,
    commit_id: commit,
    outcome: 'refused',
    code,
    message,
    revision: null,
  });
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

export function failed(error: unknown): Outcome & { kind: 'failed' } {
  return {
    kind: 'failed',
    code: isPawlError(error) ? error.code : 'internal.unexpected',
    message: error instanceof Error ? error.message : String(error),
    retryable: error instanceof RetryableError || !isPawlError(error) || error.code === 'plan.stale',
  };
}

/** The same drift gives the same fingerprint, so that it is told once. */
export function fingerprint(drift: readonly Change[]): string | undefined {
  if (drift.length === 0) return undefined;
  return digest(
    drift.map((change) => [change.address, change.class, change.beforeDigest ?? null, change.afterDigest ?? null]),
  );
}
