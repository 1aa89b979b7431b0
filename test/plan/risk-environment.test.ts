import { describe, expect, test } from 'vitest';
import type { Resource } from '../../src/manifest/resource.ts';
import { type EnvironmentRules, ordinaryHealth, type Rules } from '../../src/manifest/rules.ts';
import { localPerson } from '../../src/policy/person.ts';
import { standingOf } from '../../src/plan/approvers.ts';
import { renderMarkdown } from '../../src/plan/render/markdown.ts';
import { renderText } from '../../src/plan/render/text.ts';
import { resource, system } from './fixture.ts';
import { base, grouped, ids, planned, risks } from './risk-fixture.ts';

describe('what is deleted with what depends on it', () => {
  const task = resource({ kind: 'Task', name: 'work', spec: { systemRef: 'desk' } });
  const schedule = (taskRef: string) =>
    resource({ kind: 'TaskSchedule', name: 'nightly', spec: { taskRef, cron: '0 9 * * *', timeZone: 'UTC' } });
  const other = resource({ kind: 'Task', name: 'other', spec: { systemRef: 'desk' } });
  const desk = system('desk', { work: { agentRef: 'writer', edges: [] } });
  const rest = base().filter(({ kind }) => kind !== 'AgentSystem');
  const lost = (before: readonly Resource[], after: readonly Resource[]) =>
    risks([...rest, ...before], [...rest, ...after])
      .filter(({ class: kind }) => kind === 'R10')
      .map(({ title, gate }) => [gate, title]);

  test('is one risk for all that goes with it', () => {
    expect(lost([desk, task, schedule('work')], [])).toEqual([
      [
        'ack',
        'AgentSystem/default/desk is deleted with what depends on it: Task/default/work, TaskSchedule/default/nightly.',
      ],
    ]);
    expect(lost([desk, task, schedule('work')], [desk])).toEqual([
      ['ack', 'Task/default/work is deleted with what depends on it: TaskSchedule/default/nightly.'],
    ]);
  });

  test.each<[string, readonly Resource[], readonly Resource[]]>([
    ['a schedule alone', [desk, task, schedule('work')], [desk, task]],
    ['a task that nothing starts', [desk, task, other, schedule('other')], [desk, other, schedule('other')]],
    [
      'a task whose schedule goes on with another',
      [desk, task, other, schedule('work')],
      [desk, other, schedule('other')],
    ],
    ['a system that nothing runs', [desk], []],
  ])('%s is none', (_, before, after) => {
    expect(lost(before, after)).toEqual([]);
  });

  test('has another content when something else goes with it', () => {
    const content = (more: readonly Resource[]) =>
      risks([...rest, desk, task, ...more], rest).find(({ class: kind }) => kind === 'R10')?.content;
    expect(content([schedule('work')])).not.toBe(content([]));
  });

  test('of thousands in a chain is found once', () => {
    const tasks = Array.from({ length: 3_000 }, (_, at) =>
      resource({ kind: 'Task', name: `t${at}`, spec: { systemRef: 'desk' } }),
    );
    expect(lost([desk, ...tasks], [])).toHaveLength(1);
  });
});

describe('what pawl.yaml says of the environment', () => {
  const environment: EnvironmentRules = {
    branch: 'main',
    paths: ['agents', 'policies'],
    namespaces: ['support'],
    apply: 'manual',
    drift: 'alert',
    windows: [{ verdict: 'allow', cron: '0 9 * * *', duration: '8h', timeZone: 'UTC' }],
    signatures: { mode: 'require', allowedSigners: 'signers' },
    alerts: ['oncall', 'security'],
    recipients: ['age1a'],
  };
  const [window] = environment.windows;
  const wide = { verdict: 'allow', cron: '* * * * *', duration: '1h', timeZone: 'UTC' } as const;
  const denied = { ...wide, verdict: 'deny' } as const;
  const between = (before: Partial<EnvironmentRules>, after: Partial<EnvironmentRules>) =>
    risks(base(), base(), {
      rules: { ...grouped, environment: { ...environment, ...before } },
      target: { ...grouped, environment: { ...environment, ...after } },
    }).map(({ class: kind, gate }) => `${kind} ${gate}`);

  test.each<[string, Partial<EnvironmentRules>]>([
    ['the branch', { branch: 'evil' }],
    ['the branch that it is taken from', { takenFrom: 'evil' }],
    ['one path more', { paths: ['agents', 'policies', 'more'] }],
    ['the order of paths, which decides what patches what', { paths: ['policies', 'agents'] }],
    ['one namespace more', { namespaces: ['support', 'finance'] }],
    ['apply by itself', { apply: 'auto' }],
    ['healing', { drift: 'heal' }],
    ['a window more', { windows: [...environment.windows, wide] }],
    ['another window', { windows: [wide] }],
    ['no window, which is any time', { windows: [] }],
    ['no signatures', { signatures: { mode: 'off' } }],
    ['other signers', { signatures: { mode: 'require', allowedSigners: 'mine' } }],
    ['a receiver of alerts less', { alerts: ['oncall'] }],
    ['rollbacks that nobody asked for', { health: { ...ordinaryHealth, onFailure: 'rollback' } }],
    ['more runs that may fail', { health: { ...ordinaryHealth, maxErrorRate: 99 } }],
    ['a shorter look after an apply', { health: { ...ordinaryHealth, window: '1s' } }],
    ['one more who reads secrets', { recipients: ['age1a', 'age1b'] }],
  ])('gates: %s', (_, change) => {
    expect(between({}, change)).toEqual(['R13 ack']);
  });

  test.each<[string, Partial<EnvironmentRules>, Partial<EnvironmentRules>]>([
    ['apply by hand', { apply: 'auto' }, {}],
    ['signatures', { signatures: { mode: 'off' } }, {}],
    ['a first window', { windows: [] }, {}],
    ['a window that denies', {}, { windows: [...environment.windows, denied] }],
    ['a window less', { windows: [...environment.windows, wide] }, { windows: window === undefined ? [] : [window] }],
    ['a path less', {}, { paths: ['policies'] }],
    ['a namespace less', { namespaces: ['support', 'finance'] }, {}],
    ['a receiver more', { alerts: ['oncall'] }, {}],
    ['fewer runs that may fail', {}, { health: { ...ordinaryHealth, maxErrorRate: 5 } }],
    ['one less who reads secrets', { recipients: ['age1a', 'age1b'] }, {}],
  ])('is shown, and gates nothing: %s', (_, before, after) => {
    expect(between(before, after)).toEqual(['R13 notice']);
  });

  test('gates for what loosens, beside what becomes stricter', () => {
    expect(between({}, { paths: ['policies'], apply: 'auto' }).toSorted()).toEqual(['R13 ack', 'R13 notice']);
  });

  test('that nothing was kept of gates, and the same again is none', () => {
    const target = { ...grouped, environment };
    expect(ids(risks(base(), base(), { rules: grouped, target }))).toEqual(['R13']);
    expect(between({}, {})).toEqual([]);
  });

  test('alone is shown in words, although no resource changes', () => {
    const plan = planned(base(), base(), {
      rules: { ...grouped, environment },
      target: { ...grouped, environment: { ...environment, apply: 'auto' } },
    });
    expect(plan.changes).toEqual([]);
    for (const page of [
      renderText({ ...plan, bundles: [] }, { width: 80, color: false }),
      renderMarkdown({ ...plan, bundles: [] }),
    ]) {
      expect(page).toContain('environment.apply');
      expect(page).not.toContain('No changes');
    }
  });
});

describe('who may ask what of the doors, by access of pawl.yaml', () => {
  const access = [
    { role: 'reader', groups: ['support'], users: [] },
    { role: 'operator', namespaces: ['billing'], groups: [], users: ['ada'] },
  ] as const;
  const found = (before: Rules, after: Rules) => risks(base(), base(), { rules: before, target: after });

  test('is said in the words of roles and people, whatever the order of the list', () => {
    const target = {
      ...grouped,
      access: [...access, { role: 'admin', groups: [], users: ['eve'] } as const].reverse(),
    };
    const [risk, ...others] = found({ ...grouped, access }, target);
    expect(others).toEqual([]);
    expect(risk).toMatchObject({
      class: 'R13',
      gate: 'ack',
      title: 'pawl.yaml changes who judges the next plan: access.',
      details: ['access gives admin everywhere: user eve'],
    });
  });

  test('that takes a role gates as well, and no access at all says each that is gone', () => {
    const [risk] = found({ ...grouped, access }, grouped);
    expect(risk).toMatchObject({
      gate: 'ack',
      details: ['access takes operator in billing: user ada', 'access takes reader everywhere: group support'],
    });
  });

  test('is for the old rules to release: whom the change itself names has no say in it', () => {
    const target: Rules = {
      ...grouped,
      groups: { ...grouped.groups, security: { github: { users: ['eve'] } } },
      access: [{ role: 'admin', groups: ['security'], users: ['eve'] }],
    };
    const plan = planned(base(), base(), { rules: grouped, target });
    const [risk] = plan.risks;
    expect(risk?.approvers).toMatchObject({ groups: ['security'] });
    const may = (name: string) =>
      standingOf(localPerson(name), risk?.approvers ?? { groups: ['nobody'], users: [], min: 1 }, grouped).may;
    expect([may('eve'), may('sam')]).toEqual([false, true]);
  });

  test('the same again is none', () => {
    expect(found({ ...grouped, access }, { ...grouped, access: [...access].reverse() })).toEqual([]);
  });
});
