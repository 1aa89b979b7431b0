import type { Cause } from '../../../src/plan/access.ts';
import type { Change, Plan } from '../../../src/plan/change.ts';
import { update } from './plans.ts';
import { accessOf, risksOf } from './rich-access.ts';
import { besideOf } from './rich-beside.ts';
import { sectionsOf } from './rich-sections.ts';

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
    overrides: [
      {
        id: '7',
        address: `Agent/support/clerk${outside}`,
        spec: { modelRef: 'large' },
        reason: `The small one is down${outside}`,
        by: `bo${outside}`,
        setAt: '2026-01-02T03:04:05.000Z',
        expiresAt: '2026-01-03T03:04:05.000Z',
      },
    ],
    recompiled: { resources: [`Tool/support/old${outside}`], systems: [`support/old${outside}`] },
    quarantined: [
      {
        address: `Agent/support/clerk${outside}`,
        digest: undefined,
        rollback: { revision: 5, to: 2, by: `ada${outside}`, reason: `It spent too much${outside}` },
      },
    ],
    risks: risksOf(outside, cause),
    guardApprovers: { groups: ['platform'], users: [], min: 1 },
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
