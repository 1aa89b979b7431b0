import type { Rules } from '../manifest/rules.ts';
import type { AccessChanges } from './access.ts';
import type { Change } from './change.ts';
import type { ReachChanges } from './section-reach.ts';
import type { Sides } from './sides.ts';

/** What the risks of a plan are found in. */
export interface RiskInput {
  readonly sides: Sides;
  readonly changes: readonly Change[];
  readonly access: AccessChanges;
  /** All destinations and secrets, however many a plan shows; absent: none are looked at. */
  readonly reach?: ReachChanges;
  /** From the base side. */
  readonly rules: Rules;
  /** The target's own, which never judge it. */
  readonly targetRules: Rules;
  /** Nothing was ever applied here. */
  readonly isFirst: boolean;
}
