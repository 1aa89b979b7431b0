import type { Rules } from '../manifest/rules.ts';
import type { AccessChanges } from './access.ts';
import { bootstrapRisk } from './risk-bootstrap.ts';
import type { Change } from './change.ts';
import type { Risk } from './risk.ts';
import type { Sides } from './sides.ts';

export interface RiskInput {
  readonly sides: Sides;
  readonly changes: readonly Change[];
  readonly access: AccessChanges;
  /** From the base side. */
  readonly rules: Rules;
  /** The target's own, which never judge it. */
  readonly targetRules: Rules;
  /** Nothing was ever applied here. */
  readonly isFirst: boolean;
}

/** The risks of a plan, by class, then id. */
export function risksOf(input: RiskInput): readonly Risk[] {
  if (input.isFirst) return bootstrapRisk(input);
  return [];
}
