import { own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import type { SubjectAuthority, Verdict } from './authority.ts';
import type { Decision } from './decision.ts';
import type { ReasonCode } from './reason.ts';

/** The two revisions that a call must satisfy; no live one means that live no longer has the subject. */
export interface Revisions {
  readonly pinned: SubjectAuthority;
  readonly live: SubjectAuthority | undefined;
}

/** The rows whose rules a call is under; mostly live is what the run is pinned to, and then one is enough. */
export function rowsUnder({ pinned, live }: Revisions): readonly SubjectAuthority[] {
  return live === undefined || live === pinned ? [pinned] : [pinned, live];
}

export type Denial = Extract<Decision, { kind: 'deny' }>;

export function deny(reason: ReasonCode, rule: string, message: string): Denial {
  return { kind: 'deny', reason, rule, message };
}

/**
 * The stricter of both revisions for one cell of the table: a missing pin first, an explicit deny of either, then a missing grant
 * of either, then what cannot be isolated enough. A row that one of them lacks grants nothing.
 */
export function effectiveVerdict(
  revisions: Revisions,
  cell: { readonly table: 'tools' | 'models'; readonly name: string },
): Verdict {
  const pinned = row(revisions.pinned, cell);
  const missing = cell.table === 'tools' ? 'policy.not_granted' : 'model.not_allowed';
  const ofPinned: Verdict = pinned ?? { kind: 'deny', reason: missing, rule: 'pinned revision' };
  if (revisions.live === undefined || revisions.live === revisions.pinned) return ofPinned;
  const ofLive: Verdict = row(revisions.live, cell) ?? { kind: 'deny', reason: missing, rule: 'live revision' };
  if (ofPinned.kind === 'deny' && (ofLive.kind !== 'deny' || order[ofPinned.reason] <= order[ofLive.reason]))
    return ofPinned;
  if (ofLive.kind === 'deny') return ofLive;
  return ofLive.kind === 'allow' || ofPinned.kind === 'deny' ? ofPinned : askOfBoth(ofPinned, ofLive);
}

/** Which of two denials explains itself: the one of the earlier check. */
const order = {
  'tool.pin_missing': 0,
  'mcp.identity_mismatch': 0,
  'policy.denied': 1,
  'policy.not_granted': 2,
  'model.not_allowed': 2,
  'isolation.unavailable': 3,
};

/** Whoever is asked by either revision is asked. */
function askOfBoth(pinned: Exclude<Verdict, { kind: 'deny' }>, live: Extract<Verdict, { kind: 'ask' }>): Verdict {
  const asks = pinned.kind === 'allow' ? live.asks : [...new Set([...pinned.asks, ...live.asks])].sort(compareText);
  return { kind: 'ask', rule: pinned.rule, asks };
}

function row(
  authority: SubjectAuthority,
  cell: { readonly table: 'tools' | 'models'; readonly name: string },
): Verdict | undefined {
  return own(authority[cell.table], cell.name);
}

/** The smaller of a limit's two values. */
export function effectiveLimit(revisions: Revisions, limit: 'maxSteps' | 'maxToolCalls'): number {
  const pinned = revisions.pinned.limits[limit];
  return revisions.live === undefined ? pinned : Math.min(pinned, revisions.live.limits[limit]);
}

/** The smaller of both limits; undefined when neither revision sets one. */
export function effectiveSpendLimit(revisions: Revisions, limit: 'maxTokens' | 'maxCost'): number | undefined {
  const pinned = revisions.pinned.limits[limit];
  const live = revisions.live?.limits[limit];
  if (pinned === undefined) return live;
  return live === undefined ? pinned : Math.min(pinned, live);
}
