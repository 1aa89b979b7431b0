import { own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import { type Action, actionDigest, type ApprovalState, type ApprovalTerms, type Ask } from './approval.ts';
import { type Denial, deny, type Revisions } from './effective.ts';

/** What people have said of a call so far. */
export type Released =
  | Denial
  | {
      readonly kind: 'ask';
      readonly asks: readonly Ask[];
      readonly action: Action;
      readonly actionDigest: string;
    }
  /** `approval`: what the call consumes; absent: it was consumed by an earlier attempt at this very call. */
  | { readonly kind: 'released'; readonly approval?: string };

/** T13: whether people have released this very action. A plan's question is of no run, and nobody released it. */
export function released(asks: readonly Ask[], action: Action, state: ApprovalState | undefined): Released {
  const digest = actionDigest(action);
  const rule = asks.map((one) => one.rule).join(', ');
  switch (state?.state) {
    case undefined:
    case 'pending':
    case 'cancelled':
      return { kind: 'ask', asks, action, actionDigest: digest };
    case 'denied':
      return deny('approval.denied', rule, 'Somebody who was asked said no.');
    case 'expired':
      return deny('approval.expired', rule, 'Nobody who was asked agreed in time.');
    case 'approved':
    case 'consumed':
      if (state.actionDigest !== digest) {
        const message = 'What was approved is another action: the arguments, the tool or the rules differ.';
        return deny('approval.mismatch', rule, message);
      }
      // A path is one call: what meets its own consumed approval again is a further attempt at it.
      return state.state === 'consumed' ? { kind: 'released' } : { kind: 'released', approval: state.id };
  }
}

/** A rule that asks, and the key of its terms in a row's `approvals`. */
export interface AskedBy {
  readonly rule: string;
  readonly terms: string;
}

/**
 * Whom the rules of both revisions ask, by rule. Where both have a rule, the shorter time and four eyes of either hold;
 * where they name other people, each has to be satisfied by itself.
 */
export function asksBy(asked: readonly AskedBy[], { pinned, live }: Revisions): readonly Ask[] {
  const byRule = new Map(asked.map(({ rule, terms }) => [rule, terms]));
  const sorted = [...byRule].sort(([a], [b]) => compareText(a, b));
  return sorted.flatMap(([rule, terms]) => {
    const ofPinned = own(pinned.approvals, terms);
    const ofLive = live === pinned ? undefined : own(live?.approvals, terms);
    if (ofPinned !== undefined && ofLive !== undefined) return askOfBoth(rule, ofPinned, ofLive);
    const only = ofPinned ?? ofLive;
    if (only === undefined) throw new TypeError('a rule that asks says nothing of whom');
    return [{ rule, ...only }];
  });
}

function askOfBoth(rule: string, pinned: ApprovalTerms, live: ApprovalTerms): readonly Ask[] {
  const both = { ttlMs: Math.min(pinned.ttlMs, live.ttlMs), fourEyes: pinned.fourEyes || live.fourEyes };
  const ask = { rule, ...pinned, ...both };
  const isSame = JSON.stringify(pinned.approvers) === JSON.stringify(live.approvers);
  return isSame ? [ask] : [ask, { rule: `${rule} (live)`, ...live, ...both }];
}
