import type { CellVerdict } from './access.ts';

/** One of the gate's checks, in its order, as one call met it. `recorded`: it passed then, and was not decided again. */
export interface GateStep {
  /** `T7`, `M3`. */
  readonly step: string;
  readonly check: string;
  readonly outcome: 'passed' | 'recorded' | 'asks' | 'refused' | 'not reached' | 'not asked';
  /** Of a refusal. */
  readonly reason?: string;
  /** Of a check that was not asked: what a question lacks for it. */
  readonly needs?: GateCheck['needs'];
}

/** A check of the gate: of a call of a tool, of a model, or of both under two names. */
export interface GateCheck {
  readonly tool?: string;
  readonly model?: string;
  /** What has to be so, for people. */
  readonly check: string;
  /**
   * Codes of its refusals; of the checks of one sort of call before it is made each code is of one alone. A guard looks
   * at what a call sends and at what comes back of it.
   */
  readonly reasons: readonly string[];
  /** What it looks at beyond the rules: a call's arguments, a run and its worker, the call itself once it is let pass. */
  readonly needs?: 'arguments' | 'run' | 'call';
}

const guardReasons = ['guard.blocked', 'guard.failed'] as const;

/**
 * Every check between a call and the world, in order. The one list of them: questions before the fact, explanations
 * after it, and the documentation read it.
 */
export const gateChecks: readonly GateCheck[] = [
  {
    tool: 'T0',
    model: 'M0',
    check: 'the worker owns the run, which is neither cancelled nor past its deadline',
    needs: 'run',
    reasons: ['run.lease_lost', 'run.cancelled', 'run.deadline'],
  },
  {
    tool: 'T1',
    model: 'M1',
    check: 'no halt speaks of it',
    needs: 'run',
    reasons: [
      'halt.unreadable',
      'halt.global',
      'halt.environment',
      'halt.namespace',
      'halt.system',
      'halt.agent',
      'halt.server',
      'halt.tool',
      'halt.provider',
      'halt.model',
    ],
  },
  {
    tool: 'T1',
    model: 'M1',
    check: 'the gate has rules for the caller',
    reasons: ['gate.authority_missing', 'gate.error'],
  },
  {
    tool: 'T2',
    check: 'the arguments are strict JSON',
    needs: 'arguments',
    reasons: ['call.malformed', 'call.too_large'],
  },
  { tool: 'T3', check: 'the caller lists the tool', reasons: ['tool.unknown', 'tool.not_declared'] },
  { model: 'M2', check: 'the endpoint is in the bundle', reasons: ['model.unknown'] },
  {
    tool: 'T4',
    check: 'the definition is the one that was reviewed',
    reasons: ['tool.pin_missing', 'tool.pin_mismatch', 'mcp.identity_mismatch'],
  },
  {
    tool: 'T5',
    check: 'the arguments fit the tool’s schema',
    needs: 'arguments',
    reasons: ['args.invalid', 'gate.schema_error'],
  },
  {
    tool: 'T5',
    check: 'no guard stops the arguments',
    needs: 'run',
    reasons: guardReasons,
  },
  { tool: 'T6', check: 'no rule denies it', reasons: ['policy.denied'] },
  { tool: 'T7', check: 'a role grants it', reasons: ['policy.not_granted', 'agent.not_declared'] },
  { model: 'M3', check: 'every policy allows the endpoint', reasons: ['model.not_allowed'] },
  { model: 'M4', check: 'the parameters are in bounds', reasons: ['model.param_denied'] },
  {
    tool: 'T8',
    model: 'M5',
    check: 'the worker offers its tier, and its host and gateway are ones that every policy allows',
    needs: 'arguments',
    reasons: ['isolation.unavailable', 'egress.denied', 'gateway.required', 'gateway.not_allowed'],
  },
  {
    tool: 'T9',
    check: 'every condition holds',
    needs: 'arguments',
    reasons: ['policy.condition_false', 'gate.condition_error'],
  },
  {
    tool: 'T10',
    check: 'what the run has touched may go where this tool writes',
    needs: 'arguments',
    reasons: ['flow.denied'],
  },
  { model: 'M6', check: 'the model is offered only tools that rules would let pass', needs: 'run', reasons: [] },
  {
    model: 'M7',
    check: 'the prompt fits, and no guard stops it',
    needs: 'run',
    reasons: [...guardReasons, 'context.too_large'],
  },
  {
    tool: 'T11',
    check: 'the step’s limits leave a call',
    reasons: ['limit.tool_calls', 'limit.repetition', 'limit.handoff_depth', 'call.duplicate'],
  },
  { model: 'M8', check: 'the step’s limits leave a turn', reasons: ['limit.steps', 'limit.denials'] },
  { tool: 'T12', model: 'M8', check: 'the rates leave a call', needs: 'run', reasons: ['rate.tool', 'rate.model'] },
  {
    tool: 'T13',
    check: 'whoever has to be asked has agreed to this very call',
    reasons: ['approval.denied', 'approval.expired', 'approval.mismatch'],
  },
  {
    tool: 'T14',
    model: 'M9',
    check: 'limits and budgets leave what it reserves',
    reasons: ['limit.tokens', 'limit.cost', 'budget.exhausted', 'budget.price_unknown'],
  },
  {
    tool: 'T15',
    model: 'M10',
    check: 'decision and intent are journalled while the live revision is the one that decided',
    needs: 'run',
    reasons: ['gate.conflict'],
  },
  { tool: 'T16', check: 'its secrets can be read', needs: 'call', reasons: ['secret.unavailable'] },
  {
    tool: 'T17',
    check: 'the tool answers in time',
    needs: 'call',
    reasons: ['tool.timeout', 'tool.failed'],
  },
  { model: 'M11', check: 'the provider answers', needs: 'call', reasons: ['model.timeout', 'model.unavailable'] },
  {
    model: 'M12',
    check: 'the model that was asked is the one that answered',
    needs: 'call',
    reasons: ['model.response_mismatch'],
  },
  {
    tool: 'T18',
    check: 'the result is of the declared size and form, and no guard stops it',
    needs: 'call',
    reasons: ['result.too_large', 'result.invalid', ...guardReasons],
  },
  {
    model: 'M13',
    check: 'the answer is bounded, holds no call that the provider made, and no guard stops it',
    needs: 'call',
    reasons: ['model.response_too_large', 'model.server_tool_denied', ...guardReasons],
  },
  { tool: 'T19', check: 'the result is journalled while the worker owns the run', needs: 'call', reasons: [] },
];

/** What was asked: rules alone, a call with its arguments, or one that a run has made. */
export type Asked = 'rules' | 'arguments' | 'run' | 'call';

const depth: readonly Asked[] = ['rules', 'arguments', 'run', 'call'];

/** The checks of one sort of call, in order, under its names. */
export function checksOf(sort: 'tool' | 'model'): readonly (GateCheck & { readonly step: string })[] {
  return gateChecks.flatMap((one) => {
    const step = one[sort];
    return step === undefined ? [] : [{ ...one, step }];
  });
}

type StepDecision = Pick<CellVerdict, 'kind'> & {
  readonly reason?: string;
  /** The call was let through, and what came back of it was refused. */
  readonly isMade?: boolean;
};

/** A decision as the ordered checks that led to it: what comes after a refusal was not reached. */
export function gateSteps(decision: StepDecision, asked: Asked, sort: 'tool' | 'model' = 'tool'): readonly GateStep[] {
  const { kind, reason } = decision;
  const checks = checksOf(sort);
  const stops = stopAt(checks, decision);
  return checks.map(({ step, check, needs }, index) => {
    if (index === stops && kind === 'ask') return { step, check, outcome: 'asks' };
    if (index === stops) return { step, check, outcome: 'refused', ...(reason === undefined ? {} : { reason }) };
    if (needs !== undefined && depth.indexOf(needs) > depth.indexOf(asked))
      return { step, check, outcome: 'not asked', needs };
    const isPast = kind !== 'allow' && (stops < 0 || index > stops);
    return { step, check, outcome: isPast ? 'not reached' : 'passed' };
  });
}

function stopAt(checks: readonly GateCheck[], { kind, reason, isMade = false }: StepDecision): number {
  if (kind === 'allow') return -1;
  if (kind === 'ask') return checks.findIndex(({ tool }) => tool === 'T13');
  return checks.findIndex(
    ({ reasons, needs }) => reason !== undefined && reasons.includes(reason) && (!isMade || needs === 'call'),
  );
}
