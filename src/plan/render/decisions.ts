import { neutral } from '../../manifest/neutral.ts';
import { compareText } from '../../manifest/problem.ts';
import type { Cause } from '../access.ts';
import { approversText } from '../approvers.ts';
import type { Plan } from '../change.ts';
import { ackCommand } from '../unacknowledged.ts';
import { counted, listed } from './words.ts';

/** Something that somebody must agree to before a plan can be applied, or that no agreement lets through. */
export interface Decision {
  /** What `pawl ack` takes: a risk's id, or a guard's. */
  readonly id: string;
  /** `access.widened`; the id again where that says it already. */
  readonly name: string;
  readonly title: string;
  readonly details: readonly string[];
  readonly causes: readonly Cause[];
  /** `group security`, `anybody`; who it takes. */
  readonly who: string;
  readonly state: 'needed' | 'acknowledged' | 'refused';
  /** Who agreed so far, each once. */
  readonly by: readonly string[];
  /** How many different people it takes. */
  readonly min: number;
}

/** What decides whether a plan may be applied: guards first, then risks that gate; the rest is only shown. */
export function decisionsOf(plan: Plan): readonly Decision[] {
  return [...guardDecisions(plan), ...riskDecisions(plan)];
}

function guardDecisions(plan: Plan): readonly Decision[] {
  return [...plan.guards, ...(plan.beside?.guards ?? [])].map((guard) => {
    const by = acknowledgedBy(plan, guard.id, true);
    const state = !guard.acknowledgeable ? 'refused' : by.length > 0 ? 'acknowledged' : 'needed';
    const who = guard.acknowledgeable ? approversText(plan.guardApprovers) : 'nobody: this takes two merges';
    const { id, message: title, addresses: details } = guard;
    return { id, name: id, title, details, causes: [], who, state, by, min: 1 };
  });
}

function riskDecisions(plan: Plan): readonly Decision[] {
  return plan.risks
    .filter(({ gate }) => gate === 'ack')
    .map(({ id, name, title, details, causes, approvers }) => {
      const by = acknowledgedBy(plan, id, false);
      const { min } = approvers;
      const state = by.length >= Math.max(1, min) ? 'acknowledged' : 'needed';
      return { id, name, title, details, causes, who: approversText(approvers), state, by, min };
    });
}

/** A guard's acknowledgement holds for one plan; a risk's for its content, which whoever read the rows compared. */
function acknowledgedBy(plan: Plan, id: string, isForPlan: boolean): readonly string[] {
  const all = plan.beside?.acknowledgements ?? [];
  const given = all.filter((one) => one.id === id && (!isForPlan || one.planDigest === plan.digest));
  return [...new Set(given.map(({ by }) => by))].sort(compareText);
}

/** One command for everything that the same people may agree to, in the order in which it is asked. */
export function ackCommands(plan: Plan, decisions: readonly Decision[]): readonly { who: string; command: string }[] {
  // What was compared with a commit has a digest that nothing is ever applied by.
  if (plan.base.commit !== undefined) return [];
  const byWho = new Map<string, string[]>();
  for (const { id, who, state } of decisions) {
    if (state === 'needed') byWho.set(who, [...(byWho.get(who) ?? []), id]);
  }
  return Array.from(byWho, ([who, ids]) => ({ who, command: ackCommand(plan, ids) }));
}

/** `acknowledged by ada`, `1 of 2 so far: ada`, or nothing where nobody has. */
export function stateText({ state, by, min }: Decision): string {
  if (state === 'refused') return 'no acknowledgement helps';
  if (state === 'acknowledged') return `acknowledged by ${listed(by, 5)}`;
  return by.length === 0 ? 'needed' : `${by.length} of ${counted(min, 'person')} so far: ${listed(by, 5)}`;
}

/** `R1-3f2a access.widened`, or the id alone. */
export function labelOf({ id, name }: Pick<Decision, 'id' | 'name'>): string {
  return neutral(id === name ? id : `${id} ${name}`);
}
