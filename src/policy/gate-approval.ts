import type { BundleTool } from '../manifest/bundle.ts';
import { canonicalText, sha256 } from '../manifest/digest.ts';
import { type JsonObject, own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import {
  type Action,
  actionDigest,
  type ApprovalState,
  type ApprovalTerms,
  type Ask,
  type AskedBatch,
  type ConsumedByCall,
} from './approval.ts';
import { type Denial, deny, type Revisions } from './effective.ts';

/** What people have said of a call so far. */
export type Released =
  | Denial
  | {
      readonly kind: 'ask';
      readonly asks: readonly Ask[];
      readonly action: Action;
      readonly actionDigest: string;
      /** What further calls an approval of this one releases; absent: none. */
      readonly batch?: AskedBatch;
    }
  /** `approval`: what the call consumes; absent: it was consumed by an earlier attempt at this very call. */
  | { readonly kind: 'released'; readonly approval?: ConsumedByCall };

/** What people are asked about, and what they said in the run so far. */
export interface Asking {
  readonly asks: readonly Ask[];
  readonly action: Action;
  /** What further calls may be released along with it; absent: none. */
  readonly batch?: AskedBatch | undefined;
  /** By the call's path without its attempt; absent: a plan's question, which is of no run. */
  readonly said: ReadonlyMap<string, ApprovalState> | undefined;
}

/** T13: whether people have released this very action, or a class of calls that it is of. */
export function released({ asks, action, batch, said }: Asking): Released {
  const digest = actionDigest(action);
  const rule = asks.map((one) => one.rule).join(', ');
  const state = said?.get(action.call);
  switch (state?.state) {
    case undefined:
    case 'pending':
    case 'cancelled':
      return (
        releasedAlong(action, digest, { batch, said }) ?? {
          kind: 'ask',
          asks,
          action,
          actionDigest: digest,
          ...(batch === undefined ? {} : { batch }),
        }
      );
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
      if (state.state === 'consumed' || state.batch?.used.includes(action.call) === true) return { kind: 'released' };
      return { kind: 'released', approval: { id: state.id, actionDigest: digest } };
  }
}

/** By an approval of another call of the same class, as long as it has any left. */
function releasedAlong(
  { call }: Action,
  digest: string,
  { batch, said }: Pick<Asking, 'batch' | 'said'>,
): Released | undefined {
  if (batch === undefined || said === undefined) return undefined;
  const { classDigest } = batch;
  const ofClass = Array.from(said.values()).filter((one) => one.batch?.classDigest === classDigest);
  // A further attempt at a call that was released already takes none.
  if (ofClass.some((one) => one.batch?.used.includes(call) === true)) return { kind: 'released' };
  const open = ofClass.find(({ state, batch: of }) => state === 'approved' && of !== undefined && of.left > 0);
  return open && { kind: 'released', approval: { id: open.id, actionDigest: digest, classDigest } };
}

/**
 * The further calls that an approval releases. Every rule that asks has to say so: the fewest of them, alike in all that
 * any of them wants alike. They are by the same caller, at the same place, under the same rules, and a tool whose risk is
 * critical has none.
 */
export function batchOf(
  asks: readonly Ask[],
  action: Action,
  { args, risk }: { readonly args: JsonObject; readonly risk: BundleTool['risk'] },
): AskedBatch | undefined {
  const batches = asks.flatMap(({ batch }) => batch ?? []);
  if (risk === 'critical' || batches.length === 0 || batches.length < asks.length) return undefined;
  const same = [...new Set(batches.flatMap((batch) => batch.same))].sort(compareText);
  const { call: _call, args: _args, ...alike } = action;
  // Pairs, not an object: a name such as `__proto__` would be lost in one.
  const values = same.map((name) => (Object.hasOwn(args, name) ? [name, own(args, name) ?? null] : [name]));
  const rules = asks.map(({ rule }) => rule);
  const classDigest = sha256(canonicalText({ ...alike, rules, same: values } as unknown as JsonObject));
  return { max: Math.min(...batches.map(({ max }) => max)), same, classDigest };
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
  const both = {
    ttlMs: Math.min(pinned.ttlMs, live.ttlMs),
    fourEyes: pinned.fourEyes || live.fourEyes,
    ...batchOfBoth(pinned.batch, live.batch),
  };
  const { batch: _pinned, ...pinnedAlone } = pinned;
  const { batch: _live, ...liveAlone } = live;
  const ask = { rule, ...pinnedAlone, ...both };
  const isSame = JSON.stringify(pinned.approvers) === JSON.stringify(live.approvers);
  return isSame ? [ask] : [ask, { rule: `${rule} (live)`, ...liveAlone, ...both }];
}

function batchOfBoth(pinned: ApprovalTerms['batch'], live: ApprovalTerms['batch']): Pick<ApprovalTerms, 'batch'> {
  if (pinned === undefined || live === undefined) return {};
  const same = [...new Set([...pinned.same, ...live.same])].sort(compareText);
  return { batch: { max: Math.min(pinned.max, live.max), same } };
}
