import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { impactOf, type OpenRunCount, systemsReached } from '../../src/plan/impact.ts';
import { plan } from '../../src/plan/plan.ts';
import { sidesOf } from '../../src/plan/sides.ts';
import {
  agent,
  inSync,
  liveOf,
  model,
  optionsOf,
  policy,
  resource,
  role,
  snapshotOf,
  system,
  tool,
} from './fixture.ts';
import { noRollouts, replaced } from './fixture-sides.ts';

const node = (agentRef: string): JsonObject => ({ agentRef, edges: [] });
const base = [
  model('small'),
  tool('search', { operation: ['read'] }),
  role('support', ['tool:search:read']),
  agent('writer', { tools: [{ toolRef: 'search' }], roles: ['support'] }),
  agent('critic'),
  system('triage', { draft: node('writer') }),
  system('review', { check: node('critic') }),
  system('outer', { go: node('critic') }),
];
const now = new Date('2025-03-29T12:00:00Z');

function planned(before: readonly Resource[], after: readonly Resource[]) {
  const bundles = new Map(
    plan(snapshotOf(before), liveOf([]), optionsOf([])).bundles.map((one) => [one.system, one.digest]),
  );
  const [snapshot, live, options] = [snapshotOf(after), inSync(before, { bundles }), optionsOf(before)];
  const made = plan(snapshot, live, options);
  return { plan: made, sides: sidesOf(snapshot, live, { changes: made.changes, bodies: options.bodies }) };
}

const impact = (before: readonly Resource[], after: readonly Resource[], runs: readonly OpenRunCount[] = []) =>
  impactOf({ ...planned(before, after), runs, rollouts: noRollouts, now });

const open = (path: string, runs = 12): OpenRunCount => ({
  system: path,
  runs,
  oldest: new Date('2025-03-29T10:00:00Z'),
  revisionOldest: 40,
  revisionNewest: 41,
});

describe('systems', () => {
  test.each([
    ['a prompt', agent('writer', { prompt: 'New.', tools: [{ toolRef: 'search' }], roles: ['support'] }), ['triage']],
    ['a role', role('support', []), ['triage']],
    ['a tool', tool('search', { operation: ['read'], description: 'Finds.' }), ['triage']],
    ['a model', model('small', { model: 'm-2' }), ['outer', 'review', 'triage']],
    [
      'a policy',
      policy('strict', { targets: { agents: ['critic'] }, tools: { allow: [] }, limits: { maxSteps: 2 } }),
      ['outer', 'review'],
    ],
  ])('%s reaches the systems that are not what they were', (_what, changed, expected) => {
    expect(impact(base, replaced(base, changed)).systems).toEqual(
      expected.map((name) => `AgentSystem/default/${name}`),
    );
  });

  test('what is written for people reaches nothing', () => {
    const after = replaced(
      base,
      agent('critic', { description: 'Reads.' }),
      role('support', ['tool:search:read'], { labels: { a: 'b' } }),
    );
    expect(impact(base, after)).toEqual({
      systems: [],
      schedules: [],
      webhooks: [],
      evals: [],
      workforces: [],
      runs: [],
    });
  });

  test('a system that is removed is reached, and one that a node of another is reaches that one', () => {
    expect(impact(base, base.slice(0, -1)).systems).toEqual(['AgentSystem/default/outer']);
    const made = planned(
      base,
      replaced(base, agent('writer', { prompt: 'New.', tools: [{ toolRef: 'search' }], roles: ['support'] })),
    );
    const nested = system('nest', { inner: { systemRef: 'triage', edges: [] } });
    const sides = { ...made.sides, after: new Map([...made.sides.after, [nested.address, nested] as const]) };
    expect(systemsReached(made.plan, sides)).toEqual(['default/nest', 'default/triage']);
  });
});

describe('what starts them', () => {
  const task = resource({ kind: 'Task', name: 'sort', spec: { systemRef: 'triage' } });
  const schedule = (name: string, spec: JsonObject) =>
    resource({ kind: 'TaskSchedule', name, spec: { timeZone: 'UTC', suspend: false, ...spec } });
  const hook = resource({ kind: 'TaskWebhook', name: 'ticket', spec: { taskRef: 'sort', suspend: false } });
  const after = (...more: Resource[]) => {
    const made = planned(
      base,
      replaced(base, agent('writer', { prompt: 'New.', tools: [{ toolRef: 'search' }], roles: ['support'] })),
    );
    const added = [task, ...more].map((one) => [one.address, one] as const);
    const [left, right] = [made.sides.before, made.sides.after].map((side) => new Map([...side, ...added]));
    return impactOf({
      plan: made.plan,
      sides: { ...made.sides, before: left ?? new Map(), after: right ?? new Map() },
      runs: [],
      rollouts: noRollouts,
      now,
    });
  };

  test('schedules come in the order of their next time, which goes by their own zone through summer time', () => {
    const { schedules } = after(
      schedule('berlin', { taskRef: 'sort', cron: '30 2 * * *', timeZone: 'Europe/Berlin' }),
      schedule('daily', { task: { systemRef: 'triage' }, cron: '0 9 * * *' }),
      schedule('paused', { taskRef: 'sort', cron: '* * * * *', suspend: true }),
      schedule('other', { task: { systemRef: 'review' }, cron: '* * * * *' }),
    );
    expect(schedules).toEqual([
      {
        address: 'TaskSchedule/default/berlin',
        system: 'AgentSystem/default/triage',
        nextFire: '2025-03-30T01:00:00.000Z',
        fate: 'kept',
      },
      {
        address: 'TaskSchedule/default/daily',
        system: 'AgentSystem/default/triage',
        nextFire: '2025-03-30T09:00:00.000Z',
        fate: 'kept',
      },
      {
        address: 'TaskSchedule/default/paused',
        system: 'AgentSystem/default/triage',
        nextFire: undefined,
        fate: 'kept',
      },
    ]);
  });

  test('webhooks are found through the Task that they name', () => {
    expect(after(hook).webhooks).toEqual([
      { address: 'TaskWebhook/default/ticket', system: 'AgentSystem/default/triage', fate: 'kept' },
    ]);
  });

  test('a schedule that a plan brings or takes away is among them, whatever it starts', () => {
    const one = schedule('daily', { task: { systemRef: 'review' }, cron: '0 9 * * *' });
    expect(impact(base, [...base, one]).schedules).toMatchObject([
      { fate: 'added', nextFire: '2025-03-30T09:00:00.000Z' },
    ]);
    expect(impact([...base, one], base).schedules).toMatchObject([{ fate: 'removed', nextFire: undefined }]);
  });

  test('fifty schedules are listed, and the others counted', () => {
    const many = Array.from({ length: 80 }, (_one, at) =>
      schedule(`s${at}`, { taskRef: 'sort', cron: `${at % 60} * * * *` }),
    );
    const { schedules, moreSchedules } = after(...many);
    expect([schedules.length, moreSchedules]).toEqual([50, 30]);
  });
});

describe('runs in flight', () => {
  test('keep what they started with, and hear at once of what is tightened', () => {
    const spec = { tools: [{ toolRef: 'search' }], roles: ['support'] };
    const after = replaced(
      base,
      agent('writer', { ...spec, prompt: 'New.', limits: { maxSteps: 3, maxToolCalls: 50, timeout: '5m' } }),
    );
    expect(impact(base, after, [open('default/triage')]).runs).toEqual([
      {
        system: 'default/triage',
        inFlight: 12,
        oldest: '2025-03-29T10:00:00.000Z',
        revisions: { oldest: 40, newest: 41 },
        notices: [
          { address: 'Agent/default/writer', fields: ['spec.limits.maxSteps'], reaches: 'nextCall' },
          { address: 'Agent/default/writer', fields: ['spec.prompt'], reaches: 'pinned' },
        ],
      },
    ]);
  });

  test('what is loosened reaches new runs only, and so does a role or a policy that grants more', () => {
    const spec = { tools: [{ toolRef: 'search' }], roles: ['support'] };
    const looser = replaced(
      base,
      agent('writer', { ...spec, limits: { maxSteps: 30, maxToolCalls: 50, timeout: '5m' } }),
    );
    expect(impact(base, looser, [open('default/triage')]).runs[0]?.notices).toEqual([
      { address: 'Agent/default/writer', fields: ['spec.limits.maxSteps'], reaches: 'newRuns' },
    ]);
    const strict = [...base, policy('strict', { targets: { agents: ['writer'] }, tools: { deny: ['search'] } })];
    expect(impact(base, strict, [open('default/triage')]).runs[0]?.notices).toEqual([
      { address: 'AgentPolicy/default/strict', fields: [], reaches: 'nextCall' },
    ]);
    expect(impact(strict, base, [open('default/triage')]).runs[0]?.notices).toEqual([
      { address: 'AgentPolicy/default/strict', fields: [], reaches: 'newRuns' },
    ]);
  });

  test('of a removed system follow its drain', () => {
    const before = replaced(base, system('outer', { go: node('critic') }, { spec: { drain: 'cancel' } }));
    const [run] = impact(
      before,
      before.filter(({ name }) => name !== 'outer'),
      [open('default/outer', 1)],
    ).runs;
    expect([run?.inFlight, run?.drain]).toEqual([1, 'cancel']);
  });
});

describe('workforces', () => {
  const desk = resource({ kind: 'Workforce', name: 'desk', spec: { entryAgents: ['writer'], owner: 'us' } });
  const helped = agent('writer', {
    tools: [{ toolRef: 'search' }],
    roles: ['support'],
    agents: [{ agentRef: 'critic' }],
  });
  const workforces = (before: readonly Resource[], after: readonly Resource[]) => impact(before, after).workforces;

  test('gain and lose what their agents reach, though nobody wrote it', () => {
    const before = [...base, desk];
    const after = replaced(before, helped);
    const member = { address: desk.address, fate: 'kept', changes: ['Agent/default/writer'] };
    expect(workforces(before, after)).toEqual([{ ...member, joins: ['Agent/default/critic'], leaves: [] }]);
    expect(workforces(after, before)).toEqual([{ ...member, joins: [], leaves: ['Agent/default/critic'] }]);
  });

  test('are shown when they come, when they go, and when only what is written of them changes', () => {
    const members = ['Agent/default/writer', 'Tool/default/search'];
    const told = { address: desk.address, joins: [], leaves: [], changes: [] };
    expect(workforces(base, [...base, desk])).toEqual([{ ...told, fate: 'added', joins: members }]);
    expect(workforces([...base, desk], base)).toEqual([{ ...told, fate: 'removed', leaves: members }]);
    const owned = resource({ kind: 'Workforce', name: 'desk', spec: { entryAgents: ['writer'], owner: 'them' } });
    expect(workforces([...base, desk], [...base, owned])).toEqual([{ ...told, fate: 'kept' }]);
  });

  test('that the changes do not bear on are not shown', () => {
    const after = replaced([...base, desk], agent('critic', { prompt: 'New.' }));
    expect(workforces([...base, desk], after)).toEqual([]);
  });
});

describe('evals', () => {
  const basics = resource({ kind: 'Eval', name: 'basics', spec: { systemRef: 'triage', cases: [{}, {}] } });
  const evals = (before: readonly Resource[], after: readonly Resource[]) => impact(before, after).evals;
  const shown = { address: basics.address, system: 'AgentSystem/default/triage', cases: 2 };

  test('are shown when what they try is another, and when they are', () => {
    const before = [...base, basics];
    const prompted = agent('writer', { prompt: 'New.', tools: [{ toolRef: 'search' }], roles: ['support'] });
    expect(evals(before, replaced(before, prompted))).toEqual([{ ...shown, fate: 'kept' }]);
    expect(evals(before, replaced(before, agent('critic', { prompt: 'New.' })))).toEqual([]);
    expect(evals(base, before)).toEqual([{ ...shown, fate: 'added' }]);
    expect(evals(before, base)).toEqual([{ ...shown, fate: 'removed' }]);
  });
});
