import type { AccessChanges } from '../access.ts';
import type { Plan } from '../change.ts';
import { decisionsOf } from './decisions.ts';

/** The figures that every rendering of a plan gives, and that are the same in all of them. */
export interface Tally {
  readonly add: number;
  readonly change: number;
  readonly remove: number;
  readonly move: number;
  readonly adopt: number;
  readonly orphan: number;
  /** Changes of access in each direction: cells, limits, restrictions, coverage, and what is judged by rule. */
  readonly widened: number;
  readonly narrowed: number;
  readonly risks: number;
  /** Risks and guards that still wait for somebody. */
  readonly toAcknowledge: number;
}

export function tallyOf(plan: Plan): Tally {
  const { add, change, remove, move, adopt, orphan } = plan.summary;
  const { widened, narrowed } = directions(plan.access);
  const toAcknowledge = decisionsOf(plan).filter(({ state }) => state !== 'acknowledged').length;
  return { add, change, remove, move, adopt, orphan, widened, narrowed, risks: plan.risks.length, toAcknowledge };
}

export function directions(access: AccessChanges): { widened: number; narrowed: number } {
  const { cells, limits, restrictions = [], coverage, judged } = access;
  const all = [cells, limits, restrictions, coverage, judged].flat();
  const widened = all.filter(({ direction }) => direction === 'widened').length;
  return { widened, narrowed: all.length - widened };
}

/** Terraform's line, the same bytes everywhere. What is moved or adopted is neither added, changed nor destroyed. */
export function planLine({ add, change, remove, move, adopt }: Tally): string {
  const more = [...(move > 0 ? [`${move} to move`] : []), ...(adopt > 0 ? [`${adopt} to adopt`] : [])];
  return `Plan: ${add} to add, ${change} to change, ${remove} to destroy${more.map((part) => `, ${part}`).join('')}.`;
}

/** The same bytes everywhere. Zero and zero: there are risks, and none of them is a change of access. */
export function riskLine({ widened, narrowed, risks }: Tally): string {
  if (widened + narrowed + risks === 0) return 'Risk: none.';
  return `Risk: ${widened} widening, ${narrowed} narrowing.`;
}
