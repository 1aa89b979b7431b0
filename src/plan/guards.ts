import type { GuardLimits } from '../manifest/rules.ts';
import type { Change, Live, Plan } from './change.ts';
import type { GuardRefusal } from './guard.ts';

export interface GuardInput {
  readonly changes: readonly Change[];
  readonly live: Live;
  /** From the base side. */
  readonly limits: GuardLimits;
  readonly revert: Plan['revert'];
}

/** The guards that need no more than the plan's own inputs; live runs are looked at beside the plan and by apply. */
export function guardsOf(_input: GuardInput): readonly GuardRefusal[] {
  return [];
}
