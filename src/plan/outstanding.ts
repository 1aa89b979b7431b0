import type { Approvers, Rules } from '../manifest/rules.ts';
import type { Membership } from '../policy/person.ts';
import { firstDefined, standingOf, type Voter, voterKey } from './approvers.ts';
import type { Plan } from './change.ts';
import type { GuardRefusal } from './guard.ts';

/** A risk that gates, or a guard that refuses. */
export interface Gated {
  /** As people write it: `R1-3f2a`, `bootstrap`, `guard.deletes`. */
  readonly id: string;
  readonly class: string;
  /** What an acknowledgement of it is bound to. */
  readonly content: string;
  readonly title: string;
  readonly approvers: Approvers;
  /** `false`: no acknowledgement helps. */
  readonly acknowledgeable: boolean;
}

export interface Outstanding extends Gated {
  /** How many more people must agree. */
  readonly missing: number;
}

/** Somebody's word on one content. */
export interface Word {
  readonly class: string;
  readonly content: string;
  readonly by: string;
  /** What of their groups was proved when they gave it. */
  readonly membership: Membership;
}

/** Everything that holds a plan back until somebody acknowledges it: risks in their order, then guards. */
export function gatedOf(plan: Plan, rules: Rules, more: readonly GuardRefusal[] = []): readonly Gated[] {
  const risks = plan.risks
    .filter(({ gate }) => gate === 'ack')
    .map(({ id, class: kind, content, title, approvers }) => {
      return { id, class: kind, content, title, approvers, acknowledgeable: true };
    });
  const guards = [...plan.guards, ...more].map(({ id, message, acknowledgeable }) => {
    return {
      id,
      class: id,
      // A guard counts what the whole plan does: another plan is another count.
      content: plan.digest,
      title: message,
      approvers: firstDefined(['platform'], rules),
      acknowledgeable,
    };
  });
  return [...risks, ...guards];
}

/** What is still missing. A word counts if whoever gave it may give it by the rules that judge now. */
export function outstandingOf(gated: readonly Gated[], words: readonly Word[], rules: Rules): readonly Outstanding[] {
  const given = new Map<string, Word[]>();
  for (const word of words) {
    const key = `${word.class} ${word.content}`;
    given.set(key, [...(given.get(key) ?? []), word]);
  }
  return gated.flatMap((one) => {
    const missing = missingOf(one, given.get(`${one.class} ${one.content}`) ?? [], rules);
    return missing === 0 ? [] : [{ ...one, missing }];
  });
}

function missingOf({ acknowledgeable, approvers }: Gated, words: readonly Word[], rules: Rules): number {
  if (!acknowledgeable) return 1;
  const voters = words.map(({ by, membership }): Voter => ({ name: by, ...membership }));
  const people = voters.filter((voter) => standingOf(voter, approvers, rules).may).map(voterKey);
  return Math.max(0, approvers.min - new Set(people).size);
}
