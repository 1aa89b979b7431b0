import type { Risk } from './risk.ts';
import { accessRisks } from './risk-access.ts';
import { bootstrapRisk } from './risk-bootstrap.ts';
import { changeRisks } from './risk-change.ts';
import { lossRisks } from './risk-loss.ts';
import { controlRisks } from './risk-control.ts';
import { risksFrom } from './risk-found.ts';
import { promptRisks } from './risk-prompt.ts';
import { reachRisks } from './risk-reach.ts';
import { triggerRisks } from './risk-trigger.ts';
import type { RiskInput } from './risk-input.ts';

/**
 * The risks of a plan, by class, then id: what it newly permits, spends or reaches, each with the smallest set of
 * changes behind it and with whoever may agree to it. Rules and owners are those of the base side.
 */
export function risksOf(input: RiskInput): readonly Risk[] {
  if (input.isFirst) return bootstrapRisk(input);
  const { sides, rules, reach = { egress: [], secrets: [] } } = input;
  const found = [
    ...accessRisks(input),
    ...reachRisks(reach, input),
    ...changeRisks(sides),
    ...lossRisks(sides),
    ...triggerRisks(sides),
    ...promptRisks(sides),
    ...controlRisks(input),
  ];
  return risksFrom(found, sides, rules);
}
