import type { Cause, CellChange, RestrictionChange } from '../../../src/plan/access.ts';
import type { Plan } from '../../../src/plan/change.ts';
import type { Risk } from '../../../src/plan/risk.ts';

/** Cells, limits, coverage and a judgement, in both directions. */
export function accessOf(outside: string, cause: Cause): Required<Plan['access']> {
  const denied = { kind: 'deny', rule: '', reason: 'policy.not_granted' } as const;
  const cell = (operation: string, direction: CellChange['direction']): CellChange => ({
    subject: `Agent/support/writer${outside}`,
    system: `support/triage${outside}`,
    target: 'tool',
    name: `support/refund${outside}`,
    operation,
    direction,
    before: direction === 'widened' ? denied : { kind: 'allow', rule: 'AgentRole support/readers' },
    after:
      direction === 'widened'
        ? { kind: 'allow', rule: `AgentRole support/refunds${outside}` }
        : { kind: 'ask', rule: 'AgentPolicy support/spending' },
    causes: [cause],
  });
  const subject = `Agent/support/writer${outside}`;
  const system = `support/triage${outside}`;
  return {
    cells: [cell('write', 'widened'), cell('delete', 'widened'), cell('read', 'narrowed')],
    limits: [
      {
        subject,
        system,
        limit: 'budget.run.usd',
        direction: 'widened',
        before: 450_000,
        after: undefined,
        causes: [cause],
      },
      { subject, system, limit: 'timeout', direction: 'narrowed', before: 600_000, after: 300_000, causes: [cause] },
    ],
    restrictions: restrictionsOf({ subject, system }, outside, cause),
    coverage: [
      { policy: `AgentPolicy/support/spending${outside}`, subject, system, direction: 'widened', causes: [cause] },
    ],
    unresolved: 1,
    judged: [
      {
        aspect: 'policy.condition',
        direction: 'widened',
        address: `AgentPolicy/support/spending${outside}`,
        place: { file: `policies/spending${outside}.yaml`, line: 12, column: 3 },
        field: `spec.rules["refunds"].when${outside}`,
        message: `The condition is not provably narrower: args.amount < 50 || true${outside}`,
        covers: [{ subject, system }],
      },
    ],
  };
}

function restrictionsOf(
  caller: Pick<RestrictionChange, 'subject' | 'system'>,
  outside: string,
  cause: Cause,
): readonly RestrictionChange[] {
  return [
    {
      ...caller,
      kind: 'condition',
      rule: `AgentPolicy/support/spending#refunds${outside}`,
      direction: 'widened',
      before: `denyUnless args.amount < 50${outside}`,
      after: `denyUnless args.amount < 5000${outside}`,
      causes: [cause],
    },
    {
      ...caller,
      kind: 'approval',
      rule: 'ToolPermission/support/refund',
      direction: 'narrowed',
      before: '1 of group security within 900 s',
      after: '2 of group security within 900 s, four eyes',
      causes: [cause],
    },
  ];
}

/** Two risks that gate and a notice. */
export function risksOf(outside: string, cause: Cause): readonly Risk[] {
  const security = { groups: ['security'], users: [], min: 2 };
  const risk = { content: 'f'.repeat(64), subject: undefined, causes: [cause], approvers: security, details: [] };
  return [
    {
      ...risk,
      id: 'R1-3f2a',
      class: 'R1',
      name: 'access.widened',
      gate: 'ack',
      subject: `Agent/support/writer${outside}`,
      title: `Agent "support/writer${outside}" may newly write and delete with support/refund.`,
      details: [`support/refund write: deny -> allow${outside}`, `support/refund delete: deny -> allow${outside}`],
    },
    {
      ...risk,
      id: 'R5-1122',
      class: 'R5',
      name: 'egress.new_host',
      gate: 'ack',
      title: `Tool "support/refund" newly reaches pay.example.com${outside}.`,
      approvers: { groups: [], users: ['ada', `bo${outside}`], min: 1 },
    },
    {
      ...risk,
      id: 'R11-9a0b',
      class: 'R11',
      name: 'prompt.suspicious',
      gate: 'notice',
      title: `The prompt of "support/writer" says "ignore previous instructions"${outside}.`,
    },
  ];
}
