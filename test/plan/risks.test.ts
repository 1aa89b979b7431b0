import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { ordinaryRules, type Rules } from '../../src/manifest/rules.ts';
import { plan } from '../../src/plan/plan.ts';
import type { Risk } from '../../src/plan/risk.ts';
import { risksOf } from '../../src/plan/risks.ts';
import {
  agent,
  inSync,
  mapOf,
  model,
  optionsOf,
  policy,
  resource,
  role,
  server,
  snapshotOf,
  system,
  tool,
} from './fixture.ts';
import { base, grouped, ids, risks } from './risk-fixture.ts';

describe('a risk of access', () => {
  test('is one for each agent, with what it consists of and what brings it about', () => {
    const [risk, ...others] = risks(base(), base({}, ['tool:search:write', 'tool:refund:write']));
    expect(others).toEqual([]);
    expect(risk).toMatchObject({
      class: 'R1',
      name: 'access.widened',
      gate: 'ack',
      subject: 'Agent/default/writer',
      title: 'Agent/default/writer may newly call default/refund (write).',
      details: ['default/refund (write) in default/desk: deny -> allow'],
      causes: [{ address: 'AgentRole/default/worker', place: { file: 'worker.yaml' } }],
    });
    expect(risk?.id).toMatch(/^R1-[0-9a-f]{4}$/);
  });

  test('is none where a role only takes away', () => {
    expect(risks(base({}, ['tool:search:write', 'tool:refund:write']), base())).toEqual([]);
  });

  test('is none where nothing but words change', () => {
    expect(risks(base(), base({ description: 'Writes.', prompt: 'Help kindly.' }))).toEqual([]);
  });

  test('has another content as soon as one call more is permitted', () => {
    const one = risks(base({}, []), base());
    const two = risks(base({}, []), base({}, ['tool:search:write', 'tool:refund:write']));
    expect(one[0]?.content).not.toBe(two[0]?.content);
  });

  test('has another content when what is called is another tool under the same name', () => {
    const wide = base({}, ['tool:refund:write']);
    const other = wide.map((one) => (one.name === 'refund' ? tool('refund', { idempotent: true }) : one));
    const [left, right] = [risks(base({}, []), wide), risks(base({}, []), other)];
    expect(left.find(({ class: kind }) => kind === 'R1')?.content).not.toBe(
      right.find(({ class: kind }) => kind === 'R1')?.content,
    );
  });

  test('of more agents than a person reads is one, whose content moves with every call of any of them', () => {
    const names = Array.from({ length: 30 }, (_, index) => `agent-${index}`);
    const fleet = (granted: readonly string[], refund: JsonObject = {}): Resource[] => [
      model('small'),
      tool('search'),
      tool('refund', refund),
      role('worker', granted),
      ...names.map((name) => agent(name, { tools: [{ toolRef: 'search' }, { toolRef: 'refund' }], roles: ['worker'] })),
      ...names.map((name) => system(`desk-of-${name}`, { work: { agentRef: name, edges: [] } })),
    ];
    const both = ['tool:search:write', 'tool:refund:write'];
    const found = (after: readonly Resource[], before = fleet([])): Risk[] =>
      risks(before, after).filter(({ class: kind }) => kind === 'R1');
    const [risk, ...others] = found(fleet(both));
    expect(others).toEqual([]);
    expect(risk).toMatchObject({
      subject: undefined,
      title:
        '30 times access.widened, the first: Agent/default/agent-0 may newly call default/refund (write), default/search (write).',
      causes: [{ address: 'AgentRole/default/worker' }],
    });
    expect(risk?.details.slice(-2)).toEqual([
      'Agent/default/agent-4: default/search (write) in default/desk-of-agent-4: deny -> allow',
      '… and 10 more',
    ]);
    expect(risk?.details.slice(0, -1)).toEqual(risk?.details.slice(0, -1).toSorted());
    expect(risk?.details).toHaveLength(51);
    const contents = [
      found(fleet(both)),
      found(fleet(['tool:refund:write'])),
      found(fleet(both, { idempotent: true })),
      found(fleet(both), fleet(['tool:search:write'])),
      found(fleet(both).filter(({ name }) => !name.endsWith('agent-29'))),
    ].map(([one]) => one?.content);
    expect(new Set(contents).size).toBe(4);
    expect(found(fleet(both).reverse(), fleet([]).reverse())[0]?.content).toBe(risk?.content);
  });

  test('keeps its content when files move, lines shift and other changes come along', () => {
    const wide = base({}, ['tool:search:write', 'tool:refund:write']);
    const moved = wide.map((one) => ({ ...one, place: { file: `moved/${one.name}.yaml`, line: 99, column: 3 } }));
    const more = [...moved, role('other', ['tool:nothing:read'])].reverse();
    expect(risks(base(), more)[0]).toMatchObject({
      id: risks(base(), wide)[0]?.id,
      content: risks(base(), wide)[0]?.content,
    });
  });
});

describe('a risk of money', () => {
  const capped = (limit: number) => [...base(), policy('caps', { global: true, limits: { maxSteps: limit } })];

  test('is a ceiling that rises, and none is one that falls', () => {
    expect(ids(risks(capped(4), capped(8)))).toEqual(['R4']);
    expect(risks(capped(8), capped(4))).toEqual([]);
  });

  test('is for the owner on the base side: whom the change names has no say', () => {
    const owned = (limit: number, owner: string) => [
      ...base(),
      policy('caps', { global: true, limits: { maxSteps: limit }, owner }),
    ];
    const found = risks(owned(4, 'support'), owned(8, 'platform'), { rules: grouped });
    expect(found.map(({ class: kind, approvers }) => [kind, approvers.groups])).toEqual([
      ['R4', ['support']],
      ['R13', ['security']],
    ]);
  });
});

describe('who may acknowledge', () => {
  const widen = (rules: Rules, target?: Rules) =>
    risks(base(), base({}, ['tool:search:write', 'tool:refund:write']), { rules, ...(target && { target }) });
  const first = (found: readonly Risk[]) => found[0]?.approvers;

  test('is anybody where no group is defined, and security where it is', () => {
    expect(first(widen(ordinaryRules))).toEqual({ groups: [], users: [], min: 1 });
    expect(first(widen(grouped))).toEqual({ groups: ['security'], users: [], min: 1 });
  });

  test('is whom approvals name instead', () => {
    const approvals = { 'access.widened': { groups: ['platform'], users: ['ann'], min: 2 } };
    expect(first(widen({ ...grouped, approvals }))).toEqual(approvals['access.widened']);
  });

  test('is any group where the one that is asked is not defined', () => {
    const groups = { support: { github: { users: ['sue'] } }, finance: { github: { users: ['fay'] } } };
    expect(first(widen({ ...ordinaryRules, groups }))?.groups).toEqual(['finance', 'support']);
  });

  test('is what the rules that are live say, whatever the change says of itself', () => {
    const mine = { ...grouped, groups: { security: { github: { users: ['mallory'] } } } };
    const found = widen(grouped, mine);
    expect(ids(found)).toEqual(['R1', 'R13']);
    expect(found.every(({ approvers }) => approvers.groups.includes('security'))).toBe(true);
    expect(found[1]).toMatchObject({
      title: 'pawl.yaml changes who judges the next plan: groups.',
      details: expect.arrayContaining([expect.stringContaining('mallory')]),
    });
  });

  test('rules that say the same in another order are the same rules', () => {
    expect(ids(widen(grouped, structuredClone(grouped)))).toEqual(['R1']);
  });
});

describe('the first apply', () => {
  const first = (after: readonly Resource[], target = ordinaryRules) => {
    const snapshot = snapshotOf(after);
    const environment = { ...snapshot.environment, rules: target };
    return plan({ ...snapshot, environment }, inSync([], { revision: 0 }), optionsOf([])).risks;
  };

  test('is one risk, whatever is in it', () => {
    expect(first(base())).toMatchObject([
      { id: 'bootstrap', gate: 'ack', details: expect.arrayContaining(['2 Tool']) },
    ]);
  });

  test('is another one when the content is, or the rules that it brings', () => {
    const contents = [first(base()), first(base({ prompt: 'Other.' })), first(base(), grouped)];
    expect(new Set(contents.map(([risk]) => risk?.content)).size).toBe(3);
  });

  test('of nothing is none', () => {
    expect(first([])).toEqual([]);
  });
});

describe('what else', () => {
  const memory = (spec: JsonObject = {}) =>
    resource({ kind: 'Memory', name: 'notes', spec: { type: 'postgres', ...spec } });
  const schedule = (cron: string, spec: JsonObject = {}) =>
    resource({ kind: 'TaskSchedule', name: 'nightly', spec: { taskRef: 'work', cron, timeZone: 'UTC', ...spec } });
  const hook = (spec: JsonObject) =>
    resource({ kind: 'TaskWebhook', name: 'issues', spec: { taskRef: 'work', ...spec } });
  const signed = { auth: { profile: 'github', secretRef: { name: 'keys', key: 'a' }, tolerance: '5m' } };

  test.each<[string, Resource | undefined, Resource | undefined, readonly string[]]>([
    ['a model that answers otherwise', model('small'), model('small', { model: 'n' }), ['R8']],
    ['a memory that is deleted', memory(), undefined, ['R10']],
    ['a memory that is kept elsewhere', memory(), memory({ type: 'inMemory' }), ['R10']],
    ['a memory that is kept as it was for longer', memory(), memory({ session: { ttl: '1d' } }), []],
    [
      'a tool of a server that says otherwise what it is',
      server('tickets', { get: 'Gets one.' }),
      server('tickets', { get: 'Gets one and mails it.' }),
      ['R12'],
    ],
    [
      'one more tool of a server',
      server('tickets', { get: 'Gets one.' }),
      server('tickets', { get: 'Gets one.', put: 'Puts one.' }),
      [],
    ],
    ['a tool that says otherwise what it is', tool('search'), tool('search', { description: 'Run it!' }), ['R12']],
    ['a schedule more often', schedule('0 9 * * *'), schedule('0 9,10 * * *'), ['R9']],
    ['a schedule at another hour', schedule('0 9 * * *'), schedule('0 10 * * *'), []],
    ['a schedule less often', schedule('*/5 * * * *'), schedule('0 9 * * *'), []],
    ['a new schedule', undefined, schedule('0 9 * * *'), ['R9']],
    ['a schedule that goes on', schedule('0 9 * * *', { suspend: true }), schedule('0 9 * * *'), ['R9']],
    ['a webhook without its filter', hook({ ...signed, filter: 'a' }), hook(signed), ['R9']],
    ['a webhook with a filter that it lacked', hook(signed), hook({ ...signed, filter: 'a' }), []],
    [
      'a webhook whose signatures hold longer',
      hook(signed),
      hook({ auth: { ...signed.auth, tolerance: '1h' } }),
      ['R9'],
    ],
    [
      'a webhook whose signatures hold less long',
      hook(signed),
      hook({ auth: { ...signed.auth, tolerance: '1m' } }),
      [],
    ],
  ])('%s', (_, before, after, expected) => {
    const rest = [role('other', [])];
    const side = (one: Resource | undefined) => (one === undefined ? rest : [one, ...rest]);
    const [left, right] = [mapOf(side(before)), mapOf(side(after))];
    const changed = [...new Set([...left.keys(), ...right.keys()])]
      .filter((address) => left.get(address)?.digest !== right.get(address)?.digest)
      .sort();
    const found = risksOf({
      sides: { before: left, after: right, changed, changes: new Map() },
      changes: [],
      access: { cells: [], limits: [], coverage: [], judged: [] },
      rules: ordinaryRules,
      targetRules: ordinaryRules,
      isFirst: false,
    });
    expect(ids(found)).toEqual(expected);
  });
});
