import type { ReasonCode } from '../policy/reason.ts';
import type { CellVerdict } from './access.ts';

/** One of the gate's checks, in its order, as one call met it. */
export interface GateStep {
  readonly step: string;
  readonly check: string;
  readonly outcome: 'passed' | 'refused' | 'not reached' | 'not asked';
  /** Of a refusal. */
  readonly reason?: ReasonCode;
}

const steps: readonly {
  readonly step: string;
  readonly check: string;
  readonly needsArguments?: true;
  readonly reasons: readonly ReasonCode[];
}[] = [
  {
    step: 'T2',
    check: 'the arguments are strict JSON',
    needsArguments: true,
    reasons: ['call.malformed', 'call.too_large'],
  },
  {
    step: 'T3',
    check: 'the caller lists the tool',
    reasons: ['tool.unknown', 'tool.not_declared', 'gate.authority_missing'],
  },
  {
    step: 'T5',
    check: 'the arguments fit the tool’s schema',
    needsArguments: true,
    reasons: ['args.invalid', 'gate.schema_error'],
  },
  { step: 'T6', check: 'no rule denies it', reasons: ['policy.denied'] },
  { step: 'T7', check: 'a role grants it', reasons: ['policy.not_granted'] },
  { step: 'T11', check: 'the step’s limits leave a call', reasons: ['limit.tool_calls', 'limit.repetition'] },
  { step: 'T14', check: 'the budgets leave what it reserves', reasons: ['budget.exhausted', 'budget.price_unknown'] },
];

/** A decision as the ordered checks that led to it: what comes after a refusal was not reached. */
export function gateSteps(decision: Pick<CellVerdict, 'kind' | 'reason'>, hasArguments: boolean): readonly GateStep[] {
  const { reason } = decision;
  const refused =
    decision.kind === 'allow' ? -1 : steps.findIndex(({ reasons }) => reason !== undefined && reasons.includes(reason));
  return steps.map(({ step, check, needsArguments }, index) => {
    if (index === refused && reason !== undefined) return { step, check, outcome: 'refused', reason };
    if (needsArguments === true && !hasArguments) return { step, check, outcome: 'not asked' };
    const isPast = decision.kind !== 'allow' && (refused < 0 || index > refused);
    return { step, check, outcome: isPast ? 'not reached' : 'passed' };
  });
}
