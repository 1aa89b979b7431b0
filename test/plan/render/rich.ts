import type { Cause, CellChange } from '../../../src/plan/access.ts';
import type { Beside } from '../../../src/plan/beside.ts';
import type { Change, Plan } from '../../../src/plan/change.ts';
import type { Risk } from '../../../src/plan/risk.ts';
import type { Sections } from '../../../src/plan/section.ts';
import { update } from './plans.ts';

/**
 * A plan with something in every member, made by hand. Whatever an author or a row can choose carries `outside`, so
 * that a test can ask what becomes of it.
 */
export function richPlan(outside = '', change: Partial<Plan> = {}): Plan {
  const cause = causeOf(outside);
  return {
    ...update,
    target: { ...update.target, subject: `Let support refund${outside}` },
    changes: [...update.changes.map((one) => touched(one, outside)), ...specialChanges(outside)],
    drift: [driftedChange(outside)],
    summary: { add: 1, change: 1, remove: 1, move: 1, adopt: 1, orphan: 1 },
    access: accessOf(outside, cause),
    sections: sectionsOf(outside),
    recompiled: { resources: [`Tool/support/old${outside}`], systems: [`support/old${outside}`] },
    quarantined: [
      {
        address: `Agent/support/clerk${outside}`,
        digest: undefined,
        rollback: { revision: 5, to: 2, by: `ada${outside}`, reason: `It spent too much${outside}` },
      },
    ],
    risks: risksOf(outside, cause),
    guards: [
      {
        id: 'guard.updates',
        message: `11 of 22 resources are updated${outside}; the limit is 10.`,
        acknowledgeable: true,
        addresses: [`Agent/support/writer${outside}`],
      },
    ],
    beside: besideOf(outside),
    problems: [
      {
        code: 'manifest.unused',
        severity: 'warning',
        message: `Tool "crm${outside}" is used by nobody.`,
        file: `tools/crm${outside}.yaml`,
        line: 4,
        column: 7,
        help: `Remove it${outside}.`,
        address: `Tool/support/crm${outside}`,
      },
    ],
    ...change,
  };
}

function causeOf(outside: string): Cause {
  return {
    address: `AgentRole/support/refunds${outside}`,
    place: { file: `roles/refunds${outside}.yaml`, line: 7, column: 1 },
    fields: [`spec.permissions["tool:refund:write${outside}"]`],
  };
}

function touched(change: Change, outside: string): Change {
  if (outside === '') return change;
  return {
    ...change,
    name: `${change.name}${outside}`,
    address: `${change.address}${outside}`,
    place: { ...change.place, file: `${change.place.file}${outside}` },
    reason: change.reason === undefined ? undefined : `${change.reason}${outside}`,
    fields: change.fields.map((field) => ({
      ...field,
      path: `${field.path}${outside}`,
      ...(typeof field.after === 'string' ? { after: `${field.after}${outside}` } : {}),
      ...(field.lines === undefined
        ? {}
        : { lines: field.lines.map(({ sign, text }) => ({ sign, text: `${text}${outside}` })) }),
    })),
  };
}

/** A move, an adoption and an orphan. */
function specialChanges(outside: string): readonly Change[] {
  const base = {
    namespace: 'support',
    class: 'pending',
    place: { file: `moved${outside}.yaml`, line: 2, column: 1 },
    precondition: 2,
    before: { spec: { description: 'a' } },
    after: { spec: { description: `b${outside}` } },
    beforeDigest: 'b'.repeat(64),
    afterDigest: 'c'.repeat(64),
    fields: [],
    sensitive: [],
    unchanged: 4,
    reason: undefined,
  } as const;
  return [
    {
      ...base,
      kind: 'Tool',
      name: `lookup${outside}`,
      address: `Tool/support/lookup${outside}`,
      previousAddress: `Tool/support/find${outside}`,
      action: 'move',
    },
    {
      ...base,
      kind: 'AgentRole',
      name: `agents${outside}`,
      address: `AgentRole/support/agents${outside}`,
      action: 'create',
      class: 'converged',
      before: undefined,
    },
    {
      ...base,
      kind: 'AgentPolicy',
      name: `stray${outside}`,
      address: `AgentPolicy/support/stray${outside}`,
      action: 'delete',
      class: 'orphan',
      after: undefined,
      reason: `because no revision has it${outside}`,
    },
  ];
}

function driftedChange(outside: string): Change {
  return {
    address: `Agent/support/clerk${outside}`,
    kind: 'Agent',
    namespace: 'support',
    name: `clerk${outside}`,
    action: 'update',
    class: 'outOfBand',
    place: { file: `agents/clerk${outside}.yaml`, line: 1, column: 1 },
    precondition: 3,
    before: { spec: { modelRef: 'small' } },
    after: { spec: { modelRef: `large${outside}` } },
    beforeDigest: 'd'.repeat(64),
    afterDigest: 'e'.repeat(64),
    fields: [{ path: 'spec.modelRef', action: 'update', before: 'small', after: `large${outside}`, sensitive: false }],
    sensitive: [],
    unchanged: 6,
    reason: `because live was changed after the last apply, by psql${outside}`,
  };
}

function accessOf(outside: string, cause: Cause): Plan['access'] {
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
    coverage: [
      { policy: `AgentPolicy/support/spending${outside}`, subject, system, direction: 'widened', causes: [cause] },
    ],
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

function risksOf(outside: string, cause: Cause): readonly Risk[] {
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

function sectionsOf(outside: string): Sections {
  const place = { file: `systems/triage${outside}.yaml`, line: 1, column: 1 };
  const writer = `Agent/support/writer${outside}`;
  return {
    graphs: [
      {
        system: `AgentSystem/support/triage${outside}`,
        place,
        fate: 'changed',
        nodes: [
          { name: `draft${outside}`, kind: 'agent', target: `support/writer${outside}`, fate: 'same' },
          { name: `refund${outside}`, kind: 'tool', target: `support/refund${outside}`, fate: 'added' },
          { name: 'sign-off', kind: 'human', target: '', fate: 'removed' },
          {
            name: 'check',
            kind: 'agent',
            target: 'support/checker',
            fate: 'changed',
            was: { kind: 'agent', target: `support/clerk${outside}` },
            renamedFrom: `verify${outside}`,
            settings: [{ field: 'loop.maxTurns', before: '2', after: `4${outside}` }],
          },
        ],
        edges: [
          {
            from: `draft${outside}`,
            to: `refund${outside}`,
            when: `output.amount < 50 || false${outside}`,
            default: false,
            fate: 'added',
          },
          { from: `draft${outside}`, to: 'sign-off', when: undefined, default: true, fate: 'removed' },
          {
            from: `refund${outside}`,
            to: 'end',
            when: undefined,
            default: false,
            fate: 'changed',
            was: { when: 'x', default: false },
          },
        ],
        entries: { before: [`draft${outside}`], after: [`draft${outside}`, 'check'] },
        settings: [{ field: 'limits.maxTurns', before: undefined, after: '8' }],
      },
    ],
    prompts: [
      {
        address: writer,
        text: 'prompt',
        place: { file: `agents/writer${outside}.yaml`, line: 9, column: 1 },
        fate: 'changed',
        agents: [writer],
        lines: [
          { sign: ' ', text: '', skipped: 3 },
          { sign: ' ', text: `Cite the manual.${outside}` },
          { sign: '-', text: `Be brief.${outside}` },
          { sign: '+', text: `Be very brief.${outside}` },
        ],
        moreLines: 2,
        tokens: { before: 120, after: 1340 },
        hidden: [{ character: 'U+202E', name: 'RIGHT-TO-LEFT OVERRIDE', count: 1 }],
        moreHidden: 1,
      },
    ],
    models: [
      {
        endpoint: `ModelEndpoint/support/large${outside}`,
        was: `ModelEndpoint/support/small${outside}`,
        place: { file: `models/large${outside}.yaml`, line: 1, column: 1 },
        agents: [writer],
        moreAgents: 3,
        fields: [{ field: 'parameters.temperature', before: '0', after: `0.7${outside}` }],
      },
    ],
    egress: [reach(`pay.example.com${outside}`, writer), { ...reach('old.example.com', writer), fate: 'removed' }],
    secrets: [reach(`Secret/support/pay${outside}#key`, writer)],
    more: { egress: 2 },
  };
}

function reach(name: string, subject: string): Sections['egress'][number] {
  const outside = subject.slice('Agent/support/writer'.length);
  return {
    name,
    fate: 'added',
    through: [`Tool/support/refund${outside}`],
    subjects: [subject],
    systems: [`AgentSystem/support/triage${outside}`],
  };
}

function besideOf(outside: string): Beside {
  const system = `support/triage${outside}`;
  const none: readonly string[] = [];
  return {
    impact: {
      systems: [`AgentSystem/${system}`],
      schedules: [
        {
          address: `TaskSchedule/support/nightly${outside}`,
          system: `AgentSystem/${system}`,
          nextFire: '2026-01-03T03:00:00.000Z',
          fate: 'kept',
        },
      ],
      webhooks: [{ address: `TaskWebhook/support/mail${outside}`, system: `AgentSystem/${system}`, fate: 'added' }],
      runs: [
        {
          system,
          inFlight: 3,
          oldest: '2026-01-02T03:04:05.000Z',
          revisions: { oldest: 2, newest: 3 },
          notices: [
            {
              address: `AgentRole/support/refunds${outside}`,
              fields: [`spec.permissions${outside}`],
              reaches: 'newRuns',
            },
          ],
        },
      ],
    },
    budget: [
      {
        system,
        ceiling: { before: 450_000, after: undefined },
        ceilingLacks: { before: none, after: [`no cap on ${outside || 'money'}`] },
        expected: { before: 12_100_000, after: 30_000_000 },
        expectedLacks: { before: none, after: none },
        runs: 120,
        days: 7,
      },
    ],
    backtest: {
      runs: 200,
      calls: 10_000,
      deniedRuns: 14,
      deniedCalls: 52,
      allowedCalls: 3,
      examples: [
        {
          run: '01a1fc02-ab12-70b2-a736-b6eedfa5773f',
          path: `draft${outside}/1`,
          subject: `Agent/support/writer${outside}`,
          target: `tool support/search${outside}`,
          reason: 'policy.denied',
          rule: `AgentPolicy support/spending${outside}`,
          count: 52,
        },
      ],
    },
    preflight: { ok: false, code: 'apply.failed', message: `A row is too large${outside}.` },
    guards: [
      {
        id: 'guard.live_runs',
        message: `3 runs of support/triage${outside} are in flight.`,
        acknowledgeable: true,
        addresses: [`AgentSystem/${system}`],
      },
    ],
    acknowledgements: [
      {
        id: 'R1-3f2a',
        by: `ada${outside}`,
        at: '2026-01-02T03:04:05.000Z',
        reason: `Agreed${outside}`,
        planDigest: 'a'.repeat(64),
      },
    ],
  };
}

/** Thousands of resources at once, as the first import of a large repository makes them. */
export function hugePlan(count: number): Plan {
  const rich = richPlan();
  const [first] = rich.changes;
  const [cell] = rich.access.cells;
  const [risk] = rich.risks;
  const [prompt] = rich.sections.prompts;
  if (first === undefined || cell === undefined || risk === undefined || prompt === undefined)
    throw new TypeError('empty');
  const numbers = Array.from({ length: count }, (_, at) => at);
  return {
    ...rich,
    changes: numbers.map((at) => ({ ...first, name: `model-${at}`, address: `ModelEndpoint/default/model-${at}` })),
    summary: { ...rich.summary, add: count, change: 0, remove: 0, move: 0, adopt: 0, orphan: 0 },
    access: { ...rich.access, cells: numbers.map((at) => ({ ...cell, subject: `Agent/default/agent-${at}` })) },
    risks: numbers.map((at) => ({ ...risk, id: `R1-${at.toString(16).padStart(4, '0')}` })),
    sections: {
      ...rich.sections,
      prompts: numbers.map((at) => ({ ...prompt, address: `Agent/default/agent-${at}` })),
    },
  };
}
