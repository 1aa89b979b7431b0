import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { authorityCompiled, compileAuthority, subjectsOf } from '../../src/policy/compile-authority.ts';
import { compileCache, compileChanged } from '../../src/policy/compile-changed.ts';
import { compileSystem } from '../../src/policy/compile.ts';
import { Denials } from '../../src/policy/denials.ts';
import { estateOf, viewOf } from '../../src/policy/estate.ts';
import { policyRule } from '../../src/policy/reach.ts';
import { leavesOut, policyForm } from '../../src/policy/rule-form.ts';
import { agent, mapOf, model, policy, role, server, system, tool } from '../plan/fixture.ts';
import { permission } from './estate.ts';

const names = ['first', 'second', 'third'];
const lists = { tools: [{ toolRef: 'search' }, { toolRef: 'refund' }], roles: ['support'] };
const systems = names.map((name) => system(name, { only: { agentRef: name, edges: [] } }));
const fleet = (extra: readonly Resource[] = [], spec: JsonObject = {}): ReadonlyMap<string, Resource> =>
  mapOf([
    model('small'),
    tool('search', { operation: ['read'] }),
    tool('refund', { operation: ['write'] }),
    role('support', ['tool:search:read']),
    ...names.map((name, index) => agent(name, { ...lists, ...(index === 2 ? spec : {}) })),
    ...systems,
    ...extra,
  ]);

function rowsOf(resources: ReadonlyMap<string, Resource>) {
  const estate = estateOf(resources);
  return systems.map((one, index) => compileAuthority(one, viewOf(estate)).subjects[`Agent/default/${names[index]}`]);
}

function alone(resources: ReadonlyMap<string, Resource>) {
  return systems.map(
    (one, index) => compileAuthority(one, viewOf(estateOf(resources))).subjects[`Agent/default/${names[index]}`],
  );
}

const noRefunds = policy('no-refunds', { global: true, tools: { deny: ['refund'] } });
const askReads = policy('ask-reads', { global: true, operations: { ask: ['read'] } });

test('agents under the same policies and roles share one table of cells', () => {
  const [first, second, third] = rowsOf(fleet([noRefunds]));
  expect(second?.tools).toBe(first?.tools);
  expect(third?.tools).toBe(first?.tools);
});

test('a row is shared too where what is said of one subject comes to what holds for all', () => {
  const reading = { toolRef: 'search', agents: ['second'], match: 'all', required: ['tool:search:read'], rules: [] };
  const roles = role('support', ['tool:search:read', 'tool:refund:write']);
  const resources = new Map([...fleet([permission('reading', reading)]), [roles.address, roles]]);
  const [first, second] = rowsOf(resources);
  expect(second?.tools).toBe(first?.tools);
  expect(rowsOf(resources)).toEqual(alone(resources));
});

const extras: readonly (readonly [string, readonly Resource[], JsonObject])[] = [
  ['a missing grant', [], {}],
  ['a policy on all', [noRefunds, askReads], {}],
  ['a policy on one', [policy('one', { targets: { agents: ['second'] }, tools: { allow: ['refund'] } })], {}],
  [
    'a permission of one',
    [
      permission('one', {
        toolRef: 'search',
        agents: ['first'],
        match: 'all',
        required: ['tool:refund:write'],
        rules: [],
      }),
    ],
    {},
  ],
  ['an agent that asks', [askReads], { tools: [{ toolRef: 'search', requireApproval: true }, { toolRef: 'refund' }] }],
  ['an agent without roles', [noRefunds], { roles: [] }],
  ['a floor', [policy('floor', { global: true, isolation: { min: 'sandbox' } }), askReads], {}],
];

test.each(extras)('whoever was compiled before, a row is the same: %s', (_, extra, spec) => {
  const resources = fleet(extra, spec);
  expect(rowsOf(resources)).toEqual(alone(resources));
});

test('whole rows are kept of the resources that were compiled last, and of no others', () => {
  const worlds = [noRefunds, askReads].map((rules) => {
    const work = system('first', { only: { agentRef: 'first', edges: [] } });
    const view = viewOf(estateOf(new Map([...fleet([rules]), [work.address, work]])));
    const rows = () => subjectsOf(work, view).map((subject) => authorityCompiled(subject, view));
    return { rows, compile: () => Object.values(compileAuthority(work, view).subjects) };
  });
  for (const { rows, compile } of worlds) {
    expect(rows()).toEqual([undefined]);
    expect(compile()).toEqual(rows());
  }
  expect(worlds.map(({ rows }) => rows().map((row) => row !== undefined))).toEqual([[false], [true]]);
});

test('a missing grant names whose it is, in a fleet of agents that lack it', () => {
  expect(rowsOf(fleet()).map((row) => row?.tools['default/refund']?.rule)).toEqual(
    names.map((name) => `Agent/default/${name}`),
  );
});

test('each system depends on the tools that it lists, whoever they were compiled for first', () => {
  const resources = fleet([noRefunds]);
  const estate = estateOf(resources);
  const used = systems.map((one) =>
    [...compileSystem(one, estate).used].filter((address) => address.startsWith('Tool/')),
  );
  expect(used.map((one) => one.sort())).toEqual(names.map(() => ['Tool/default/refund', 'Tool/default/search']));
});

test('each system depends on the servers whose tools it lists, and what one does to them reaches every system', () => {
  const tools = [{ toolRef: 'search' }, { mcpServerRef: 'mail', tools: ['send'] }];
  const resources = fleet([
    server('mail', { send: 'Sends.' }),
    ...names.map((name) => agent(name, { ...lists, tools })),
  ]);
  const estate = estateOf(resources);
  for (const one of systems)
    expect([...compileSystem(one, estate).used]).toEqual(
      expect.arrayContaining(['McpServer/default/mail', 'Tool/default/search']),
    );
  const cache = compileCache();
  const before = compileChanged(resources, cache).digests;
  const other = server('mail', { send: 'Sends it at once.' });
  const changed = new Map([...resources, [other.address, other]]);
  const after = compileChanged(changed, cache).digests;
  expect([...after]).toEqual([...compileChanged(changed, compileCache()).digests]);
  for (const [path, digest] of before) expect(after.get(path)).not.toBe(digest);
});

/** Every sort of list, in every order of three policies. */
const sorts: readonly JsonObject[] = [
  { tools: { deny: ['search'] } },
  { tools: { deny: ['*'] } },
  { tools: { allow: ['search'] } },
  { tools: { allow: ['*'], deny: ['refund'] } },
  { operations: { deny: ['write'] } },
  { operations: { deny: ['read', 'delete'] } },
];
const asked = [
  { path: 'default/search', operations: ['read'] },
  { path: 'default/refund', operations: ['delete', 'write'] },
  { path: 'default/other', operations: [] },
];

test('the first policy that denies is the one that asking each in turn finds', () => {
  for (const a of sorts) {
    for (const b of sorts) {
      for (const c of sorts) {
        const forms = [a, b, c].map((spec, index) =>
          policyForm(policyRule(policy(`p${index}`, { global: true, ...spec }))),
        );
        const denials = new Denials(forms);
        for (const one of asked) {
          const inTurn = forms.find(
            ({ tools, operations }) =>
              (tools !== undefined && leavesOut(tools, one.path)) ||
              one.operations.some((operation) => operations?.has(operation) === true),
          );
          expect(denials.of({ ...one, names: [one.path] })).toBe(inTurn);
        }
      }
    }
  }
});
