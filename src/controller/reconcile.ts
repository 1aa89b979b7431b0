import { apply } from '../apply/apply.ts';
import { isPawlError, RetryableError } from '../errors.ts';
import { digest } from '../manifest/digest.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import type { Change, Live, Plan } from '../plan/change.ts';
import { isErrored, isUnchanged } from '../plan/plan.ts';
import { heldBecause, type Withdrawn } from '../plan/quarantine.ts';
import { windowState } from './window.ts';
import { recordAttemptOnce } from '../store/attempt.ts';
import { withdrawnCommit } from '../store/quarantine.ts';
import { settingsOfHead, type SettingsReading } from './environments.ts';
import { liveOf, planCommit } from './planning.ts';
import type { ControlPlane } from './planning.ts';
import { signatureHold } from './signatures.ts';

/** What one pass over one environment came to. */
export type Outcome =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'applied'; readonly revision: number; readonly commit: string }
  /** `apply: manual`, or only live moved: a person applies. */
  | { readonly kind: 'waiting'; readonly commit: string; readonly changes: number }
  /** Sync is suspended: what would be done is known and not done. */
  | { readonly kind: 'suspended'; readonly commit: string; readonly changes: number }
  /** No window is open; it goes on by itself when one opens. */
  | { readonly kind: 'closed'; readonly commit: string; readonly opensAt: Date | undefined; readonly deniedBy?: string }
  /** A newer commit came while this one was planned: the next pass takes that. */
  | { readonly kind: 'superseded'; readonly commit: string; readonly by: string }
  /** Another controller, or an earlier pass of this one, is at it. */
  | { readonly kind: 'elsewhere' }
  /** Somebody has to agree to what it newly permits first; it goes on by itself then. */
  | { readonly kind: 'unacknowledged'; readonly commit: string; readonly code: string; readonly message: string }
  | {
      readonly kind: 'held';
      readonly commit: string;
      readonly code: string;
      readonly message: string;
      /** What holds it is nowhere in Git or in rows, so that nothing tells when it is gone. */
      readonly looksAgain?: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly retryable: boolean;
      readonly commit?: string;
    };

export interface PassOptions {
  readonly actor: string;
  /** Looks at every body, whatever the counter of writes says. */
  readonly deep: boolean;
  readonly isSuspended: boolean;
  /** By the database's clock. */
  readonly now: Date;
  /** A newer commit goes first; not where that has been so again and again. */
  readonly givesWay: boolean;
  /** Aborted when the pass has taken too long: it changes nothing from then on. */
  readonly signal: AbortSignal;
}

export interface PassResult {
  readonly outcome: Outcome;
  /** The head of the branch that was looked at. */
  readonly commit: string;
  /** Undefined: it did not come to a plan. */
  readonly plan: Plan | undefined;
  /** What live is not as the revision says; undefined: nobody looked. */
  readonly drift: readonly Change[] | undefined;
  /** Absent: nothing was planned, or applied. */
  readonly planMs?: number;
  readonly applyMs?: number;
}

/**
 * One level-triggered pass: whatever the reason for it, it compares Git with live and makes live what Git says, when
 * it may. What cannot be made live is recorded, and what was live stays.
 */
export async function reconcile(
  plane: ControlPlane,
  reading: SettingsReading,
  options: PassOptions,
): Promise<PassResult> {
  const { repository } = plane;
  const live = await liveOf(plane, reading.name, options.deep);
  const { commit, isAhead } = await headOf(plane, reading.settings, live);
  if (live.commit !== undefined && !isAhead) {
    const outcome = held(reading.settings, { live: live.commit, commit });
    await recordRefusal(plane, reading.name, outcome);
    return { outcome, commit, plan: undefined, drift: undefined };
  }
  const settings = await settingsOfHead(repository, reading, commit);
  const begun = performance.now();
  const planned = await planCommit(plane, { settings, commit });
  const result = { commit, plan: planned, drift: planned.drift, planMs: performance.now() - begun };
  // Somebody applied meanwhile: that the commit is ahead of live was said of what is live no more.
  if (planned.base.revision !== live.revision) return { ...result, outcome: failed(overtaken(settings), commit) };
  const newer = options.givesWay ? await repository.resolve(settings.branch) : commit;
  if (newer !== commit) {
    const outcome = { kind: 'superseded', commit, by: newer } as const;
    await recordSuperseded(plane, settings, outcome);
    return { ...result, outcome };
  }
  const [first, ...others] = planned.quarantined ?? [];
  if (first !== undefined) {
    const outcome = heldBack(settings, commit, [first, ...others]);
    await recordRefusal(plane, settings.name, outcome);
    return { ...result, outcome };
  }
  const unsigned = await signatureHold(plane, { settings, live, commit });
  if (unsigned !== undefined) {
    const { code, message, reason } = unsigned;
    const outcome = { kind: 'held', commit, code, message, looksAgain: reason === 'forge-unprotected' } as const;
    await recordRefusal(plane, settings.name, outcome);
    return { ...result, outcome };
  }
  options.signal.throwIfAborted();
  const ready = performance.now();
  const outcome = await act(plane, { settings, live, planned, options });
  return { ...result, outcome, ...(outcome.kind === 'applied' ? { applyMs: performance.now() - ready } : {}) };
}

interface Acting {
  readonly settings: EnvironmentSettings;
  readonly live: Live;
  readonly planned: Plan;
  readonly options: PassOptions;
}

async function act(plane: ControlPlane, acting: Acting): Promise<Outcome> {
  const { settings, planned, options } = acting;
  const { commit } = planned.target;
  // Recorded by apply, which refuses it; here it would only be refused in other words.
  const mayApply = settings.apply === 'auto' && (isErrored(planned) || movedByGit(planned));
  if (!isUnchanged(planned) && !mayApply) return { kind: 'waiting', commit, changes: planned.changes.length };
  const waiting = isErrored(planned) ? undefined : waitingOf(acting);
  if (waiting !== undefined) return waiting;
  try {
    const applied = await apply(plane.database, planned, { by: options.actor, isAutomatic: true });
    if (applied.outcome === 'unchanged') return { kind: 'unchanged' };
    return { kind: 'applied', revision: applied.revision, commit };
  } catch (error) {
    if (!isPawlError(error)) return failed(error, commit);
    if (error.code === 'plan.unacknowledged') {
      return { kind: 'unacknowledged', commit, code: error.code, message: firstLine(error.message) };
    }
    // It came between the look at the row and the apply.
    if (error.code === 'sync.suspended') return { kind: 'suspended', commit, changes: planned.changes.length };
    return failed(error, commit);
  }
}

/** What keeps a plan that may go live from going live now. A commit that changes nothing needs no window. */
function waitingOf({ settings, live, planned, options }: Acting): Outcome | undefined {
  const { commit } = planned.target;
  const isQuiet = isUnchanged(planned) && planned.risks.length === 0;
  if (options.isSuspended) {
    if (isQuiet && live.commit === commit) return { kind: 'unchanged' };
    return { kind: 'suspended', commit, changes: planned.changes.length };
  }
  if (isQuiet) return undefined;
  const state = windowState(windowsOf(settings, live), options.now);
  if (state.isOpen) return undefined;
  const { isOpen: _isOpen, ...closed } = state;
  return { kind: 'closed', commit, ...closed };
}

/** Those that live says, so that a commit opens no window for itself; at first what it says. */
export function windowsOf(settings: EnvironmentSettings, live: Pick<Live, 'rules'>) {
  return (live.rules?.environment ?? settings.rules?.environment)?.windows ?? [];
}

/** Drift alone is for a person: the controller alerts, and undoes a hand's edit only along with a new commit. */
export function movedByGit(planned: Plan): boolean {
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

/**
 * The head of the branch, and whether it is ahead of live. What was fetched may be older than what another controller,
 * or a person, has applied since: only what the repository says after live was read is a rewritten branch.
 */
async function headOf(
  plane: ControlPlane,
  { branch }: EnvironmentSettings,
  live: Live,
): Promise<{ readonly commit: string; readonly isAhead: boolean }> {
  const { repository } = plane;
  const commit = await repository.resolve(branch);
  if (await isForward(plane, live, commit)) return { commit, isAhead: true };
  await repository.fetch();
  const now = await repository.resolve(branch);
  return { commit: now, isAhead: now !== commit && (await isForward(plane, live, now)) };
}

function overtaken({ name }: EnvironmentSettings): RetryableError {
  return new RetryableError(`Live of ${name} moved while its plan was made.`, { code: 'plan.stale' });
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

async function recordSuperseded(
  plane: ControlPlane,
  { name: environment, branch }: EnvironmentSettings,
  { commit, by }: Outcome & { kind: 'superseded' },
): Promise<void> {
  await recordAttemptOnce(plane.database.db, {
    environment,
    commit_id: commit,
    outcome: 'superseded',
    code: null,
    message: `${branch} came to ${by.slice(0, 7)} before this commit was applied.`,
    revision: null,
  });
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

export function failed(error: unknown, commit?: string): Outcome & { kind: 'failed' } {
  return {
    kind: 'failed',
    ...(commit === undefined ? {} : { commit }),
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
