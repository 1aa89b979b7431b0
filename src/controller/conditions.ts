import type { Change, Plan } from '../plan/change.ts';
import type { Condition, ConditionType } from '../store/condition.ts';
import type { ReasonOf } from './condition-reasons.ts';
import { outsideCondition, type Outside } from './outside.ts';
import { movedByGit, type Outcome } from './reconcile.ts';

export interface Seen {
  readonly outcome: Outcome;
  /** The head of the branch; undefined: nobody could tell. */
  readonly commit: string | undefined;
  /** What is live once the pass is over. */
  readonly revision: number;
  readonly plan: Plan | undefined;
  readonly drift: readonly Change[] | undefined;
  readonly isHealingStopped: boolean;
  /** The forge is to tell of pushes, and did not tell of the last one. */
  readonly isUnheard: boolean;
  /** What workers found; undefined: nobody asked. */
  readonly outside?: Outside | undefined;
}

/**
 * How far a commit came and why no further. A stage that was not reached says nothing new, and keeps the commit that it
 * last looked at. Pure.
 */
export function conditionsOf(seen: Seen): readonly Condition[] {
  const { outcome, commit } = seen;
  if (outcome.kind === 'elsewhere' || isOvertaken(outcome)) return [];
  const failure = failureOf(seen);
  if (failure?.type === 'SourceReady') return [failure.condition(commit)];
  const stages = [
    ready(seen),
    ...(failure?.type === 'Planned' ? [failure.condition(commit)] : [planned(seen)]),
    ...(failure?.type === 'Planned' || outcome.kind === 'superseded'
      ? []
      : [failure?.type === 'Gated' ? failure.condition(commit) : passed(commit)]),
    applied(seen, failure),
  ];
  return [...stages, ...drifted(seen)];
}

const unheard =
  'Webhooks do not arrive: the last commit was found by a poll. Look at the deliveries on the page of the App.';

/** What is read is ready, whoever told of it. */
export function ready({ commit, isUnheard }: Pick<Seen, 'commit' | 'isUnheard'>): Condition {
  const words = isUnheard
    ? ({ reason: 'Unheard', message: unheard } as const)
    : ({ reason: 'Ready', message: '' } as const);
  return condition('SourceReady', 'True', { ...words, commit });
}

interface Words<Type extends ConditionType> {
  readonly reason: ReasonOf<Type>;
  readonly message: string;
  readonly commit: string | undefined;
}

function condition<Type extends ConditionType>(
  type: Type,
  status: Condition['status'],
  { reason, message, commit }: Words<Type>,
): Condition {
  return { type, status, reason, message, commit };
}

/** Where a commit stopped. */
interface Failure {
  readonly type: 'SourceReady' | 'Planned' | 'Gated' | 'Applied';
  readonly condition: (commit: string | undefined) => Condition;
}

/** Another controller was first: it says what there is to say. */
function isOvertaken(outcome: Outcome): boolean {
  return outcome.kind === 'failed' && outcome.code === 'plan.stale';
}

function failureOf({ outcome, plan }: Seen): Failure | undefined {
  if (outcome.kind === 'unacknowledged') {
    const reason = plan?.guards.some(({ id }) => id === 'review.changed') === true ? 'NotAsReviewed' : 'Unacknowledged';
    return failure('Gated', reason, outcome.message);
  }
  if (outcome.kind === 'held') return failure('Gated', heldReasons[outcome.code] ?? 'Held', outcome.message);
  return outcome.kind === 'failed' ? ofCode(outcome) : undefined;
}

const heldReasons: Readonly<Record<string, ReasonOf<'Gated'>>> = {
  'git.non_fast_forward': 'NonFastForward',
  'plan.quarantined': 'Quarantined',
  'git.signature': 'SignatureMissing',
};

const plannedReasons: Readonly<Record<string, ReasonOf<'Planned'>>> = {
  'plan.invalid': 'Invalid',
  'plan.conflict': 'Conflict',
  'plan.unsupported': 'Unsupported',
  'sync.timed_out': 'TimedOut',
};

function ofCode({ code, message, retryable, commit }: Outcome & { kind: 'failed' }): Failure {
  const planReason = plannedReasons[code];
  if (planReason !== undefined) return failure('Planned', planReason, message);
  const held = heldReasons[code] ?? (code.startsWith('git.signature') ? 'SignatureMissing' : undefined);
  if (held !== undefined) return failure('Gated', held, message);
  if (code === 'environment.claimed') return failure('SourceReady', 'Claimed', message);
  if (code.startsWith('environment.')) return failure('SourceReady', 'SettingsInvalid', message);
  if (code === 'git.ref_not_found') return failure('SourceReady', 'BranchMissing', message);
  if (code.startsWith('git.')) return failure('SourceReady', retryable ? 'Unreachable' : 'Refused', message);
  // Apply says which commit it was that it could not make live.
  if (commit !== undefined) return failure('Applied', 'Failed', message);
  return failure('Planned', 'Failed', message);
}

function failure<Type extends Failure['type']>(type: Type, reason: ReasonOf<Type>, message: string): Failure {
  return { type, condition: (commit) => condition(type, 'False', { reason, message, commit }) };
}

function planned({ outcome, plan, commit }: Seen): Condition {
  if (outcome.kind === 'superseded') {
    const message = `${outcome.by.slice(0, 7)} came.`;
    return condition('Planned', 'Unknown', { reason: 'Superseded', message, commit });
  }
  const { add = 0, change = 0, remove = 0, move = 0 } = plan?.summary ?? {};
  const isNothing = outcome.kind === 'unchanged' || add + change + remove + move === 0;
  const message = isNothing
    ? 'No changes.'
    : `${add} to add, ${change} to change, ${remove} to destroy, ${move} to move.`;
  return condition('Planned', 'True', { reason: 'Planned', message, commit });
}

function passed(commit: string | undefined): Condition {
  return condition('Gated', 'True', { reason: 'Passed', message: '', commit });
}

function applied(seen: Seen, failure: Failure | undefined): Condition {
  const { outcome, commit, revision, plan } = seen;
  if (failure?.type === 'Applied') return failure.condition(commit);
  const no = (reason: ReasonOf<'Applied'>, message: string) =>
    condition('Applied', 'False', { reason, message, commit });
  if (failure !== undefined) return no('Blocked', `See ${failure.type}.`);
  if (outcome.kind === 'superseded') return no('Blocked', 'See Planned.');
  if (outcome.kind === 'suspended') return no('Suspended', `${countOf(outcome.changes)} not applied.`);
  if (outcome.kind === 'closed') return no('OutsideWindow', closedMessage(outcome));
  const waits = outcome.kind === 'waiting' && (plan === undefined || movedByGit(plan));
  if (waits) return no('ManualApply', `${countOf(outcome.changes)} not applied.`);
  return condition('Applied', 'True', { reason: 'Applied', message: `Revision ${revision}.`, commit });
}

function closedMessage({ opensAt, deniedBy }: Outcome & { kind: 'closed' }): string {
  const why = deniedBy === undefined ? 'No window is open.' : `The window ${deniedBy} denies.`;
  return opensAt === undefined
    ? `${why} None opens in the time looked at.`
    : `${why} The next opening is at ${opensAt.toISOString()}.`;
}

function countOf(changes: number): string {
  return changes === 1 ? '1 change' : `${changes} changes`;
}

const nothing: Outside = { pins: [], failing: [] };

/** Addresses that are told; the rest are counted. */
const shownMax = 5;

function drifted({ outcome, drift, commit, isHealingStopped, outside }: Seen): readonly Condition[] {
  if (drift === undefined) return [];
  const left = outcome.kind === 'applied' ? [] : drift;
  if (left.length === 0) return [outsideCondition(outside ?? nothing, commit)];
  const more = left.length > shownMax ? ` and ${left.length - shownMax} more` : '';
  const shown = left.slice(0, shownMax).map(({ address }) => address);
  const message = `${shown.join(', ')}${more}`;
  return [condition('Drifted', 'True', { reason: isHealingStopped ? 'HealingStopped' : 'OutOfBand', message, commit })];
}
