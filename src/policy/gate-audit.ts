import type { GateContext } from './context.ts';
import type { AuditVerdict, Decision } from './decision.ts';
import type { Revisions } from './effective.ts';

/** Decides the same call by other rules. */
type DecideBy = (revisions: Revisions, also?: Partial<GateContext>) => Decision;

/**
 * The decision as it is, with what it would be if policies with `mode: audit` were enforced, where that is another
 * verdict. Whatever goes wrong with those changes nothing.
 */
export function withAudit(decision: Decision, revisions: Revisions, decideBy: DecideBy): Decision {
  // A call that has to draw first is decided again.
  if (decision.kind === 'draw') return decision;
  const would = wouldOf(decision, revisions, decideBy);
  return would === undefined ? decision : { ...decision, would };
}

type Verdict = Exclude<Decision, { kind: 'draw' }>;

function wouldOf(decision: Verdict, revisions: Revisions, decideBy: DecideBy): AuditVerdict | undefined {
  const { pinned, live } = revisions;
  // Shared accounts are not drawn from for a trial, and what people said was said of the action under the rules in force.
  const tried = { pinned: pinned.audit ?? pinned, live: live?.audit ?? live };
  const trial = tryBy(() => decideBy(tried, unasked));
  switch (trial.kind) {
    case 'allow':
    case 'draw':
      return undefined;
    case 'deny': {
      const { kind, reason, rule } = trial;
      return decision.kind === 'deny' ? undefined : { kind, reason, rule };
    }
    case 'ask': {
      if (decision.kind === 'deny') return undefined;
      const asked = decision.kind === 'ask' ? decision : tryBy(() => decideBy(revisions, unasked));
      const known = new Set(asked.kind === 'ask' ? asked.asks.map(({ rule }) => rule) : []);
      const more = trial.asks.find(({ rule }) => !known.has(rule));
      return more && { kind: 'ask', rule: more.rule };
    }
  }
}

const unasked: Partial<GateContext> = { approvals: new Map() };

function tryBy(decide: () => Decision): Decision {
  try {
    return decide();
  } catch {
    // Enforced, the policy would have the gate fail, and what fails is denied.
    return { kind: 'deny', reason: 'gate.error', rule: 'gate', message: 'The gate failed.' };
  }
}
