import type { Rules } from '../manifest/rules.ts';
import type { AccessChanges } from './access.ts';
import type { Change } from './change.ts';
import type { Risk } from './risk.ts';
import { accessRisks } from './risk-access.ts';
import { bootstrapRisk } from './risk-bootstrap.ts';
import { changeRisks } from './risk-change.ts';
import { controlRisks } from './risk-control.ts';
import { risksFrom } from './risk-found.ts';
import { promptRisks } from './risk-prompt.ts';
import { reachRisks } from './risk-reach.ts';
import { triggerRisks } from './risk-trigger.ts';
import { noSections, type Sections } from './section.ts';
import type { Sides } from './sides.ts';

export interface RiskInput {
  readonly sides: Sides;
  readonly changes: readonly Change[];
  readonly access: AccessChanges;
  /** For destinations and secrets; absent: none are looked at. */
  readonly sections?: Pick<Sections, 'egress' | 'secrets' | 'more'>;
  /** From the base side. */
  readonly rules: Rules;
  /** The target's own, which never judge it. */
  readonly targetRules: Rules;
  /** Nothing was ever applied here. */
  readonly isFirst: boolean;
}

/**
 * The risks of a plan, by class, then id: what it newly permits, spends or reaches, each with the smallest set of
 * changes behind it and with whoever may agree to it. Rules and owners are those of the base side.
 */
export function risksOf(input: RiskInput): readonly Risk[] {
  if (input.isFirst) return bootstrapRisk(input);
  const { sides, rules, sections = noSections } = input;
  const found = [
    ...accessRisks(input),
    ...reachRisks(sections, sides),
    ...changeRisks(sides),
    ...triggerRisks(sides),
    ...promptRisks(sides),
    ...controlRisks(input),
  ];
  return risksFrom(found, sides, rules);
}
